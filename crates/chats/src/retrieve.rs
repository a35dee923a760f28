//! From a question to the passages that may answer it.

use assistants::Assistant;
use futures::channel::oneshot;
use kernel::{Problem, Result};
use knowledge::{GroupBy, Hit, Mode, SearchRequest};
use platform::Cx;

use crate::prompt::{self, Turn};

/// The most passages of one answer.
const PASSAGES: i64 = 8;
/// The most characters that search takes.
const QUERY_CHARS: usize = 2_000;

/// A question of fewer characters leans on the one before it: "And on Sundays?"
const SHORT_CHARS: usize = 60;

/// What is searched for: the question, with the one before it where it is short; the beginning of a very long one.
pub(crate) fn query(question: &str, before: Option<&Turn>) -> String {
    let question = question.trim();
    let whole = match before {
        Some(turn) if question.chars().count() < SHORT_CHARS => format!("{question} {}", turn.question.trim()),
        _ => question.to_owned(),
    };
    whole.chars().take(QUERY_CHARS).collect::<String>().trim_end().to_owned()
}

/// The relevant passages of the assistant's collections that fit into the knowledge budget, best first.
pub(crate) async fn passages(
    cx: &Cx,
    assistant: &Assistant,
    query: &str,
    embedding: oneshot::Receiver<Result<Vec<f32>>>,
) -> Result<Vec<Hit>> {
    let embedding = embedding
        .await
        .map_err(|_| Problem::internal("the task that embeds the question ended without an answer"))??;
    let request = SearchRequest {
        query: query.to_owned(),
        embedding,
        collection_ids: assistant.collection_ids.clone(),
        space_id: None,
        limit: PASSAGES,
        mode: Mode::Fused,
        group_by: GroupBy::Chunk,
    };
    let hits = knowledge::search(cx, &request).await?;
    Ok(prompt::fitting(hits.into_iter().filter(Hit::is_relevant).collect()))
}

#[cfg(test)]
mod tests {
    use super::query;
    use crate::prompt::Turn;

    #[test]
    fn a_very_long_question_is_searched_for_by_its_beginning() {
        assert_eq!(query("  när? ", None), "när?");
        assert_eq!(query(&"å".repeat(5_000), None).chars().count(), 2_000);
    }

    #[test]
    fn a_short_question_leans_on_the_one_before_it() {
        let before = Turn { question: "When does the library open?".to_owned(), answer: "At nine.".to_owned() };
        assert_eq!(query("And on Sundays?", Some(&before)), "And on Sundays? When does the library open?");
        let long = "Which of the rules on fire safety apply to buildings from before 1950?";
        assert_eq!(query(long, Some(&before)), long);
    }
}
