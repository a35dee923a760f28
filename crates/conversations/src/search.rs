//! Search over one's own conversations.

use kernel::{Problem, Result, id::MessageId, text};
use platform::Cx;
use spaces::Action;

use crate::{Conversation, store::search as store};

/// The most characters of a query.
const QUERY_CHARS: usize = 500;
/// The words of a query that count: with more, a user's long messages would take a core for minutes.
const MOST_WORDS: usize = 16;
/// The most results.
pub(crate) const LIMIT: i64 = 50;
/// Bytes of a message that its language is detected from.
const SAMPLE_BYTES: usize = 4 << 10;

/// A conversation that has the words of a query.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// The message that matches best; none if only the title matches.
    pub message: Option<MessageId>,
    /// The part of that message with the words; empty without a message.
    pub snippet: String,
}

/// The caller's conversations, archived ones too, whose titles or messages have the words of the
/// query, best first. Words count in the language of each message; a part in quotation marks is
/// looked for as it is, a word after a minus excludes. The first 16 words count.
///
/// # Errors
/// `not_allowed`; `invalid_body` for a query of other than 1 to 500 characters or a limit of other
/// than 1 to 50.
pub async fn search_conversations(
    cx: &Cx,
    query: &str,
    limit: i64,
) -> Result<Vec<FoundConversation>> {
    cx.require(Action::ManageConversations)?;
    let query = text::line("/query", query, 1, QUERY_CHARS)?;
    if !(1..=LIMIT).contains(&limit) {
        return Err(Problem::invalid_field(
            "/limit",
            format!("expected 1 to {LIMIT}, got {limit}"),
        ));
    }
    store::search(cx, first_words(&query), limit).await
}

/// The first sixteen words of a query, with what stands around them.
fn first_words(query: &str) -> &str {
    let mut words = 0;
    let mut in_word = false;
    for (at, character) in query.char_indices() {
        let is_word = character.is_alphanumeric();
        if is_word && !in_word {
            words += 1;
            if words > MOST_WORDS {
                return query.get(..at).unwrap_or_default();
            }
        }
        in_word = is_word;
    }
    query
}

/// The text search configuration of a message; none if its language is not clear.
#[must_use]
pub fn language_of(content: &str) -> Option<&'static str> {
    let mut end = SAMPLE_BYTES.min(content.len());
    while !content.is_char_boundary(end) {
        end -= 1;
    }
    let sample = content.get(..end).unwrap_or_default();
    match language::of_text(sample) {
        // Most questions are too short for trigrams.
        language::SIMPLE => match *language::of_query(sample) {
            [one] => Some(one),
            _ => None,
        },
        found => Some(found),
    }
}

#[cfg(test)]
mod tests {
    use super::{first_words, language_of};

    #[test]
    fn sixteen_words_of_a_query_count_however_they_are_joined() {
        let fifteen = "a-b ".repeat(7) + "or";
        assert_eq!(first_words(&format!("{fifteen} å \"c d")), format!("{fifteen} å \""));
        assert_eq!(first_words(&format!("{fifteen} å")), format!("{fifteen} å"));
    }

    #[test]
    fn short_questions_have_the_language_of_their_function_words() {
        assert_eq!(
            language_of("När öppnar tvättstugan och hur länge är den öppen?"),
            Some("swedish")
        );
        assert_eq!(language_of("When does the laundry open?"), Some("english"));
        assert_eq!(language_of("ISO 27001"), None);
    }

    #[test]
    fn a_sample_ends_between_characters() {
        assert_eq!(language_of(&"å".repeat(10_000)), language_of("å"));
    }
}
