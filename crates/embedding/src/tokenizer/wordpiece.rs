//! WordPiece as BERT's uncased models use it, with the place of every token in the text.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use unicode_normalization::char::decompose_canonical;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Token;
use crate::LoadError;

/// Splits texts into the tokens of a vocabulary: lower case, no accents, words and punctuation
/// apart, then the longest known pieces.
pub(super) struct WordPiece {
    /// Pieces that begin a word.
    beginnings: HashMap<Box<str>, u32>,
    /// Pieces that continue a word, without their `##`.
    continuations: HashMap<Box<str>, u32>,
    longest_piece: usize,
    longest_word: usize,
    unknown: u32,
}

#[derive(Deserialize)]
struct TokenizerFile {
    model: VocabularyFile,
}

#[derive(Deserialize)]
struct VocabularyFile {
    #[serde(rename = "type")]
    kind: String,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<Box<str>, u32>,
}

/// A word on its way to tokens: its normalised text and, for each character, where it ends there
/// and its bytes in the original.
#[derive(Default)]
struct Word {
    text: String,
    characters: Vec<(usize, usize, usize)>,
}

impl WordPiece {
    /// Loads `tokenizer.json` from a folder; with the ids of the tokens around a text.
    pub(super) fn load(folder: &Path) -> Result<(Self, u32, u32), LoadError> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(|e| LoadError::file(&path, &e))?;
        let TokenizerFile { model } =
            serde_json::from_slice(&bytes).map_err(|e| LoadError::file(&path, &e))?;
        if model.kind != "WordPiece" {
            return Err(LoadError::file(
                &path,
                &format!("a model of type WordPiece expected, {} came", model.kind),
            ));
        }
        let find = |token: &str| {
            model
                .vocab
                .get(token)
                .copied()
                .ok_or_else(|| LoadError::file(&path, &format!("token {token} expected")))
        };
        let (unknown, first, last) = (find(&model.unk_token)?, find("[CLS]")?, find("[SEP]")?);
        let (mut beginnings, mut continuations) = (HashMap::new(), HashMap::new());
        let mut longest_piece = 0;
        for (token, id) in model.vocab {
            let piece = token.strip_prefix(&model.continuing_subword_prefix);
            longest_piece = longest_piece.max(piece.unwrap_or(&token).len());
            match piece {
                Some(piece) if !piece.is_empty() => continuations.insert(piece.into(), id),
                _ => beginnings.insert(token, id),
            };
        }
        let longest_word = model.max_input_chars_per_word;
        Ok((Self { beginnings, continuations, longest_piece, longest_word, unknown }, first, last))
    }

    /// Gives the tokens one by one until the caller wants no more.
    pub(super) fn each(&self, text: &str, token: &mut impl FnMut(Token) -> bool) {
        let (mut word, more) = (Word::default(), Cell::new(true));
        let token = &mut |made| more.set(more.get() && token(made));
        for (start, character) in text.char_indices() {
            if !more.get() {
                break;
            }
            let end = start + character.len_utf8();
            if character.is_ascii_lowercase() || character.is_ascii_digit() {
                word.push(character, start, end);
            } else if character.is_whitespace() {
                self.finish(&mut word, token);
            } else if !is_removed(character) {
                if is_ideograph(character) {
                    self.finish(&mut word, token);
                }
                decompose_canonical(character, |part| {
                    if part.general_category() != GeneralCategory::NonspacingMark {
                        for lower in part.to_lowercase() {
                            self.add(&mut word, lower, start, end, token);
                        }
                    }
                });
                if is_ideograph(character) {
                    self.finish(&mut word, token);
                }
            }
        }
        self.finish(&mut word, token);
    }

    /// Adds a normalised character: punctuation is a word of its own.
    fn add(
        &self,
        word: &mut Word,
        character: char,
        start: usize,
        end: usize,
        token: &mut impl FnMut(Token),
    ) {
        let alone = is_punctuation(character);
        if alone {
            self.finish(word, token);
        }
        word.push(character, start, end);
        if alone {
            self.finish(word, token);
        }
    }

    /// Splits a finished word into the longest known pieces from the left; a word that cannot be is
    /// one unknown token.
    fn finish(&self, word: &mut Word, token: &mut impl FnMut(Token)) {
        let (Some(first), Some(last)) = (word.characters.first(), word.characters.last()) else {
            return;
        };
        let whole = Token { id: self.unknown, start: first.1, end: last.2 };
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < word.characters.len() && word.characters.len() <= self.longest_word {
            let Some((id, next)) = self.longest(word, done) else { break };
            let place = |i: usize| word.characters.get(i).copied().unwrap_or_default();
            pieces.push(Token { id, start: place(done).1, end: place(next - 1).2 });
            done = next;
        }
        if done == word.characters.len() {
            pieces.into_iter().for_each(token);
        } else {
            token(whole);
        }
        word.text.clear();
        word.characters.clear();
    }

    /// The longest known piece from character `from` on: its id and the character after it.
    fn longest(&self, word: &Word, from: usize) -> Option<(u32, usize)> {
        let vocabulary = if from == 0 { &self.beginnings } else { &self.continuations };
        let start = from.checked_sub(1).and_then(|i| word.characters.get(i)).map_or(0, |c| c.0);
        let candidates = word.characters.iter().enumerate().skip(from);
        candidates
            .take_while(|(_, (end, ..))| end - start <= self.longest_piece)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .find_map(|(i, (end, ..))| Some((*vocabulary.get(word.text.get(start..*end)?)?, i + 1)))
    }
}

impl Word {
    fn push(&mut self, character: char, start: usize, end: usize) {
        self.text.push(character);
        self.characters.push((self.text.len(), start, end));
    }
}

/// Control and unassigned characters, which normalisation drops.
fn is_removed(character: char) -> bool {
    character == '\u{fffd}'
        || (!character.is_ascii_graphic()
            && character.general_category_group() == GeneralCategoryGroup::Other)
}

fn is_punctuation(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_punctuation();
    }
    character.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// Chinese characters, each a word of its own.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}
