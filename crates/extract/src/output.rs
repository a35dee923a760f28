//! Where all readers write to: keeps the limits, divides documents that have no pages, and samples
//! the language.

use crate::document::{Block, BlockKind, Done, Event, Meta, Page, page_text};
use crate::failure::{Code, Failure};
use crate::warning::{WarningKind, Warnings};
use crate::{language, limits};

/// Bytes of text that the language is told from.
const LANGUAGE_SAMPLE: usize = 16 * 1024;

/// The receiving end of one extraction.
pub(crate) struct Output<'a> {
    emit: &'a mut dyn FnMut(Event),
    pending: Vec<Block>,
    pending_bytes: usize,
    pages: u32,
    bytes: usize,
    characters: u64,
    sample: String,
    language: Option<String>,
    warnings: Warnings,
}

impl<'a> Output<'a> {
    pub(crate) fn new(emit: &'a mut dyn FnMut(Event)) -> Self {
        Self {
            emit,
            pending: Vec::new(),
            pending_bytes: 0,
            pages: 0,
            bytes: 0,
            characters: 0,
            sample: String::new(),
            language: None,
            warnings: Warnings::default(),
        }
    }

    pub(crate) fn meta(&mut self, meta: Meta) {
        (self.emit)(Event::Meta(meta));
    }

    /// The language as the document itself names it; goes before what the text looks like.
    pub(crate) fn declare_language(&mut self, tag: &str) {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        if (2..=3).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_lowercase()) {
            self.language = Some(primary);
        }
    }

    /// Notes that something was not read; `page` counts from 1.
    pub(crate) fn warn(&mut self, kind: WarningKind, page: Option<u32>, count: u64) {
        self.warnings.add(kind, page, count);
    }

    /// Adds a block to a document without pages.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) -> Result<(), Failure> {
        for part in parts(text, limits::MAX_BLOCK_BYTES) {
            let Some(block) = Block::new(kind, part) else { continue };
            let full = self.pending_bytes >= limits::SECTION_BYTES && block.is_heading();
            if full || self.pending_bytes + block.text.len() > limits::SECTION_BYTES_AT_MOST {
                self.next_section()?;
            }
            self.pending_bytes += block.text.len();
            self.pending.push(block);
        }
        Ok(())
    }

    /// Adds a whole page of a paged document; it counts even where it is empty.
    pub(crate) fn page(&mut self, blocks: Vec<Block>) -> Result<(), Failure> {
        if self.pages >= limits::MAX_PAGES {
            let detail = format!("The document has more than {} pages.", limits::MAX_PAGES);
            return Err(Failure::new(Code::TooManyPages, detail));
        }
        let text = page_text(&blocks).text;
        self.pages += 1;
        self.bytes += text.len();
        self.characters += text.chars().count() as u64;
        if self.bytes > limits::MAX_TEXT_BYTES {
            return Err(too_much_text());
        }
        if self.sample.len() < LANGUAGE_SAMPLE {
            self.sample.push_str(&text);
            self.sample.push('\n');
        }
        (self.emit)(Event::Page(Page { number: self.pages, blocks }));
        Ok(())
    }

    /// Ends the document. A document without any text is `no_text`, with `words` telling what it is
    /// and `hint` what its owner can do.
    pub(crate) fn finish(mut self, words: &str, hint: Option<&str>) -> Result<Done, Failure> {
        self.flush()?;
        if self.characters == 0 {
            let failure =
                Failure::new(Code::NoText, format!("{words} holds no text that could be read."));
            let pictures = self.warnings.has(WarningKind::PicturesWithoutText);
            return Err(match hint.filter(|_| !pictures) {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
        let language = self.language.or_else(|| language::of(&self.sample));
        Ok(Done {
            pages: self.pages,
            characters: self.characters,
            language,
            warnings: self.warnings.into_list(),
        })
    }

    /// Sends the section so far, without headings at its end: they belong to what follows.
    fn next_section(&mut self) -> Result<(), Failure> {
        let trailing = self.pending.iter().rev().take_while(|block| block.is_heading()).count();
        let kept = self.pending.split_off(self.pending.len() - trailing);
        self.flush()?;
        self.pending_bytes = kept.iter().map(|block| block.text.len()).sum();
        self.pending = kept;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.pending_bytes = 0;
        let blocks = std::mem::take(&mut self.pending);
        if blocks.is_empty() { Ok(()) } else { self.page(blocks) }
    }
}

/// Blocks and warnings of a document or of a part of one, kept until it is known what goes before
/// them.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) blocks: Vec<(BlockKind, String)>,
    warnings: Warnings,
    bytes: usize,
}

impl Draft {
    /// Adds a block.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) -> Result<(), Failure> {
        if text.trim().is_empty() {
            return Ok(());
        }
        self.bytes += text.len();
        if self.bytes > limits::MAX_TEXT_BYTES {
            return Err(too_much_text());
        }
        self.blocks.push((kind, text.to_owned()));
        Ok(())
    }

    /// Notes that something was not read.
    pub(crate) fn warn(&mut self, kind: WarningKind, count: u64) {
        self.warnings.add(kind, None, count);
    }

    /// Adds the blocks and warnings of another part.
    pub(crate) fn append(&mut self, other: Self) -> Result<(), Failure> {
        other.blocks.iter().try_for_each(|(kind, text)| self.push(*kind, text))?;
        self.warn_all(other.warnings);
        Ok(())
    }

    /// Adds the warnings of another part.
    pub(crate) fn warn_all(&mut self, warnings: Warnings) {
        warnings.into_list().into_iter().for_each(|warning| self.warn(warning.kind, warning.count));
    }

    /// The warnings so far, which are then no longer here.
    pub(crate) fn take_warnings(&mut self) -> Warnings {
        std::mem::take(&mut self.warnings)
    }

    /// Hands all to a document without pages.
    pub(crate) fn write(self, out: &mut Output<'_>) -> Result<(), Failure> {
        for warning in self.warnings.into_list() {
            out.warn(warning.kind, None, warning.count);
        }
        self.blocks.iter().try_for_each(|(kind, text)| out.push(*kind, text))
    }
}

fn too_much_text() -> Failure {
    let detail =
        format!("The document holds more than {} MiB of text.", limits::MAX_TEXT_BYTES >> 20);
    Failure::new(Code::TooMuchText, detail)
}

/// Cuts `text` into parts of at most `limit` bytes, at a blank where there is one.
fn parts(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, after) = rest.split_at(cut(rest, limit));
        rest = after;
        Some(part)
    })
}

fn cut(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    let hard = text.floor_char_boundary(limit);
    let head = text.get(..hard).unwrap_or_default();
    let at = head.rfind('\n').or_else(|| head.rfind(' ')).map_or(hard, |at| at + 1);
    if at < limit / 2 { hard } else { at }
}
