//! From texts to the ids that a model reads, with the place of every token in the text.

mod normaliser;
mod pieces;
mod unigram;
mod wordpiece;

use std::path::Path;

use crate::LoadError;
use crate::spec::{Format, ModelSpec};
use unigram::Unigram;
use wordpiece::WordPiece;

/// One token and the bytes of the text it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Row of the vocabulary.
    pub id: u32,
    /// First byte in the text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// Splits texts into the tokens of a model.
pub struct Tokenizer {
    kind: Kind,
    first: u32,
    last: u32,
}

enum Kind {
    WordPiece(WordPiece),
    Unigram(Unigram),
}

impl Tokenizer {
    /// Loads the tokenizer of a model from the model's folder.
    ///
    /// # Errors
    /// When a file cannot be read or is not that of this model.
    pub fn load(spec: &ModelSpec, folder: &Path) -> Result<Self, LoadError> {
        let loaded = match spec.format {
            Format::Safetensors => WordPiece::load(folder).map(|(kind, first, last)| Self {
                kind: Kind::WordPiece(kind),
                first,
                last,
            }),
            Format::E5s1 => Unigram::load(spec, folder).map(|(kind, first, last)| Self {
                kind: Kind::Unigram(kind),
                first,
                last,
            }),
        };
        loaded.map_err(|error| error.of(spec))
    }

    /// Tokens of a text in order, without the special tokens that the model wants around them.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(text.len() / 4);
        self.each(text, &mut |token| {
            tokens.push(token);
            true
        });
        tokens
    }

    /// Number of tokens of a text, without special tokens.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        self.each(text, &mut |_| {
            count += 1;
            true
        });
        count
    }

    /// What the model reads: at most `most` ids, the special tokens at both ends included.
    #[must_use]
    pub fn input(&self, text: &str, most: usize) -> Vec<u32> {
        self.input_after(&[], text, most)
    }

    /// As [`Self::input`], with the ids of a prefix before the text.
    pub(crate) fn input_after(&self, prefix: &[u32], text: &str, most: usize) -> Vec<u32> {
        let mut ids = vec![self.first];
        ids.extend(prefix.iter().take(most.saturating_sub(2)));
        self.each(text, &mut |token| {
            let room = ids.len() + 1 < most;
            if room {
                ids.push(token.id);
            }
            room
        });
        ids.push(self.last);
        ids
    }

    /// Gives the tokens one by one until the caller wants no more.
    fn each(&self, text: &str, token: &mut impl FnMut(Token) -> bool) {
        match &self.kind {
            Kind::WordPiece(pieces) => pieces.each(text, token),
            Kind::Unigram(pieces) => pieces.each(text, token),
        }
    }
}
