//! Retrieval: from a question to the chunks that may answer it.

use assistants::Assistant;
use futures::channel::oneshot;
use kernel::{Problem, Result};
use knowledge::{GroupBy, Hit, Hits, Mode, Query, SearchRequest};
use models::{Image, Message, Provider, QueryEmbedding};
use platform::Cx;

use crate::{
    Source,
    attachments::{AttachmentPlan, Excerpts},
    prompt::{self, Knowledge, Turn},
    source,
};

/// The most chunks of one answer.
const PASSAGES: i64 = 8;
/// The most characters of a search query.
const QUERY_CHARS: usize = 2_000;

/// Share of the best score above which a chunk is included beside relevant ones.
const CLOSE: f64 = 0.6;

/// A shorter question, in characters, depends on the one before it: "And on Sundays?"
const SHORT_CHARS: usize = 60;

/// The search query: the question, preceded by the previous one if it is short; only the beginning
/// of a very long one. None: the question has no letter and no digit.
/// what was asked, as it has no letter and no digit.
fn query(question: &str, before: Option<&Turn>) -> Option<Query> {
    let question = question.trim();
    let whole = match before {
        Some(turn) if question.chars().count() < SHORT_CHARS => {
            format!("{question} {}", turn.question.trim())
        }
        _ => question.to_owned(),
    };
    Query::parse(&whole.chars().take(QUERY_CHARS).collect::<String>()).ok()
}

/// A search for what an assistant knows of a question. The question is embedded while the caller
/// does something else.
pub(crate) struct Retrieval {
    /// None: the question holds nothing that can be found.
    query: Option<Query>,
    /// None: nothing is searched.
    embeddings: Option<oneshot::Receiver<Result<Vec<QueryEmbedding>>>>,
    attached: Option<AttachmentPlan>,
}

/// The result of the search for a question.
pub(crate) struct Findings {
    /// None: the assistant has no collections, and nothing is attached. Attachments come first.
    hits: Option<Vec<Hit>>,
    /// How many of the hits are of attachments.
    attached: usize,
    /// Whether that is all of the attachments.
    is_complete: bool,
    /// Pictures of the question.
    images: Vec<Image>,
}

impl Retrieval {
    /// Begins. `attached`: to the question, and to those before it. `before`: the turn before the
    /// question.
    pub(crate) async fn begin(
        cx: &Cx,
        embedding: Provider,
        assistant: &Assistant,
        attached: Option<AttachmentPlan>,
        question: &str,
        before: Option<&Turn>,
    ) -> Result<Self> {
        let query = query(question, before);
        let mut collections = assistant.collection_ids.clone();
        collections.extend(attached.iter().filter(|it| it.needs_search()).map(|it| it.collection));
        let sought = query.as_ref().filter(|_| !collections.is_empty());
        let embeddings = match sought {
            Some(query) => {
                let needed = knowledge::embedding_models(cx, &collections, None).await?;
                Some(embed_beside(embedding, cx.redis_namespace()?, needed, query.as_str()))
            }
            None => None,
        };
        Ok(Self { query, embeddings, attached })
    }

    /// Searches what the caller may read now.
    pub(crate) async fn find(self, cx: &Cx, assistant: &Assistant) -> Result<Findings> {
        let Self { query, embeddings, attached } = self;
        let embeddings = match embeddings {
            Some(embeddings) => cx.db.released_while(embedded(embeddings)).await?,
            None => Vec::new(),
        };
        let files = match &attached {
            Some(attached) => attached.read(cx, query.as_ref(), &embeddings).await?,
            None => Excerpts::default(),
        };
        let found = match query {
            _ if assistant.collection_ids.is_empty() => None,
            Some(query) => Some(hits(cx, assistant, query, embeddings).await?),
            None => Some(Vec::new()),
        };
        let Excerpts { hits: attached_hits, is_complete, images } = files;
        let count = attached_hits.len();
        let hits = match found {
            None if count == 0 => None,
            found => Some(attached_hits.into_iter().chain(found.into_iter().flatten()).collect()),
        };
        Ok(Findings { hits, attached: count, is_complete, images })
    }
}

