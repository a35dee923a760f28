//! Retrieval: from a question to the chunks that may answer it.

use std::collections::HashSet;

use assistants::Assistant;
use futures::channel::oneshot;
use kernel::{
    Problem, Result,
    id::{ChunkId, DocumentId},
};
use knowledge::{GroupBy, Hit, Hits, Mode, Query, Reranker, SearchRequest};
use models::{Attribution, ChatMessage, Image, Provider, QueryEmbedding};
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

/// Tokens up to which a document that a question names is read whole; less than the budget of the
/// sources, which also counts titles.
const NAMED_TOKENS: i64 = 3_000;
/// The most chunks of documents that a question names.
const NAMED_PASSAGES: i64 = 40;

/// Share of the best score above which a chunk is included beside relevant ones.
const CLOSE: f64 = 0.6;

/// A shorter question, in characters, depends on the one before it: "And on Sundays?"
const SHORT_CHARS: usize = 60;

/// The search query: the question, preceded by the previous one if it is short; only the beginning
/// of a very long one. None: the question has no letter and no digit.
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

/// What the answer to a question may rest on.
pub(crate) struct Basis<'a> {
    /// Its collections are searched.
    pub(crate) assistant: &'a Assistant,
    /// Documents that the question names.
    pub(crate) documents: &'a [DocumentId],
    /// Files that are attached to the question, and to those before it.
    pub(crate) attached: Option<AttachmentPlan>,
}

impl Basis<'_> {
    /// The models that the question is embedded with; none: nothing is searched.
    async fn embedding_models(&self, cx: &Cx) -> Result<Vec<String>> {
        let mut collections = self.assistant.collection_ids.clone();
        let searched = self.attached.iter().filter(|attached| attached.needs_search());
        collections.extend(searched.map(|attached| attached.collection));
        let mut models = Vec::new();
        if !collections.is_empty() {
            models = knowledge::embedding_models(cx, &collections, None).await?;
        }
        if !self.documents.is_empty() {
            models.extend(knowledge::models_of_documents(cx, self.documents).await?);
            models.sort();
            models.dedup();
        }
        Ok(models)
    }
}

/// A search for what an assistant knows of a question. The question is embedded while the caller
/// does something else.
pub(crate) struct Retrieval {
    /// None: the question holds nothing that can be found.
    query: Option<Query>,
    /// Documents that the question names.
    documents: Vec<DocumentId>,
    /// None: nothing is searched.
    embeddings: Option<oneshot::Receiver<Result<Vec<QueryEmbedding>>>>,
    attached: Option<AttachmentPlan>,
}

/// The result of the search for a question.
pub(crate) struct Findings {
    /// None: there is nothing to search in, and nothing is attached. Attachments come first.
    hits: Option<Vec<Hit>>,
    /// How many of the hits are of attachments.
    attached: usize,
    /// Whether that is all of the attachments.
    is_complete: bool,
    /// Pictures of the question.
    images: Vec<Image>,
}

impl Retrieval {
    /// Begins. `before`: the turn before the question.
    pub(crate) async fn begin(
        cx: &Cx,
        embedding: Provider,
        basis: Basis<'_>,
        question: &str,
        before: Option<&Turn>,
    ) -> Result<Self> {
        let query = query(question, before);
        let needed = match query {
            Some(_) => basis.embedding_models(cx).await?,
            None => Vec::new(),
        };
        let embeddings = match query.as_ref().filter(|_| !needed.is_empty()) {
            Some(query) => {
                Some(embed_beside(embedding, cx.redis_namespace()?, needed, query.as_str()))
            }
            None => None,
        };
        Ok(Self {
            query,
            documents: basis.documents.to_vec(),
            embeddings,
            attached: basis.attached,
        })
    }

