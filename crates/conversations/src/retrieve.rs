//! Retrieval: from a question to the chunks that may answer it.

use std::collections::HashSet;

use assistants::Assistant;
use kernel::{
    Result,
    id::{ChunkId, DocumentId},
};
use knowledge::{GroupBy, Hit, Hits, Mode, Query, Reranker, SearchRequest};
use models::{Attribution, ChatModel, Image, Message, Provider, QueryEmbedding};
use platform::Cx;

use crate::{
    LeftOut, Source,
    attachments::{AttachmentPlan, Excerpts},
    budget::{Budget, MESSAGE_TOKENS, image_tokens},
    continuation,
    history::{History, Turn},
    neighbours,
    prompt::{self, Knowledge},
    query_vectors::{LaterVectors, QueryVectors},
    rewriting::Rewriting,
    search_query, source,
};

/// The most chunks of one answer.
const CHUNKS: i64 = 8;
/// The most chunks of documents that a question names.
const NAMED_CHUNKS: i64 = 40;

/// Share of the best score above which a chunk is included beside relevant ones.
const CLOSE: f64 = 0.6;

/// What a search needs beside the question.
pub(crate) struct SearchModels {
    /// Embeds the query.
    pub(crate) embedding: Provider,
    /// Whether a model may rewrite the question.
    pub(crate) rewriting: bool,
}

/// What the answer to a question may rest on.
pub(crate) struct Basis<'a> {
    /// Its collections are searched.
    pub(crate) assistant: &'a Assistant,
    /// Who answers.
    pub(crate) chat: &'a ChatModel,
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
    embeddings: QueryVectors,
    attached: Option<AttachmentPlan>,
    budget: Budget,
    /// Whether what stands beside a hit is read, too. The extractive answerer quotes hits alone.
    reads_neighbours: bool,
}

/// The result of the search for a question.
pub(crate) struct Findings {
    /// None: there is nothing to search in, and nothing is attached. Attachments come first.
    hits: Option<Vec<Hit>>,
    /// How many of the hits are of attachments.
    attached: usize,
    /// Whether that is all of the attachments.
    is_complete: bool,
    /// The numbers of the hits, if an earlier part of the answer has given them.
    numbers: Option<Vec<usize>>,
    /// Pictures of the question.
    images: Vec<Image>,
    budget: Budget,
    /// Without earlier turns.
    left_out: LeftOut,
}

