//! Sitemaps: XML, indexes, text, RSS and Atom, plain or gzipped, within bounds.

mod decode;
mod xml;

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::{DateSpan, PageUrl};

/// Characters of a title that are kept.
const MAX_TITLE: usize = 300;

/// How much of sitemaps is read. [`Sitemap::read`] reads one file; the caller counts files and
/// depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SitemapLimits {
    /// Bytes of one file after decompression.
    pub bytes: usize,
    /// Entries of one file.
    pub entries: usize,
    /// Indexes inside indexes: a file at this depth is not followed further. The first file has
    /// depth 0.
    pub depth: u32,
    /// Entries of all files of a run.
    pub total_entries: usize,
    /// Files of a run.
    pub files: usize,
}

impl Default for SitemapLimits {
    /// 50 MiB and 50 000 entries a file, as sitemaps.org has it; depth 3; 200 000 entries in 1 000
    /// files.
    fn default() -> Self {
        Self { bytes: 50 << 20, entries: 50_000, depth: 3, total_entries: 200_000, files: 1_000 }
    }
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SitemapKind {
    /// `<urlset>`: entries are pages.
    Urls,
    /// `<sitemapindex>`: entries are further sitemaps.
    Index,
    /// One address a line: entries are pages.
    Text,
    /// RSS or Atom: entries are pages, the newest mostly first.
    Feed,
}

/// What was not read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The file is longer than it may be.
    Bytes,
    /// The file has more entries than it may have.
    Entries,
    /// The XML, or the compression, is broken from here on.
    Broken,
}

impl Cut {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] = &["sitemap_too_large", "sitemap_too_many_entries", "sitemap_broken"];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Bytes => "sitemap_too_large",
            Self::Entries => "sitemap_too_many_entries",
            Self::Broken => "sitemap_broken",
        }
    }
}

/// An entry of a sitemap or feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The page, or the further sitemap of an index.
    pub url: PageUrl,
    /// When it changed, as the file says: a hint to order work, never a reason to leave a page out.
    pub modified: Option<DateSpan>,
    /// The title, in feeds.
    pub title: Option<String>,
}

/// A sitemap, an index or a feed that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitemap {
    /// What it is.
    pub kind: SitemapKind,
    /// In the order of the file, each address once.
    pub entries: Vec<Entry>,
    /// Why there is more than that, if so.
    pub cut: Option<Cut>,
    /// Entries whose address is none.
    pub invalid: usize,
}

impl Sitemap {
    /// Reads a file that came from `from`, against which relative addresses count. Gzip is detected
    /// by content.
    ///
    /// # Errors
    /// If the file is neither a sitemap, an index, a feed nor a list of addresses.
    pub fn read(body: &[u8], from: &PageUrl, limits: &SitemapLimits) -> Result<Self, NotASitemap> {
        let (text, cut) = decode::text(body, limits.bytes);
        let mut out = Collector {
            from,
            limits,
            entries: Vec::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            cut,
            invalid: 0,
        };
        let text = text.trim_start();
        let kind = if text.starts_with('<') {
            xml::read(text, &mut out)
        } else {
            list(text, &mut out).then_some(SitemapKind::Text)
        };
        let kind = kind.ok_or(NotASitemap)?;
        Ok(Self { kind, entries: out.entries, cut: out.cut, invalid: out.invalid })
    }
}

/// Reads one address a line; false if the first lines are something else.
fn list(text: &str, out: &mut Collector<'_>) -> bool {
    let lines =
        || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_address = |line: &str| line.starts_with("http://") || line.starts_with("https://");
    if !lines().next().is_some_and(is_address) {
        return false;
    }
    for line in lines() {
        if !is_address(line) {
            out.invalid += 1;
        } else if !out.add(line, None, None) {
            break;
        }
    }
    true
}

/// Takes entries, each address once, as many as there may be.
struct Collector<'a> {
    from: &'a PageUrl,
    limits: &'a SitemapLimits,
    entries: Vec<Entry>,
    /// Hashes of the addresses so far.
    seen: HashSet<u64>,
    hasher: RandomState,
    cut: Option<Cut>,
    invalid: usize,
}

impl Collector<'_> {
    /// False if no more entries are taken.
    fn add(&mut self, url: &str, modified: Option<&str>, title: Option<&str>) -> bool {
        let Ok(url) = self.from.join(url) else {
            self.invalid += 1;
            // A file of rubbish ends like one of addresses.
            return self.invalid <= self.limits.entries;
        };
        if !self.seen.insert(self.hasher.hash_one(&url)) {
            return true;
        }
        if self.entries.len() >= self.limits.entries {
            self.cut = Some(Cut::Entries);
            return false;
        }
        let title = title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        let title = title.map(|title| title.chars().take(MAX_TITLE).collect());
        self.entries.push(Entry { url, modified: modified.and_then(DateSpan::parse), title });
        true
    }
}

/// The file holds no sitemap of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotASitemap;

impl std::fmt::Display for NotASitemap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "expected a sitemap, a sitemap index, RSS, Atom, or a list of addresses, one a line",
        )
    }
}

impl std::error::Error for NotASitemap {}
