//! Reading what providers write, of which any member may be missing, null or of another type.

use kernel::json::{MOST_VALUES, count_values};
use serde_json::{Map, Value};

use crate::{ErrorKind, ProviderError, Sampling};

/// A document or an event of a provider.
///
/// # Errors
/// `Unreadable` if it is no JSON, or of more values than any answer has. Not its text: that may be
/// of a document and would stand in the log.
pub(super) fn document(bytes: &[u8]) -> Result<Value, ProviderError> {
    document_within(bytes, MOST_VALUES)
}

/// The same of at most so many values.
///
/// # Errors
/// As [`document`].
pub(super) fn document_within(bytes: &[u8], most: usize) -> Result<Value, ProviderError> {
    let unreadable = |message| ProviderError::new(ErrorKind::Unreadable, message);
    if count_values(bytes) > most {
        let got = bytes.len();
        return Err(unreadable(format!("expected at most {most} values, got more in {got} bytes")));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (got, kind) = (bytes.len(), error.classify());
        unreadable(format!("expected JSON, got {got} bytes of something else ({kind:?})"))
    })
}

/// A member that is a text and not empty.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A member that counts something; 0 if it does not. Some servers write `12.0`.
pub(super) fn count(value: &Value, name: &str) -> u64 {
    value.get(name).map_or(0, number)
}

/// A count deeper inside: `prompt_tokens_details`, `cached_tokens`.
pub(super) fn count_in(value: &Value, outer: &str, inner: &str) -> u64 {
    value.get(outer).map_or(0, |details| count(details, inner))
}

fn number(value: &Value) -> u64 {
    /// What no call can use: beyond it the sum of a month could overflow.
    const MOST: u64 = 1 << 40;
    let whole = value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|n| *n >= 0.0 && *n < 1e12)?;
        format!("{number:.0}").parse().ok()
    });
    whole.unwrap_or(0).min(MOST)
}

/// The items of a member; none if it is no array.
pub(super) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A body under construction.
#[derive(Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    /// Sets a member.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a member if there is a value.
    pub(super) fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) -> &mut Self {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }

    /// Sets the parameters of sampling that have a value, by the names of OpenAI's API.
    pub(super) fn set_sampling(&mut self, sampling: Sampling) -> &mut Self {
        for (name, value) in sampling.parameters() {
            self.set_some(name, value);
        }
        self
    }

    /// Sets a member if the list has items: some providers refuse an empty one.
    pub(super) fn set_items(&mut self, name: &str, items: Vec<Value>) -> &mut Self {
        if !items.is_empty() {
            self.set(name, items);
        }
        self
    }

    pub(super) fn finish(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.0))
    }
}
