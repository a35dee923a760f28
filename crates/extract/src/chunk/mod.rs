//! Divides pages into chunks to be embedded, found and cited.

mod boundaries;
mod path;

use serde::{Deserialize, Serialize};

use crate::document::{Block, BlockKind, Page, PageText, page_text};
use boundaries::{Boundary, Rank, boundaries};
use path::Path;

/// Counts text as the embedding model does. Each block of a page is counted once.
pub trait Tokens {
    /// For each token of `text` the byte offset just past it, in ascending order; special tokens
    /// not among them.
    fn token_ends(&self, text: &str) -> Vec<usize>;
}

impl<F: Fn(&str) -> Vec<usize>> Tokens for F {
    fn token_ends(&self, text: &str) -> Vec<usize> {
        self(text)
    }
}

/// Sizes of chunks, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    /// What goes into the model at most: heading path, chunk and special tokens together.
    pub max_tokens: usize,
    /// What a chunk repeats of the one before it, where a text is divided that belongs together.
    pub overlap: usize,
    /// What is added for the model (`[CLS]` and `[SEP]`, a prefix).
    pub special_tokens: usize,
    /// What the heading path may take.
    pub path_tokens: usize,
    /// A heading begins a new chunk only when the one so far has this many: small sections stay
    /// together.
    pub least_tokens: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self::of_size(512, 50)
    }
}

impl ChunkOptions {
    /// Chunks of at most `max_tokens` (at least 64 are used) with `overlap` (at most a quarter is
    /// used).
    pub fn of_size(max_tokens: usize, overlap: usize) -> Self {
        let max_tokens = max_tokens.max(64);
        Self {
            max_tokens,
            overlap: overlap.min(max_tokens / 4),
            special_tokens: 2,
            path_tokens: (max_tokens / 8).min(64),
            least_tokens: max_tokens / 4,
        }
    }
}

/// A chunk of a page.
///
/// Invariant: `text` is exactly the characters `char_start..char_end` of the page's text
/// ([`page_text`]), so that a citation can open the page and mark them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Counts from 0 through the document.
    pub index: u32,
    /// The page it stands on.
    pub page: u32,
    /// Where it begins, in characters (Unicode scalar values, as Postgres counts) of the page's
    /// text.
    pub char_start: usize,
    /// Where it ends (exclusive).
    pub char_end: usize,
    /// The chunk itself.
    pub text: String,
    /// Title and headings it stands under, outermost first; a heading inside `text` is not among
    /// them.
    pub headings: Vec<String>,
    /// Tokens of what is embedded, special tokens included.
    pub tokens: usize,
}

impl Chunk {
    /// What is embedded: the heading path on a line of its own, then the chunk.
    pub fn embedding_text(&self) -> String {
        if self.headings.is_empty() {
            return self.text.clone();
        }
        format!("{}\n{}", path::line(&self.headings), self.text)
    }
}

/// Divides a document page by page; keeps in mind under which headings the next page begins.
pub struct Chunker<'t> {
    tokens: &'t dyn Tokens,
    options: ChunkOptions,
    path: Path,
    next_index: u32,
}

impl<'t> Chunker<'t> {
    /// A chunker for one document; `title` heads the heading path.
    pub fn new(tokens: &'t dyn Tokens, options: ChunkOptions, title: Option<&str>) -> Self {
        Self { tokens, options, path: Path::new(title), next_index: 0 }
    }

    /// The chunks of the next page.
    pub fn page(&mut self, page: &Page) -> Vec<Chunk> {
        let text = page_text(&page.blocks);
        let view = View::new(page, &text, self.tokens);
        let mut chunks = Vec::new();
        let mut next_block = 0;
        let mut start = 0;
        // Byte up to which the text is in a chunk already; what the next one begins with before it
        // is overlap.
        let mut covered = 0;
        let (mut counted, mut char_start) = (0, 0);
        while covered < text.text.len() {
            // A heading that begins the chunk is text of it; those before it make its path.
            next_block = self.enter(page, &text, next_block, start);
            let first = page
                .blocks
                .get(next_block)
                .filter(|_| text.blocks.get(next_block).is_some_and(|r| r.start == start));
            let headings = self.path.headings(first, self.tokens, self.options.path_tokens);
            let fixed =
                self.options.special_tokens + self.tokens.token_ends(&path::line(&headings)).len();
            let budget = self.options.max_tokens.saturating_sub(fixed).max(8);
            let cut = view.cut(start, covered, budget, &self.options);
            let chunk = text.text.get(start..cut.end).unwrap_or_default();
            char_start += text.text.get(counted..start).unwrap_or_default().chars().count();
            counted = start;
            chunks.push(Chunk {
                index: self.next_index,
                page: page.number,
                char_start,
                char_end: char_start + chunk.chars().count(),
                text: chunk.to_owned(),
                headings,
                tokens: fixed + view.count(start, cut.end),
            });
            self.next_index += 1;
            start = view.overlap(start, &cut, self.options.overlap);
            covered = cut.at;
        }
        self.enter(page, &text, next_block, usize::MAX);
        chunks
    }

    /// Takes up the headings of all blocks that begin before byte `until`.
    fn enter(&mut self, page: &Page, text: &PageText, from: usize, until: usize) -> usize {
        let mut at = from;
        while let (Some(block), Some(range)) = (page.blocks.get(at), text.blocks.get(at)) {
            if range.start >= until {
                break;
            }
            self.path.enter(block);
            at += 1;
        }
        at
    }
}

