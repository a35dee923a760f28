//! A conversation of another product, before it is made into one of ours.

use std::{collections::BTreeMap, rc::Rc};

use conversations::ImportSource;
use kernel::Timestamp;

use crate::LeftOut;

/// Numbers of parts that are not taken, by kind.
pub(crate) type Losses = BTreeMap<LeftOut, u32>;

/// Whose message it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Author {
    User,
    Assistant,
    /// Instructions to the model, calls of tools and their results.
    Neither(LeftOut),
}

/// A message as its export has it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct ForeignMessage {
    pub(super) id: Rc<str>,
    pub(super) parent: Option<Rc<str>>,
    pub(super) author: Author,
    pub(super) text: String,
    pub(super) model: Option<String>,
    pub(super) at: Option<Timestamp>,
    /// Parts that were not taken.
    pub(super) losses: Vec<LeftOut>,
}

/// A conversation as its export has it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ForeignConversation {
    pub(super) source: ImportSource,
    pub(super) id: Option<Rc<str>>,
    pub(super) title: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) messages: Vec<ForeignMessage>,
    /// Id of the last message that was shown.
    pub(super) current: Option<Rc<str>>,
}

/// A time as exports write it: seconds or milliseconds since 1970, or ISO 8601. Times outside the
/// years 2000 to 2100 are none.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    const SECONDS: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0;
    let text = text?;
    let Ok(number) = text.parse::<f64>() else {
        let utc = text.replace("+00:00", "Z");
        let at = Timestamp::parse(&utc)?;
        let (first, end) = (Timestamp(946_684_800_000_000), Timestamp(4_102_444_800_000_000));
        return (first..end).contains(&at).then_some(at);
    };
    let seconds = [1.0, 1e3, 1e6, 1e9].map(|unit| number / unit);
    let seconds = seconds.into_iter().find(|seconds| SECONDS.contains(seconds))?;
    Some(Timestamp((seconds * 1e6).round() as i64))
}

/// What a file beside a message is.
pub(super) fn file(kind: Option<&str>) -> LeftOut {
    match kind.unwrap_or_default() {
        kind if kind.starts_with("image") => LeftOut::Image,
        kind if kind.starts_with("audio") => LeftOut::Audio,
        _ => LeftOut::File,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_seconds_milliseconds_and_words() {
        let nine = Timestamp::parse("2024-03-05T09:00:00Z");
        for text in ["1709629200", "1709629200.0", "1709629200000", "1709629200000000000"] {
            assert_eq!(time(Some(text)), nine, "{text}");
        }
        assert_eq!(time(Some("2024-03-05T09:00:00.000Z")), nine);
        assert_eq!(time(Some("2024-03-05T09:00:00+00:00")), nine);
        for text in ["", "0", "-1", "NaN", "inf", "1e300", "yesterday", "0001-01-01T00:00:00Z"] {
            assert_eq!(time(Some(text)), None, "{text}");
        }
    }
}
