//! The unigram tokenizer of XLM-R: of all ways to split a word into pieces of the vocabulary, the
//! one whose scores sum up to most.

use std::collections::BTreeSet;
use std::path::Path;

use super::Token;
use super::normaliser::Normaliser;
use super::pieces::{Hash, Pieces};
use crate::LoadError;
use crate::packed::PackedFile;
use crate::spec::ModelSpec;

/// What stands for the blank before a word.
const BLANK: char = '\u{2581}';
/// How much less than the least piece a character scores that is in none.
const UNKNOWN_PENALTY: f32 = 10.0;
/// Characters of a word that are split together. A longer one is split as it comes, so work and
/// memory stay in proportion.
const WINDOW: usize = 4096;

/// Splits texts at blanks and words into pieces.
pub(super) struct Unigram {
    normaliser: Normaliser,
    pieces: Pieces,
    unknown: u32,
}

/// A character of a word: where it begins there, and its bytes in the text.
#[derive(Clone, Copy, Default)]
struct CharPosition {
    at: usize,
    start: usize,
    end: usize,
}

/// The best way to a place between two characters: its score, its last piece and where that begins.
#[derive(Clone, Copy)]
struct Node {
    score: f32,
    id: u32,
    from: usize,
}

/// A word on its way to tokens.
#[derive(Default)]
struct Word {
    bytes: Vec<u8>,
    places: Vec<CharPosition>,
    nodes: Vec<Node>,
    /// Ends of the pieces, last first, while they are collected.
    ends: Vec<usize>,
    /// The last token, if it is unknown: those after it join it.
    unknown: Option<Token>,
}

impl Unigram {
    /// Loads the vocabulary; with the ids of the tokens around a text.
    pub(super) fn load(spec: &ModelSpec, folder: &Path) -> Result<(Self, u32, u32), LoadError> {
        let mut file = PackedFile::open(folder, spec)?;
        let normaliser = Normaliser::new(std::mem::take(&mut file.vocabulary.map));
        let pieces = Pieces::load(&file)?;
        let unigram = Self { normaliser, pieces, unknown: file.vocabulary.unknown };
        Ok((unigram, file.vocabulary.first, file.vocabulary.last))
    }

    /// Gives the tokens one by one until the caller wants no more.
    pub(super) fn each(&self, text: &str, token: &mut impl FnMut(Token) -> bool) {
        let mut word = Word::default();
        let mut more = true;
        self.normaliser.each(text, |character, start, end| {
            if character == ' ' || character == BLANK {
                more = self.finish(&mut word, token);
            } else {
                if word.places.is_empty() {
                    // The blank stands for the first character, so that every token stands for
                    // something.
                    word.push(BLANK, start, end);
                }
                word.push(character, start, end);
                if word.places.len() >= WINDOW {
                    more = self.advance(&mut word, token);
                }
            }
            more
        });
        if more {
            self.finish(&mut word, token);
        }
    }

    /// Splits the rest of a word; says whether the caller wants more.
    fn finish(&self, word: &mut Word, token: &mut impl FnMut(Token) -> bool) -> bool {
        if word.places.is_empty() {
            return true;
        }
        self.find_paths(word);
        let more = self.emit(word, word.places.len(), token);
        more && word.unknown.take().is_none_or(token)
    }

    /// Splits the beginning of a word that continues, as far as what follows cannot change it.
    fn advance(&self, word: &mut Word, token: &mut impl FnMut(Token) -> bool) -> bool {
        self.find_paths(word);
        let length = word.places.len();
        let tail = length.saturating_sub(self.pieces.longest);
        let mut until = word.settled(tail);
        if until < length / 2 {
            // Ways that never meet: the best one so far is taken, or a word of one letter would be
            // split over and over.
            until = word.last_end(length, tail);
        }
        self.emit(word, until, token)
    }

