//! What XLM-R makes of characters before it splits a text: compatibility forms become plain ones,
//! control characters vanish, all kinds of blanks become one, and a letter with accents of their
//! own becomes the accented letter.

use std::collections::HashMap;
use std::str::Chars;

use unicode_normalization::char::{compose, decompose_canonical};

/// Characters that are composed to one at most: a letter with three accents.
const MOST: usize = 4;
/// The first character that can be composed with one before it.
const FIRST_MARK: char = '\u{300}';

/// The model's map from characters to characters.
pub(super) struct Normaliser {
    map: HashMap<char, Box<[char]>>,
}

impl Normaliser {
    pub(super) fn new(map: HashMap<char, Box<[char]>>) -> Self {
        Self { map }
    }

    /// Gives the characters, each with the bytes of the text that it stands for, until `give` wants
    /// no more.
    pub(super) fn each(&self, text: &str, mut give: impl FnMut(char, usize, usize) -> bool) {
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let end = text.len() - rest.as_str().len();
            let start = end - character.len_utf8();
            let may_compose = rest.as_str().as_bytes().first().is_some_and(|next| *next >= 0xcc);
            let more = if may_compose
                && let Some((composed, after)) = self.composed(character, rest.clone())
            {
                let end = text.len() - after.as_str().len();
                rest = after;
                give(composed, start, end)
            } else if (' '..='~').contains(&character) {
                give(character, start, end)
            } else {
                match self.map.get(&character) {
                    None => give(character, start, end),
                    Some(mapped) => mapped.iter().all(|character| give(*character, start, end)),
                }
            };
            if !more {
                return;
            }
        }
    }

    /// The accented letter that `first` makes together with as many characters after it as can be,
    /// and what follows. The letter and its accents must be there one by one, in Unicode's order:
    /// the rules of the model know no others.
    fn composed<'a>(&self, first: char, rest: Chars<'a>) -> Option<(char, Chars<'a>)> {
        let mut parts = [self.single(first)?; MOST];
        let mut whole = self.single(first)?;
        let (mut rest, mut found) = (rest, None);
        for length in 1..MOST {
            let Some(next) =
                rest.next().filter(|next| *next >= FIRST_MARK).and_then(|next| self.single(next))
            else {
                break;
            };
            let Some(composed) = compose(whole, next) else { break };
            whole = composed;
            if let Some(place) = parts.get_mut(length) {
                *place = next;
            }
            if parts.get(..=length).is_some_and(|parts| is_decomposition(parts, whole)) {
                found = Some((whole, rest.clone()));
            }
        }
        found
    }

    /// What a character becomes, if that is one.
    fn single(&self, character: char) -> Option<char> {
        match self.map.get(&character).map(AsRef::as_ref) {
            None => Some(character),
            Some([one]) => Some(*one),
            Some(_) => None,
        }
    }
}

fn is_decomposition(parts: &[char], whole: char) -> bool {
    let mut expected = parts.iter();
    let mut same = true;
    decompose_canonical(whole, |part| same = same && expected.next() == Some(&part));
    same && expected.next().is_none()
}