impl Retrieval {
    /// Begins. `turns`: what was said before the question, newest first.
    pub(crate) async fn begin(
        cx: &Cx,
        models: SearchModels,
        basis: Basis<'_>,
        (question, budget): (&str, Budget),
        turns: &[Turn],
    ) -> Result<Self> {
        let query = search_query::of_question(question, turns.first());
        let model = basis.assistant.model.as_deref();
        let needed = match query {
            Some(_) => basis.embedding_models(cx).await?,
            None => Vec::new(),
        };
        let rewriting =
            models.rewriting.then(|| Rewriting::of((basis.chat, model), question, turns)).flatten();
        let provider = models.embedding;
        let embeddings = match (query.as_ref().filter(|_| !needed.is_empty()), rewriting) {
            (None, _) => QueryVectors::None,
            (Some(_), Some(rewriting)) => {
                QueryVectors::Later(Box::new(LaterVectors { rewriting, provider, models: needed }))
            }
            (Some(query), None) => {
                QueryVectors::beside(provider, cx.redis_namespace()?, needed, query.as_str())
            }
        };
        Ok(Self {
            query,
            documents: basis.documents.to_vec(),
            embeddings,
            attached: basis.attached,
            budget,
            reads_neighbours: !basis.chat.is_extractive(model),
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
        let Self { query, documents, embeddings, attached, budget, reads_neighbours } = self;
        let (query, embeddings) = embeddings.of_query(cx, query, attribution).await?;
        let excerpts = match &attached {
            Some(attached) => attached.read(cx, query.as_ref(), &embeddings, &budget).await?,
            None => Excerpts::default(),
        };
        let Excerpts { hits: attached, is_complete, is_cut, images, tokens } = excerpts;
        let mut left_out = LeftOut { attachments: is_cut, ..LeftOut::default() };
        let most = budget.sources(tokens);
        let has_knowledge = !assistant.collection_ids.is_empty() || !documents.is_empty();
        let found = match query {
            _ if !has_knowledge => None,
            Some(query) => {
                let mut found = named(cx, &documents, &query, &embeddings, most).await?;
                found.extend(hits(cx, assistant, query, embeddings, attribution).await?);
                let found = each_once(&attached, found);
                let count = found.len();
                let (mut fitting, tokens) = prompt::fitting(found, most, budget.tokenizer);
                left_out.sources = fitting.len() < count;
                if reads_neighbours {
                    let left = (most - tokens, budget.tokenizer);
                    neighbours::add(cx, &mut fitting, &attached, left).await?;
                }
                Some(fitting)
            }
            None => Some(Vec::new()),
        };
        let count = attached.len();
        let hits = match found {
            None if count == 0 => None,
            found => Some(attached.into_iter().chain(found.into_iter().flatten()).collect()),
        };
        let numbers = None;
        Ok(Findings { hits, attached: count, is_complete, numbers, images, budget, left_out })
    }
}

impl Findings {
    /// Pictures that go with the prompt, once.
    pub(crate) fn take_images(&mut self) -> Vec<Image> {
        std::mem::take(&mut self.images)
    }

    /// What an answer that is to be continued was given to rest on, as far as the caller may read
    /// it now. `images`: of its question.
    pub(crate) async fn recalled(
        cx: &Cx,
        sources: &[Source],
        (images, budget): (Vec<Image>, Budget),
    ) -> Result<Self> {
        let ids: Vec<ChunkId> = sources.iter().map(|source| source.chunk_id).collect();
        let mut found = knowledge::chunks_by_id(cx, &ids).await?;
        let (mut hits, mut numbers, mut left_out) = (Vec::new(), Vec::new(), LeftOut::default());
        let pictures = images.len() * image_tokens();
        let mut left = budget.attachments() + budget.sources(budget.attachments());
        left = left.saturating_sub(pictures);
        for source in sources {
            let Some(at) = found.iter().position(|hit| hit.chunk_id == source.chunk_id) else {
                continue;
            };
            let hit = found.swap_remove(at);
            let rest = left.checked_sub(prompt::source_tokens(&hit, budget.tokenizer));
            match (rest, usize::try_from(source.n)) {
                (Some(rest), Ok(n)) => {
                    left = rest;
                    hits.push(hit);
                    numbers.push(n);
                }
                _ => left_out.sources = true,
            }
        }
        neighbours::add(cx, &mut hits, &[], (left, budget.tokenizer)).await?;
        let hits = (!hits.is_empty()).then_some(hits);
        let numbers = Some(numbers);
        Ok(Self { hits, attached: 0, is_complete: true, numbers, images, budget, left_out })
    }

    /// What follows the question where an answer is continued.
    pub(crate) fn continuation(&self, begun: &str) -> [Message; 2] {
        continuation::messages_after(begun, &self.budget)
    }

    /// Numbered for the prompt.
    pub(crate) fn sources(&self) -> Vec<Source> {
        source::number(self.hits.as_deref().unwrap_or_default())
    }

    /// The whole prompt, and what did not fit into it. `after`: what follows the question.
    pub(crate) fn prompt(
        &self,
        instructions: &str,
        history: &History,
        question: &str,
        after: &[Message],
    ) -> (Vec<Message>, LeftOut) {
        let knowledge = match (self.hits.as_deref(), &self.numbers, self.attached) {
            (None, _, _) => Knowledge::None,
            (Some(hits), Some(numbers), _) => Knowledge::Recalled { hits, numbers },
            (Some(hits), None, 0) => Knowledge::Found(hits),
            (Some(hits), None, attached) => {
                Knowledge::Attached { hits, attached, is_complete: self.is_complete }
            }
        };
        let other = self.images.len() * image_tokens()
            + after
                .iter()
                .map(|message| self.budget.tokenizer.count(&message.content) + MESSAGE_TOKENS)
                .sum::<usize>();
        let packed =
            prompt::pack(instructions, knowledge, history, question, (&self.budget, other));
        let mut messages = packed.messages;
        messages.extend_from_slice(after);
        (messages, LeftOut { turns: packed.is_history_cut, ..self.left_out })
    }
}

/// The documents that the question names, whole if they fit.
async fn named(
    cx: &Cx,
    documents: &[DocumentId],
    query: &Query,
    embeddings: &[QueryEmbedding],
    most: usize,
) -> Result<Vec<Hit>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    // Counted by the embedding model, without titles.
    let tokens = i64::try_from(most / 8 * 5).unwrap_or(i64::MAX);
    let most = (tokens, NAMED_CHUNKS);
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
        limit: CHUNKS,
        mode: Mode::Fused,
        group_by: GroupBy::Chunk,
    };
    let wanted = usize::try_from(CHUNKS).unwrap_or_default();
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