    /// Fills `nodes`: the best way to every place of the word.
    fn find_paths(&self, word: &mut Word) {
        let Word { bytes, places, nodes, .. } = word;
        nodes.clear();
        nodes
            .resize(places.len() + 1, Node { score: f32::NEG_INFINITY, id: self.unknown, from: 0 });
        if let Some(first) = nodes.first_mut() {
            first.score = 0.0;
        }
        let unknown_score = self.pieces.least - UNKNOWN_PENALTY;
        for (from, place) in places.iter().enumerate() {
            let Some((node, after)) = nodes.get_mut(from..).and_then(<[Node]>::split_first_mut)
            else {
                return;
            };
            let score = node.score;
            let ends = places.iter().skip(from + 1).map(|place| place.at).chain([bytes.len()]);
            let (mut hash, mut start, mut known) = (Hash::EMPTY, place.at, false);
            for ((length, end), node) in ends.take(self.pieces.longest).enumerate().zip(&mut *after)
            {
                hash = hash.and(bytes.get(start..end).unwrap_or_default());
                start = end;
                if !self.pieces.may_begin(hash) {
                    break;
                }
                let piece = bytes.get(place.at..end).unwrap_or_default();
                if let Some((id, piece_score)) = self.pieces.find(hash, piece) {
                    node.improve(piece_score + score, id, from);
                    known |= length == 0;
                }
            }
            if !known && let Some(node) = after.first_mut() {
                node.improve(unknown_score + score, self.unknown, from);
            }
        }
    }

    /// Gives the tokens of the best way to character `until`, and removes what they stand for.
    fn emit(&self, word: &mut Word, until: usize, token: &mut impl FnMut(Token) -> bool) -> bool {
        word.collect_ends(until);
        let (mut from, mut more) = (0, true);
        while more && let Some(end) = word.ends.pop() {
            let (Some(first), Some(last), Some(node)) =
                (word.places.get(from), word.places.get(end - 1), word.nodes.get(end))
            else {
                break;
            };
            let made = Token { id: node.id, start: first.start, end: last.end };
            from = end;
            if made.id == self.unknown {
                word.unknown =
                    Some(word.unknown.map_or(made, |before| Token { end: made.end, ..before }));
            } else {
                more = word.unknown.take().is_none_or(&mut *token) && token(made);
            }
        }
        word.remove(until);
        more
    }
}

impl Node {
    #[inline(always)]
    fn improve(&mut self, score: f32, id: u32, from: usize) {
        if score > self.score {
            *self = Self { score, id, from };
        }
    }
}

impl Word {
    fn push(&mut self, character: char, start: usize, end: usize) {
        self.places.push(CharPosition { at: self.bytes.len(), start, end });
        self.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Where the best way to `end` has its last piece begin.
    fn from(&self, end: usize) -> usize {
        self.nodes.get(end).map_or(0, |node| node.from)
    }

    /// The last place where all ways to places after `tail` meet.
    fn settled(&self, tail: usize) -> usize {
        let mut ends: BTreeSet<usize> = (tail + 1..=self.places.len()).collect();
        while ends.len() > 1
            && let Some(last) = ends.pop_last()
        {
            ends.insert(self.from(last));
        }
        ends.first().copied().unwrap_or_default()
    }

    /// The last end of a piece up to `tail` on the best way to `end`; `end` if there is none.
    fn last_end(&self, end: usize, tail: usize) -> usize {
        let mut at = end;
        while at > tail {
            at = self.from(at);
        }
        if at == 0 { end } else { at }
    }

    fn collect_ends(&mut self, until: usize) {
        self.ends.clear();
        let mut at = until;
        while at > 0 {
            self.ends.push(at);
            at = self.from(at);
        }
    }

    /// Removes the first characters.
    fn remove(&mut self, count: usize) {
        let cut = self.places.get(count).map_or(self.bytes.len(), |place| place.at);
        self.bytes.drain(..cut);
        self.places.drain(..count.min(self.places.len()));
        for place in &mut self.places {
            place.at -= cut;
        }
    }
}
