//! Patterns of addresses that people write: globs, matched in linear time.

use std::fmt;

/// Bytes of a pattern.
const MAX_BYTES: usize = 250;

/// A glob over path and query, or over the whole address if it begins with `http://` or `https://`.
///
/// `*` stands for any characters but `/`, `**` for any characters; everything else stands for
/// itself, `?` too. The whole path has to match, except that a pattern ending in `/` covers
/// everything below it. Matching costs at most the address's length times a word per 64 characters
/// of the pattern: nothing backtracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    steps: Vec<Step>,
    is_whole_address: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// Any run without `/`.
    Segment,
    /// Any run.
    Any,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternError {
    /// It is empty, or longer than 250 bytes.
    Length,
    /// It begins neither with `/`, a star, `http://` nor `https://`, and so would match nothing.
    Beginning,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "expected a pattern of 1 to 250 bytes",
            Self::Beginning => {
                "expected a pattern that begins with /, *, http:// or https://, such as /news/** or **.pdf"
            }
        })
    }
}

impl std::error::Error for PatternError {}

/// Positions in a pattern, one bit each.
type Positions = [u64; 4];

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is too long, or could match nothing.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(PatternError::Length);
        }
        let is_whole_address = text.starts_with("http://") || text.starts_with("https://");
        if !is_whole_address && !text.starts_with(['/', '*']) {
            return Err(PatternError::Beginning);
        }
        let mut steps: Vec<Step> = Vec::new();
        for byte in text.bytes() {
            match (byte, steps.last_mut()) {
                (b'*', Some(last @ (Step::Segment | Step::Any))) => *last = Step::Any,
                (b'*', _) => steps.push(Step::Segment),
                _ => steps.push(Step::Byte(byte)),
            }
        }
        if text.ends_with('/') {
            steps.push(Step::Any);
        }
        Ok(Self { source: text.to_owned(), steps, is_whole_address })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the address matches.
    #[must_use]
    pub fn matches(&self, url: &crate::PageUrl) -> bool {
        self.matches_text(if self.is_whole_address { url.as_str() } else { url.path_and_query() })
    }

    fn matches_text(&self, text: &str) -> bool {
        let mut at: Positions = [0; 4];
        self.enter(&mut at, 0);
        for byte in text.bytes() {
            let mut next: Positions = [0; 4];
            for (position, step) in
                self.steps.iter().enumerate().filter(|(position, _)| has(&at, *position))
            {
                match step {
                    Step::Byte(own) if *own == byte => self.enter(&mut next, position + 1),
                    Step::Any => self.enter(&mut next, position),
                    Step::Segment if byte != b'/' => self.enter(&mut next, position),
                    _ => {}
                }
            }
            at = next;
            if at == [0; 4] {
                return false;
            }
        }
        has(&at, self.steps.len())
    }

    /// Adds a position, and those that follow it without a character.
    fn enter(&self, positions: &mut Positions, mut position: usize) {
        loop {
            if let Some(word) = positions.get_mut(position / 64) {
                *word |= 1 << (position % 64);
            }
            match self.steps.get(position) {
                Some(Step::Segment | Step::Any) => position += 1,
                _ => return,
            }
        }
    }
}

fn has(positions: &Positions, position: usize) -> bool {
    positions.get(position / 64).is_some_and(|word| word & (1 << (position % 64)) != 0)
}
