//! From a question to the passages that may answer it.

use assistants::Assistant;
use futures::channel::oneshot;
use kernel::{Problem, Result};
use knowledge::{GroupBy, Hit, Mode, RELEVANT_SCORE, SearchRequest};
use platform::Cx;

use crate::prompt;

/// The most passages of one answer.
const PASSAGES: i64 = 8;
/// The most characters that search takes.
const QUERY_CHARS: usize = 2_000;

/// What is searched for: the question, or the beginning of a very long one.
pub(crate) fn query(question: &str) -> String {
    question.trim().chars().take(QUERY_CHARS).collect::<String>().trim_end().to_owned()
}

/// The relevant passages of the assistant's collections that fit into the knowledge budget, best first.
pub(crate) async fn passages(
    cx: &Cx,
    assistant: &Assistant,
    question: &str,
    embedding: oneshot::Receiver<Result<Vec<f32>>>,
) -> Result<Vec<Hit>> {
    let embedding = embedding
        .await
        .map_err(|_| Problem::internal("the task that embeds the question ended without an answer"))??;
    let request = SearchRequest {
        query: query(question),
        embedding,
        collection_ids: assistant.collection_ids.clone(),
        space_id: None,
        limit: PASSAGES,
        mode: Mode::Fused,
        group_by: GroupBy::Chunk,
    };
    let hits = knowledge::search(cx, &request).await?;
    Ok(prompt::fitting(hits.into_iter().filter(|hit| hit.score >= RELEVANT_SCORE).collect()))
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn a_very_long_question_is_searched_for_by_its_beginning() {
        assert_eq!(query("  när? "), "när?");
        assert_eq!(query(&"å".repeat(5_000)).chars().count(), 2_000);
    }
}
