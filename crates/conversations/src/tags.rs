//! Tags of a user's own conversations. No colleague sees them.

use kernel::{Code, Problem, ReasonCode, Result, text};
use platform::Cx;
use spaces::Action;

use crate::store::tags as store;

/// The most tags of a conversation.
pub const TAGS: usize = 20;
/// The most characters of a tag.
const TAG_CHARS: usize = 40;
/// The most tags of a list: those in most use.
const LISTED: i64 = 500;

/// A tag and how much it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    /// As it was written last.
    pub name: String,
    /// How many conversations in use have it.
    pub conversations: i64,
}

/// The tags of the caller's conversations in use, those of most conversations first; at most 500.
///
/// # Errors
/// `not_allowed`.
pub async fn list_tags(cx: &Cx) -> Result<Vec<Tag>> {
    cx.require(Action::ManageConversations)?;
    store::list(cx, LISTED).await
}

/// Trimmed and composed tags. Of those that differ only in case, the first one counts.
pub(crate) fn checked(tags: &[String]) -> Result<Vec<String>> {
    // Repetitions count too: the list of a request has a bound.
    if tags.len() > TAGS {
        let detail = format!("expected at most {TAGS} tags, got {}", tags.len());
        return Err(Problem::refused_field("/tags", ReasonCode::TooMany.at_most(TAGS), detail));
    }
    let mut found: Vec<String> = Vec::new();
    for tag in tags {
        let tag = text::line("/tags", tag, 1, TAG_CHARS)?;
        if !found.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            found.push(tag);
        }
    }
    Ok(found)
}

/// Of the tags of another product those that can be tags here.
#[must_use]
pub fn usable_tags(tags: &[String]) -> Vec<String> {
    let usable = |tag: &String| text::line("/tags", tag, 1, TAG_CHARS).ok();
    let tags: Vec<String> = tags.iter().filter_map(usable).take(TAGS).collect();
    checked(&tags).unwrap_or_default()
}

/// A tag to look for, as it is stored.
pub(crate) fn checked_filter(tag: &str) -> Result<String> {
    text::line("", tag, 1, TAG_CHARS).map_err(|_| {
        let detail = format!("tag: expected 1 to {TAG_CHARS} characters on one line");
        Problem::new(Code::InvalidQuery, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::{TAGS, checked, usable_tags};

    fn tags(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn tags_are_trimmed_composed_and_unique_in_any_case() {
        let given = tags(&[" Möte ", "MO\u{308}TE", "budget", "möte"]);
        assert_eq!(checked(&given).unwrap(), ["Möte", "budget"]);
        for bad in ["", "  ", "a\nb", &"å".repeat(41)] {
            assert!(checked(&tags(&[bad])).is_err(), "{bad:?}");
        }
        assert_eq!(checked(&tags(&[&"å".repeat(40)])).unwrap().len(), 1);
    }

    #[test]
    fn there_are_at_most_twenty() {
        let many: Vec<String> = (0..=TAGS).map(|n| n.to_string()).collect();
        assert!(checked(&many).is_err());
        assert!(checked(many.get(1..).unwrap()).is_ok());
    }

    #[test]
    fn of_foreign_tags_those_that_cannot_be_kept_are_left() {
        let mut many = tags(&["", "Work", "work", &"x".repeat(41)]);
        many.extend((0..50).map(|n| n.to_string()));
        let kept = usable_tags(&many);
        assert_eq!((kept.len(), kept.first().map(String::as_str)), (TAGS - 1, Some("Work")));
    }
}
