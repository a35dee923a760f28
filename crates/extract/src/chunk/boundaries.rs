//! Where a page's text may be divided, and how good a place each is.

use crate::document::{Block, BlockKind, PageText};

/// How well a place divides a text, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Before a heading.
    Heading,
    /// Before any other block.
    Block,
    /// Before a further item of a list, a row of a table, a line of code.
    Item,
    /// Before a sentence.
    Sentence,
    /// Before a word.
    Word,
}

/// A place where the text may be divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boundary {
    /// Byte at which what comes after begins.
    pub(super) at: usize,
    /// Byte at which what comes before ends: the separator between belongs to neither.
    pub(super) end: usize,
    pub(super) rank: Rank,
    /// What comes before is a heading, which belongs to what comes after.
    pub(super) after_heading: bool,
}

/// All places of a page, in ascending order, the beginning of the first block not among them.
pub(super) fn boundaries(blocks: &[Block], page: &PageText) -> Vec<Boundary> {
    let mut out = Vec::new();
    let mut before: Option<(BlockKind, usize)> = None;
    for (block, range) in blocks.iter().zip(&page.blocks) {
        if let Some((kind, end)) = before {
            let rank = match (kind, block.kind) {
                (_, BlockKind::Heading { .. }) => Rank::Heading,
                (BlockKind::ListItem, BlockKind::ListItem) => Rank::Item,
                _ => Rank::Block,
            };
            let after_heading = matches!(kind, BlockKind::Heading { .. });
            out.push(Boundary { at: range.start, end, rank, after_heading });
        }
        inside(block, range.start, &mut out);
        before = Some((block.kind, range.end));
    }
    out
}

fn inside(block: &Block, start: usize, out: &mut Vec<Boundary>) {
    let by_line = matches!(block.kind, BlockKind::Table | BlockKind::Code);
    let text = block.text.as_str();
    let mut end = 0;
    let mut blank: Option<bool> = None;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            let line = blank.unwrap_or(false) || c == '\n';
            if blank.is_none() {
                end = at;
            }
            blank = Some(line);
            continue;
        }
        if let Some(line) = blank.take() {
            let rank = if by_line && line {
                Rank::Item
            } else if !by_line && ends_sentence(text.get(..end).unwrap_or_default(), c) {
                Rank::Sentence
            } else {
                Rank::Word
            };
            if end > 0 {
                out.push(Boundary { at: start + at, end: start + end, rank, after_heading: false });
            }
        } else if at > 0
            && text.get(..at).is_some_and(|before| before.ends_with(['。', '！', '？']))
        {
            out.push(Boundary {
                at: start + at,
                end: start + at,
                rank: Rank::Sentence,
                after_heading: false,
            });
        }
    }
}

fn ends_sentence(before: &str, next: char) -> bool {
    let stem = before.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']']);
    stem.ends_with(['.', '!', '?', '…', '。', '！', '？']) && !next.is_lowercase()
}
