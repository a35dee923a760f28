//! Addresses without end: calendars, facets, session ids, links that repeat themselves.

use std::collections::HashMap;

use crate::PageUrl;

/// What an address may look like, and how many may look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrapLimits {
    /// Bytes of an address.
    pub length: usize,
    /// Segments of a path.
    pub segments: usize,
    /// Keys of a query.
    pub query_keys: usize,
    /// Times that one segment, or a pair of segments, stands in a path.
    pub repeats: usize,
    /// Pages with one shape (see [`PageUrl::shape`]) in one run.
    pub pages_of_shape: u32,
    /// Of these, pages that were found on a page of the same shape and had no new text of their
    /// own.
    pub pages_from_shape: u32,
    /// Words of main text from which on a page has text of its own.
    pub words_of_new_text: u32,
    /// Pages of one shape that have the same content, one after the other.
    pub same_content: u32,
    /// Shapes that are counted; the pages of further ones are not limited.
    pub shapes: usize,
}

impl Default for TrapLimits {
    /// 2 000 bytes, 12 segments, 4 keys, 2 repeats, 10 000 pages of a shape, 500 of them found on
    /// their like without 50 words of new text, 10 with the same content, 50 000 shapes.
    fn default() -> Self {
        Self {
            length: 2_000,
            segments: 12,
            query_keys: 4,
            repeats: 2,
            pages_of_shape: 10_000,
            pages_from_shape: 500,
            words_of_new_text: 50,
            same_content: 10,
            shapes: 50_000,
        }
    }
}

/// Why an address is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trap {
    /// The address is too long.
    Length,
    /// The path has too many segments.
    Segments,
    /// A segment or a pair of segments repeats in the path.
    Repeats,
    /// The query has too many keys.
    QueryKeys,
    /// Too many pages have this shape.
    Shape,
    /// The last pages of this shape were all the same.
    SameContent,
}

impl Trap {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] = &[
        "url_too_long",
        "path_too_deep",
        "path_repeats",
        "too_many_query_keys",
        "too_many_similar_pages",
        "same_content",
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "url_too_long",
            Self::Segments => "path_too_deep",
            Self::Repeats => "path_repeats",
            Self::QueryKeys => "too_many_query_keys",
            Self::Shape => "too_many_similar_pages",
            Self::SameContent => "same_content",
        }
    }

    /// Looks at one address by itself.
    ///
    /// # Errors
    /// The trap that it looks like.
    pub fn check(url: &PageUrl, limits: &TrapLimits) -> Result<(), Self> {
        if url.as_str().len() > limits.length {
            return Err(Self::Length);
        }
        let segments: Vec<&str> =
            url.as_url().path().split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.len() > limits.segments {
            return Err(Self::Segments);
        }
        if repeats(&segments, limits.repeats) {
            return Err(Self::Repeats);
        }
        let query = url.as_url().query().unwrap_or_default();
        if query.split('&').filter(|pair| !pair.is_empty()).count() > limits.query_keys {
            return Err(Self::QueryKeys);
        }
        Ok(())
    }
}

/// Whether a segment stands in the path more than `most` times, or a pair of segments at least so
/// often.
fn repeats(segments: &[&str], most: usize) -> bool {
    let mut counts: HashMap<&[&str], usize> = HashMap::new();
    for single in segments.chunks(1) {
        *counts.entry(single).or_default() += 1;
    }
    let single_repeats = counts.values().any(|count| *count > most);
    counts.clear();
    for pair in segments.windows(2).filter(|pair| pair.first() != pair.last()) {
        *counts.entry(pair).or_default() += 1;
    }
    single_repeats || counts.values().any(|count| *count >= most)
}

/// How many pages of each shape a run has seen. It is rebuilt from the frontier after a crash.
///
/// A list with 5 000 links to pages of one shape is finite; a shape whose pages lead to more of the
/// same may not be. Both are counted, the second more strictly, and every page that held new text
/// of its own is forgiven.
#[derive(Debug, Clone)]
pub struct ShapeCounts {
    limits: TrapLimits,
    shapes: HashMap<String, ShapeCount>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ShapeCount {
    pages: u32,
    from_itself: u32,
    with_new_text: u32,
    last_content: Option<u64>,
    same: u32,
}

impl ShapeCounts {
    /// Counts from nothing.
    #[must_use]
    pub fn new(limits: TrapLimits) -> Self {
        Self { limits, shapes: HashMap::new() }
    }

    /// Counts a page that the frontier holds already; `from` is the page that led to it.
    pub fn restore(&mut self, url: &PageUrl, from: Option<&PageUrl>) {
        let shape = url.shape();
        let is_from_itself = from.is_some_and(|from| from.shape() == shape);
        if let Some(count) = self.count(shape) {
            count.pages = count.pages.saturating_add(1);
            count.from_itself = count.from_itself.saturating_add(u32::from(is_from_itself));
        }
    }

    /// Whether one more page may go into the frontier; if so, it is counted. `from` is the page
    /// that leads to it, and nothing for a page that a sitemap lists: that one is looked at by
    /// itself only.
    ///
    /// # Errors
    /// The trap that the address looks like.
    pub fn admit(&mut self, url: &PageUrl, from: Option<&PageUrl>) -> Result<(), Trap> {
        let limits = self.limits;
        Trap::check(url, &limits)?;
        let Some(from) = from else { return Ok(()) };
        let shape = url.shape();
        let is_from_itself = from.shape() == shape;
        let Some(count) = self.count(shape) else { return Ok(()) };
        if count.same >= limits.same_content {
            return Err(Trap::SameContent);
        }
        let from_itself = count.from_itself.saturating_sub(count.with_new_text);
        if (is_from_itself && from_itself >= limits.pages_from_shape)
            || count.pages >= limits.pages_of_shape
        {
            return Err(Trap::Shape);
        }
        count.pages += 1;
        count.from_itself += u32::from(is_from_itself);
        Ok(())
    }

    /// Notes what the page at `url` held: a hash of its main text, and how many words that has. A
    /// row of equal pages ends their shape.
    pub fn saw(&mut self, url: &PageUrl, content: u64, words: u32) {
        let limits = self.limits;
        let Some(count) = self.count(url.shape()) else { return };
        let is_same = count.last_content == Some(content);
        count.same = if is_same { count.same.saturating_add(1) } else { 0 };
        count.last_content = Some(content);
        if !is_same && words >= limits.words_of_new_text {
            count.with_new_text = count.with_new_text.saturating_add(1);
        }
    }

    /// The counter of a shape. An address without digits and query is a place of its own, not one
    /// of many.
    fn count(&mut self, shape: String) -> Option<&mut ShapeCount> {
        if !shape.contains(['#', '&'])
            || (self.shapes.len() >= self.limits.shapes && !self.shapes.contains_key(&shape))
        {
            return None;
        }
        Some(self.shapes.entry(shape).or_default())
    }
}
