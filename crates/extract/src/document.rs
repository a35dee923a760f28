//! The nouns an extraction speaks in: events, pages, blocks, and the one rule that turns blocks
//! into a page's text.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Failure, Format, Warning, clean};

/// What an extraction says, in this order: one `Meta`, any number of `Page`, then one `Done` or one
/// `Failed`.
///
/// The extractor command writes each as one line of JSON: `{"event":"page","number":1,...}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// What is known before the first page.
    Meta(Meta),
    /// A page, complete, in reading order.
    Page(Page),
    /// The whole document has been read.
    Done(Done),
    /// The document can't be read; pages already sent are void.
    Failed(Failure),
}

/// What is known about a document before its pages are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// What the content turned out to be, whatever the client called it.
    pub format: Format,
    /// The document's own title, if it has one.
    pub title: Option<String>,
    /// How many pages will come, where that is known ahead (PDF, PPTX); the measure for progress.
    pub page_count: Option<u32>,
    /// True where page numbers mean something to a reader (PDF pages, slides). Elsewhere a "page"
    /// is only a stretch of the document of a size that is good to store and to show.
    pub paged: bool,
}

/// A page of a paged document, or a stretch of one that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Counts from 1.
    pub number: u32,
    /// In reading order.
    pub blocks: Vec<Block>,
}

/// What is known once all pages are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Pages sent.
    pub pages: u32,
    /// Characters (Unicode scalar values) of all pages' text.
    pub characters: u64,
    /// The text's main language as a BCP 47 tag (`en`, `sv`), if it could be told.
    pub language: Option<String>,
    /// What could not be read or was left out, one entry per kind.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// A piece of a page that reads as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    #[serde(flatten)]
    pub kind: BlockKind,
    /// Its text, clean (see [`Block::new`]) and never empty.
    pub text: String,
}

/// The kinds of block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading; level 1 is the document's or chapter's.
    Heading {
        /// 1 (outermost) to 6.
        level: u8,
    },
    /// Running text.
    Paragraph,
    /// One item of a list, its marker and indentation kept in the text.
    ListItem,
    /// A table, one line per row; see [`crate::table`] for how a row reads.
    Table,
    /// Preformatted text, its line breaks kept.
    Code,
}

impl Block {
    /// A block of `text` made clean, or nothing where no text is left.
    ///
    /// Clean means: NFC, no control characters but line feeds and tabs (Postgres takes no NUL),
    /// soft hyphens and byte-order marks gone, typographic ligatures spelled out, no blank at
    /// either end. In paragraphs, headings and list items each run of blanks is one space; lists
    /// keep their indentation, tables and code their lines.
    pub fn new(kind: BlockKind, text: &str) -> Option<Self> {
        let text = match kind {
            BlockKind::Heading { .. } | BlockKind::Paragraph => clean::flowing(text),
            BlockKind::ListItem => clean::indented(text),
            BlockKind::Table | BlockKind::Code => clean::lines(text),
        };
        if text.trim().is_empty() { None } else { Some(Self { kind, text }) }
    }

    /// True for a heading of any level.
    pub fn is_heading(&self) -> bool {
        matches!(self.kind, BlockKind::Heading { .. })
    }
}

/// A page's plain text, and where in it each block stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageText {
    /// What is stored, searched and shown. All offsets count in this text.
    pub text: String,
    /// For each block its range of bytes in `text`.
    pub blocks: Vec<Range<usize>>,
}

/// Joins blocks to the page's plain text: items of a list by a line feed, all else by an empty
/// line.
///
/// This is the only place that says what a page's text is; offsets of citations count in its
/// result.
pub fn page_text(blocks: &[Block]) -> PageText {
    let mut text = String::with_capacity(blocks.iter().map(|block| block.text.len() + 2).sum());
    let mut ranges = Vec::with_capacity(blocks.len());
    let mut before: Option<&Block> = None;
    for block in blocks {
        if let Some(before) = before {
            let list_goes_on =
                before.kind == BlockKind::ListItem && block.kind == BlockKind::ListItem;
            text.push_str(if list_goes_on { "\n" } else { "\n\n" });
        }
        let start = text.len();
        text.push_str(&block.text);
        ranges.push(start..text.len());
        before = Some(block);
    }
    PageText { text, blocks: ranges }
}

/// The part of `text` between two offsets counted in characters (Unicode scalar values), as a
/// citation names it. Offsets past the end mean the end.
pub fn slice_chars(text: &str, start: usize, end: usize) -> &str {
    let byte = |offset: usize| text.char_indices().nth(offset).map_or(text.len(), |(at, _)| at);
    text.get(byte(start)..byte(end.max(start))).unwrap_or_default()
}
