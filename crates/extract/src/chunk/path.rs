//! The headings a chunk stands under.

use super::Tokens;
use crate::document::{Block, BlockKind};

/// Characters of one heading in a path.
const HEADING_CHARS: usize = 120;

/// The open headings of a document at some place, below its title.
#[derive(Debug, Default)]
pub(super) struct Path {
    title: Option<String>,
    open: Vec<(u8, String)>,
}

impl Path {
    pub(super) fn new(title: Option<&str>) -> Self {
        Self { title: title.map(shorten), open: Vec::new() }
    }

    /// A heading closes those of its level and below.
    pub(super) fn enter(&mut self, block: &Block) {
        if let BlockKind::Heading { level } = block.kind {
            self.open.retain(|(open, _)| *open < level);
            self.open.push((level, shorten(&block.text)));
        }
    }

    /// The path of a chunk that begins with the block `first`, or inside a block.
    ///
    /// It has so many tokens at most: where it is longer, outer headings go before inner ones, and
    /// the title last.
    pub(super) fn headings(
        &self,
        first: Option<&Block>,
        tokens: &dyn Tokens,
        limit: usize,
    ) -> Vec<String> {
        let below = match first.map(|block| block.kind) {
            Some(BlockKind::Heading { level }) => level,
            _ => u8::MAX,
        };
        let above = self.open.iter().filter(|(level, _)| *level < below);
        let mut headings: Vec<String> = above.map(|(_, heading)| heading.clone()).collect();
        // A first heading mostly says the title again.
        let said = |title: &String| {
            headings.first().is_some_and(|first| first.eq_ignore_ascii_case(title))
        };
        let mut title = self.title.clone().filter(|title| !title.is_empty() && !said(title));
        loop {
            let all: Vec<String> = title.iter().chain(&headings).cloned().collect();
            if tokens.token_ends(&line(&all)).len() <= limit {
                return all;
            }
            if headings.len() > 1 || (title.is_none() && !headings.is_empty()) {
                headings.remove(0);
            } else {
                title = None;
            }
        }
    }
}

/// The path as it is embedded.
pub(super) fn line(headings: &[String]) -> String {
    headings.join(" > ")
}

fn shorten(heading: &str) -> String {
    heading.chars().take(HEADING_CHARS).collect()
}