    /// Searches what the caller may read now.
    /// `attribution`: of the answer, for what the search costs.
    pub(crate) async fn find(
        self,
        cx: &Cx,
        assistant: &Assistant,
        attribution: Attribution,
    ) -> Result<Findings> {
        let Self { query, documents, embeddings, attached } = self;
        let embeddings = match embeddings {
            Some(embeddings) => cx.db.released_while(embedded(embeddings)).await?,
            None => Vec::new(),
        };
        let Excerpts { hits: attached, is_complete, images } = match &attached {
            Some(attached) => attached.read(cx, query.as_ref(), &embeddings).await?,
            None => Excerpts::default(),
        };
        let has_knowledge = !assistant.collection_ids.is_empty() || !documents.is_empty();
        let found = match query {
            _ if !has_knowledge => None,
            Some(query) => {
                let mut found = named(cx, &documents, &query, &embeddings).await?;
                found.extend(hits(cx, assistant, query, embeddings, attribution).await?);
                Some(prompt::fitting(each_once(&attached, found)))
            }
            None => Some(Vec::new()),
        };
        let count = attached.len();
        let hits = match found {
            None if count == 0 => None,
            found => Some(attached.into_iter().chain(found.into_iter().flatten()).collect()),
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
    ) -> Vec<ChatMessage> {
        let knowledge = match (self.hits.as_deref(), self.attached) {
            (None, _) => Knowledge::None,
            (Some(hits), 0) => Knowledge::Found(hits),
            (Some(hits), attached) => {
                Knowledge::Attached { hits, attached, is_complete: self.is_complete }
            }
        };
        let prompt = prompt::pack(instructions, knowledge, turns, question);
        prompt.into_iter().map(ChatMessage::from).collect()
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

/// The documents that the question names, whole if they fit.
async fn named(
    cx: &Cx,
    documents: &[DocumentId],
    query: &Query,
    embeddings: &[QueryEmbedding],
) -> Result<Vec<Hit>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let most = (NAMED_TOKENS, NAMED_PASSAGES);
    knowledge::chunks_of_documents(cx, documents, query, embeddings, most).await
}

/// The relevant chunks of the assistant's collections, best first.
async fn hits(
    cx: &Cx,
    assistant: &Assistant,
    query: Query,
    embeddings: Vec<QueryEmbedding>,
    attribution: Attribution,
) -> Result<Vec<Hit>> {
    if assistant.collection_ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut request = SearchRequest {
        query,
        collection_ids: assistant.collection_ids.clone(),
        space_id: None,
        limit: PASSAGES,
        mode: Mode::Fused,
        group_by: GroupBy::Chunk,
    };
    let wanted = usize::try_from(PASSAGES).unwrap_or_default();
    let reranker = Reranker::find(cx, Some(assistant.space_id), attribution).await?;
    if reranker.is_some() {
        request = Reranker::widened(&request);
    }
    let found = knowledge::search(cx, &request, async |_| Ok(embeddings)).await?;
    let mut hits = worth_reading(found, wanted);
    if let Some(reranker) = reranker {
        reranker.order(cx, &request.query, &mut hits).await;
        hits.truncate(wanted);
    }
    Ok(hits)
}

/// Without the chunks that are there already: a document may be attached, named, and in a collection
/// that is searched.
fn each_once(attached: &[Hit], mut found: Vec<Hit>) -> Vec<Hit> {
    let mut seen: HashSet<ChunkId> = attached.iter().map(|hit| hit.chunk_id).collect();
    found.retain(|hit| seen.insert(hit.chunk_id));
    found
}

/// The question as the models embed it.
async fn embedded(
    embeddings: oneshot::Receiver<Result<Vec<QueryEmbedding>>>,
) -> Result<Vec<QueryEmbedding>> {
    embeddings.await.map_err(|_| {
        Problem::internal("the task that embeds the question ended without an answer")
    })?
}

/// Empty if none of the first hits is relevant; else the relevant hits, and those that score nearly
/// as well as the best: a chunk may answer without the question's words.
fn worth_reading(found: Hits, first: usize) -> Vec<Hit> {
    let hits = found.hits;
    if !hits.iter().take(first).any(|hit| hit.relevant) {
        return Vec::new();
    }
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
