//! Scans a filter or path token by token; never reads outside of any text.

use crate::path::Literal;

/// The longest name of an attribute.
const MAX_NAME: usize = 64;

pub(crate) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The unread rest, shortened for a message.
    pub(crate) fn shown(&self) -> String {
        self.rest.chars().take(40).collect()
    }

    /// Skips blanks; returns whether there were any.
    pub(crate) fn blanks(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(' ');
        self.rest.len() < before
    }

    /// Consumes this character.
    pub(crate) fn sign(&mut self, sign: char) -> bool {
        let found = self.rest.strip_prefix(sign);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Consumes this word, ignoring case, if it is complete.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let Some((head, tail)) = self.rest.split_at_checked(word.len()) else { return false };
        let alone = !tail.starts_with(|c: char| c.is_ascii_alphanumeric());
        if alone && head.eq_ignore_ascii_case(word) {
            self.rest = tail;
        }
        alone && head.eq_ignore_ascii_case(word)
    }

    /// Consumes the name of an attribute, in lower case: names are case-insensitive.
    pub(crate) fn name(&mut self) -> Option<String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$');
        let (name, tail) = self
            .rest
            .split_at_checked(self.rest.find(|c| !allowed(c)).unwrap_or(self.rest.len()))?;
        let good = (1..=MAX_NAME).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$');
        self.rest = if good { tail } else { self.rest };
        good.then(|| name.to_ascii_lowercase())
    }

    /// Consumes the URN of a schema with its colon, in lower case, if there is one.
    pub(crate) fn urn(&mut self) -> Option<String> {
        if !self.rest.get(..4)?.eq_ignore_ascii_case("urn:") {
            return None;
        }
        let end = self.rest.find([' ', '[', ']', '"']).unwrap_or(self.rest.len());
        let (urn, _) = self.rest.get(..end)?.rsplit_once(':')?;
        self.rest = self.rest.get(urn.len() + 1..)?;
        Some(urn.to_ascii_lowercase())
    }

    /// Consumes a JSON text, number, boolean or null.
    pub(crate) fn literal(&mut self) -> Option<Literal> {
        let mut values =
            serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        // A literal is short; arrays and objects are not literals, and are not read to their end.
        if self.rest.starts_with(['[', '{']) {
            return None;
        }
        let value = values.next()?.ok()?;
        let read = values.byte_offset();
        let literal = match value {
            // The database contains no such character, so no value equals a text with it.
            serde_json::Value::String(text) if text.contains('\0') => return None,
            serde_json::Value::String(text) => Literal::Text(text),
            serde_json::Value::Bool(truth) => Literal::Truth(truth),
            serde_json::Value::Null => Literal::Null,
            serde_json::Value::Number(number) => Literal::Number(number.to_string()),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
        };
        self.rest = self.rest.get(read..)?;
        Some(literal)
    }
}