impl Findings {
    /// Pictures that go with the prompt, once.
    pub(crate) fn take_images(&mut self) -> Vec<Image> {
        std::mem::take(&mut self.images)
    }

    /// Numbered for the prompt.
    pub(crate) fn sources(&self) -> Vec<Source> {
        source::number(self.hits.as_deref().unwrap_or_default())
    }

    /// The whole prompt; `turns` are the newest first.
    pub(crate) fn prompt(
        &self,
        instructions: &str,
        turns: &[Turn],
        question: &str,
    ) -> Vec<Message> {
        let knowledge = match (self.hits.as_deref(), self.attached) {
            (None, _) => Knowledge::None,
            (Some(hits), 0) => Knowledge::Found(hits),
            (Some(hits), attached) => {
                Knowledge::Attached { hits, attached, is_complete: self.is_complete }
            }
        };
        prompt::pack(instructions, knowledge, turns, question)
    }
}

fn embed_beside(
    provider: Provider,
    namespace: &str,
    models: Vec<String>,
    query: &str,
) -> oneshot::Receiver<Result<Vec<QueryEmbedding>>> {
    let (sender, receiver) = oneshot::channel();
    let (namespace, query) = (namespace.to_owned(), query.to_owned());
    platform::task::spawn(async move {
        // The receiver is gone if the question was refused.
        let _ = sender.send(provider.embed_query(&namespace, &models, &query).await);
    });
    receiver
}

/// The relevant chunks of the assistant's collections that fit into the knowledge budget, best
/// first.
async fn hits(
    cx: &Cx,
    assistant: &Assistant,
    query: Query,
    embeddings: Vec<QueryEmbedding>,
) -> Result<Vec<Hit>> {
    let request = SearchRequest {
        query,
        collection_ids: assistant.collection_ids.clone(),
        space_id: None,
        limit: PASSAGES,
        mode: Mode::Fused,
        group_by: GroupBy::Chunk,
    };
    let found = knowledge::search(cx, &request, async |_| Ok(embeddings)).await?;
    Ok(prompt::fitting(worth_reading(found)))
}

/// The question as the models embed it.
async fn embedded(
    embeddings: oneshot::Receiver<Result<Vec<QueryEmbedding>>>,
) -> Result<Vec<QueryEmbedding>> {
    embeddings.await.map_err(|_| {
        Problem::internal("the task that embeds the question ended without an answer")
    })?
}

/// Empty if no hit is relevant; else the relevant hits, and those that score nearly as well as the
/// best: a chunk may answer without the question's words.
fn worth_reading(found: Hits) -> Vec<Hit> {
    if !found.is_anything_relevant() {
        return Vec::new();
    }
    let hits = found.hits;
    let least = hits.iter().map(|hit| hit.score).fold(0.0, f64::max) * CLOSE;
    hits.into_iter().filter(|hit| hit.relevant || hit.score >= least).collect()
}

#[cfg(test)]
mod tests {
    use super::query;
    use crate::prompt::Turn;

    fn text(question: &str, before: Option<&Turn>) -> String {
        query(question, before).unwrap().as_str().to_owned()
    }

    #[test]
    fn a_question_without_a_letter_or_digit_is_not_searched_for() {
        assert_eq!(query("?! 🙂", None), None);
    }

    #[test]
    fn a_very_long_question_is_searched_for_by_its_beginning() {
        assert_eq!(text("  när? ", None), "när?");
        assert_eq!(text(&"å".repeat(5_000), None).chars().count(), 2_000);
    }

    #[test]
    fn a_short_question_is_searched_with_the_one_before_it() {
        let before = Turn {
            question: "When does the library open?".to_owned(),
            answer: "At nine.".to_owned(),
        };
        assert_eq!(
            text("And on Sundays?", Some(&before)),
            "And on Sundays? When does the library open?"
        );
        let long = "Which of the rules on fire safety apply to buildings from before 1950?";
        assert_eq!(text(long, Some(&before)), long);
    }
}
