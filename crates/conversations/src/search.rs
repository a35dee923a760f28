//! Search over one's own conversations.

use std::time::Duration;

use kernel::{Problem, ReasonCode, Result, id::MessageId, text};
use knowledge::Query;
use models::{Provider, QueryEmbedding};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::json;
use spaces::Action;

use crate::{
    Conversation,
    store::{
        search::{self as store, SearchQuery},
        vectors,
    },
};

/// The most characters of a query.
const QUERY_CHARS: usize = 500;
/// The words of a query that count: with more, a user's long messages would take a core for minutes.
const MOST_WORDS: usize = 16;
/// The most results.
pub(crate) const LIMIT: i64 = 50;
/// Bytes of a message that its language is detected from.
const SAMPLE_BYTES: usize = 4 << 10;
/// How long the embedding model may take: the user waits.
const EMBEDDING_TIMEOUT: Duration = Duration::from_secs(2);

/// A conversation that a query finds.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// The message that matches best; none if only the title matches.
    pub message: Option<MessageId>,
    /// The part of that message with the words, or with the meaning; empty without a message.
    pub snippet: String,
}

/// What a search over conversations found.
#[derive(Clone, PartialEq, Debug)]
pub struct ConversationHits {
    /// Best first.
    pub found: Vec<FoundConversation>,
    /// Why only words were compared; none: the meaning was, too.
    pub meaning_skipped: Option<MeaningSkipReason>,
}

/// Why the meaning of messages was not compared with a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeaningSkipReason {
    /// The query looks for exact words: it has quotation marks, a word after a minus, or nothing
    /// but signs.
    ExactWords,
    /// The embedding model did not answer.
    Unavailable,
}

impl MeaningSkipReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::ExactWords, Self::Unavailable];

    /// The spelling on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExactWords => "exact_words",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The caller's conversations, archived ones too, whose titles or messages have the words of the
/// query, or whose messages are near it in meaning, best first. Words count in the language of each
/// message; a part in quotation marks is looked for as it is, a word after a minus excludes. The
/// first 16 words count. `embedding` embeds the query; without its answer, words alone count.
///
/// # Errors
/// `not_allowed`; `invalid_body` for a query of other than 1 to 500 characters or a limit of other
/// than 1 to 50.
pub async fn search_conversations(
    cx: &Cx,
    embedding: &Provider,
    query: &str,
    limit: i64,
) -> Result<ConversationHits> {
    cx.require(Action::ManageConversations)?;
    let query = text::line("/query", query, 1, QUERY_CHARS)?;
    if !(1..=LIMIT).contains(&limit) {
        return Err(Problem::refused_field(
            "/limit",
            ReasonCode::OutOfRange.between(1, LIMIT),
            format!("expected 1 to {LIMIT}, got {limit}"),
        ));
    }
    let (embeddings, meaning_skipped) = match embed(cx, embedding, &query).await? {
        Ok(embeddings) => (embeddings, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    let sought = SearchQuery { words: first_words(&query), embeddings: &embeddings };
    let found = store::search(cx, &sought, limit).await?;
    Ok(ConversationHits { found, meaning_skipped })
}

/// The query as each model embeds it that vectors of the caller's messages were made by.
async fn embed(
    cx: &Cx,
    provider: &Provider,
    query: &str,
) -> Result<std::result::Result<Vec<QueryEmbedding>, MeaningSkipReason>> {
    let query = match Query::parse(query) {
        Ok(query) if !asks_for_exact_words(query.as_str()) => query,
        _ => return Ok(Err(MeaningSkipReason::ExactWords)),
    };
    let (models, namespace) = (vectors::models(cx).await?, cx.redis_namespace()?);
    let embedding = provider.embed_query(namespace, &models, query.as_str());
    let embedding = models::within(EMBEDDING_TIMEOUT, embedding);
    let cause = match cx.db.released_while(embedding).await {
        Some(Ok(embeddings)) => return Ok(Ok(embeddings)),
        Some(Err(problem)) => problem.cause.unwrap_or_else(|| problem.detail.into_owned()),
        None => format!("no answer within {} s", EMBEDDING_TIMEOUT.as_secs()),
    };
    let members = [("cause", json!(cause))];
    log::line(Level::Warn, "chat", "conversations were searched by words alone", &members);
    Ok(Err(MeaningSkipReason::Unavailable))
}

/// Whether the query has an operator of the search for words: a vector knows none.
fn asks_for_exact_words(query: &str) -> bool {
    let is_excluded = |word: &str| {
        word.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    };
    query.contains('"') || query.split_whitespace().any(is_excluded)
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
    use super::{asks_for_exact_words, first_words, language_of};

    #[test]
    fn quotation_marks_and_excluded_words_ask_for_exact_words() {
        for exact in ["\"boiler room\"", "boiler -price", "-price boiler"] {
            assert!(asks_for_exact_words(exact), "{exact}");
        }
        for free in ["e-post", "costs 5 - 10", "well-known or not", "-", "price -> cost"] {
            assert!(!asks_for_exact_words(free), "{free}");
        }
    }

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