/// A page with its tokens and places of division.
struct View {
    boundaries: Vec<Boundary>,
    /// For each token of the page the byte just past it.
    ends: Vec<usize>,
    len: usize,
    /// Ranges of tables and listings, which are kept whole where they fit.
    whole: Vec<std::ops::Range<usize>>,
    /// Where a character begins, for texts without any boundary.
    text: String,
}

impl View {
    fn new(page: &Page, text: &PageText, tokens: &dyn Tokens) -> Self {
        let mut ends = Vec::new();
        for range in &text.blocks {
            let block = text.text.get(range.clone()).unwrap_or_default();
            ends.extend(
                tokens.token_ends(block).into_iter().map(|end| range.start + end.min(block.len())),
            );
        }
        let is_whole = |block: &Block| matches!(block.kind, BlockKind::Table | BlockKind::Code);
        let blocks = page.blocks.iter().zip(&text.blocks);
        let whole =
            blocks.filter(|(block, _)| is_whole(block)).map(|(_, range)| range.clone()).collect();
        Self {
            boundaries: boundaries(&page.blocks, text),
            ends,
            len: text.text.len(),
            whole,
            text: text.text.clone(),
        }
    }

    /// Tokens between two bytes.
    fn count(&self, from: usize, to: usize) -> usize {
        let before = |byte: usize| self.ends.partition_point(|end| *end <= byte);
        before(to).saturating_sub(before(from))
    }

    /// Where the chunk that begins at `start` ends. Always after `covered`.
    fn cut(&self, start: usize, covered: usize, budget: usize, options: &ChunkOptions) -> Boundary {
        let places = self.places(start, covered, budget);
        let section = places.iter().find(|place| {
            place.rank == Rank::Heading
                && self.count(start, place.end) >= options.least_tokens
                && !place.after_heading
        });
        if let Some(section) = section {
            return *section;
        }
        let rest = self.count(start, self.len);
        if rest <= budget {
            return Boundary {
                at: self.len,
                end: self.len,
                rank: Rank::Heading,
                after_heading: false,
            };
        }
        // Chunks of about the same size rather than full ones and a small rest.
        let parts = rest.div_ceil(budget.saturating_sub(options.overlap).max(1));
        let target = (rest / parts + options.overlap + budget / 8).min(budget);
        self.best(&places, start, target)
            .or_else(|| self.best(&places, start, budget))
            .unwrap_or_else(|| self.anywhere(start, covered, budget))
    }

    /// Places after `covered` up to which the chunk stays within its budget.
    fn places(&self, start: usize, covered: usize, budget: usize) -> Vec<Boundary> {
        let first = self.boundaries.partition_point(|place| place.at <= covered);
        let after = self.boundaries.get(first..).unwrap_or_default();
        after.iter().take_while(|place| self.count(start, place.end) <= budget).copied().collect()
    }

    fn best(&self, places: &[Boundary], start: usize, target: usize) -> Option<Boundary> {
        let within =
            |place: &&Boundary| self.count(start, place.end) <= target && !place.after_heading;
        // A table or listing that would be divided but fits into a chunk is kept for the next one.
        let last = places.iter().rev().find(within)?;
        let at = self.whole.partition_point(|range| range.end <= last.at);
        let divided = self.whole.get(at).filter(|range| range.start < last.at);
        let before_whole = divided
            .filter(|range| self.count(range.start, range.end) <= target)
            .and_then(|range| {
                places.iter().find(|place| {
                    place.at == range.start && self.count(start, place.end) * 8 >= target
                })
            });
        if let Some(place) = before_whole.filter(|place| !place.after_heading) {
            return Some(*place);
        }
        // The better the place, the shorter may the chunk be.
        let ranks = [
            (Rank::Heading, 4),
            (Rank::Block, 8),
            (Rank::Item, 10),
            (Rank::Sentence, 11),
            (Rank::Word, 0),
        ];
        ranks.into_iter().find_map(|(rank, sixteenths)| {
            let place = places.iter().rev().filter(within).find(|place| place.rank <= rank)?;
            (self.count(start, place.end) * 16 >= target * sixteenths).then_some(*place)
        })
    }

    /// In a text without blanks the budget alone decides.
    fn anywhere(&self, start: usize, covered: usize, budget: usize) -> Boundary {
        let first = self.ends.partition_point(|end| *end <= start);
        let wanted = self.ends.get(first + budget.saturating_sub(1)).copied().unwrap_or(self.len);
        let mut at = self.text.floor_char_boundary(wanted);
        if at <= covered.max(start) {
            // One character more than what is covered, however many tokens it has.
            at = self.text.ceil_char_boundary(covered.max(start) + 1);
        }
        Boundary { at, end: at, rank: Rank::Word, after_heading: false }
    }

    /// Where the chunk after `cut` begins: a little before it, at a sentence if there is one, else
    /// at a word.
    fn overlap(&self, start: usize, cut: &Boundary, overlap: usize) -> usize {
        if cut.rank == Rank::Heading || overlap == 0 {
            return cut.at;
        }
        let upto = self.boundaries.partition_point(|place| place.at < cut.at);
        let before = self.boundaries.get(..upto).unwrap_or_default();
        let near: Vec<&Boundary> = before
            .iter()
            .rev()
            .take_while(|place| place.at > start && self.count(place.at, cut.end) <= overlap)
            .collect();
        let earliest =
            |least: Rank| near.iter().rev().find(|place| place.rank <= least).map(|place| place.at);
        earliest(Rank::Sentence).or_else(|| earliest(Rank::Word)).unwrap_or(cut.at)
    }
}
