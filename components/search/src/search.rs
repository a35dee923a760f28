//! `POST /api/v1/search`: hybrid search over what the caller may read.

use api::{CallWith, Json};
use contract::Schema;
use kernel::Result;
use knowledge::{
    GroupBy, Hit, Mode, Query, Reranking, SearchRequest, SkipReason, wire::WebSourceBody,
};
use models::Attribution;
use serde::{Deserialize, Serialize};

contract::words! {
    /// Why results are not in the reranker's order: nothing relevant was found, or only one passage,
    /// and nothing was sent to it; it took too long; it kept failing and is not asked for a while; a
    /// quota is used up; it has no price, and the organisation refuses models without one; it failed.
    pub(crate) RerankingSkipReason = SkipReason::ALL.iter().map(|reason| reason.as_str());
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    #[schema(length(min = 1, max = 2000))]
    query: String,
    #[serde(default)]
    #[schema(as = Uuid, length(max = 100))]
    collection_ids: Vec<String>,
    #[schema(as = Uuid)]
    space_id: Option<String>,
    #[schema(range(min = 1, max = 100))]
    limit: Option<i64>,
    /// Default fused.
    #[serde(default)]
    mode: WireMode,
    /// Default document: the best passage of each document.
    #[serde(default)]
    group_by: WireGroup,
}

#[derive(Default, Clone, Copy, Schema, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireMode {
    #[default]
    Fused,
    Vector,
    Text,
}

#[derive(Default, Clone, Copy, Schema, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireGroup {
    #[default]
    Document,
    Chunk,
}

#[derive(Schema, Serialize)]
pub(crate) struct SearchHit {
    #[schema(as = Uuid)]
    document_id: String,
    #[schema(as = Uuid)]
    chunk_id: String,
    title: String,
    /// The name that the file was uploaded under.
    filename: String,
    /// Where the document was fetched, if it is a page of a website.
    web_source: Option<WebSourceBody>,
    #[schema(as = Uuid)]
    collection_id: String,
    collection_name: String,
    #[schema(as = Uuid)]
    space_id: String,
    space_name: String,
    /// Counted from 1; null where the document has no pages of its own.
    page: Option<i32>,
    heading_path: Vec<String>,
    snippet: String,
    score: f64,
    /// Nearness of the passage's tokens to those of the query, 0 to 1, which counts beside meaning and
    /// words; null where it was not compared: below the best 20, by one retriever alone, or without
    /// late interaction.
    nearness: Option<f64>,
    /// Whether this passage has to do with the query: near in meaning, or holding most of its
    /// telling words.
    relevant: bool,
}

#[derive(Schema, Serialize)]
pub(crate) struct SearchResult {
    results: Vec<SearchHit>,
    /// How many results there would be without the limit, among the 100 candidates that each
    /// retriever brings.
    total: i64,
    /// False when nothing relevant was found; the results are then only the nearest passages.
    relevant: bool,
    /// What came of the organisation's reranker; null if it has none, or none that the caller may
    /// use for this search. Its order is not that of `score`.
    reranking: Option<RerankingBody>,
}

/// What came of the reranker.
#[derive(Schema, Serialize)]
#[schema(name = "Reranking")]
pub(crate) struct RerankingBody {
    /// The reranker, as people see it.
    model: String,
    /// Why the results are in the order of their score instead; null: they are in the reranker's.
    #[schema(as = RerankingSkipReason)]
    skipped: Option<&'static str>,
}

impl From<Reranking> for RerankingBody {
    fn from(reranking: Reranking) -> Self {
        Self { model: reranking.model, skipped: reranking.skipped.map(SkipReason::as_str) }
    }
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        Self {
            document_id: hit.document_id.to_string(),
            chunk_id: hit.chunk_id.to_string(),
            title: hit.title,
            filename: hit.filename,
            web_source: hit.web_source.as_ref().map(WebSourceBody::from),
            collection_id: hit.collection_id.to_string(),
            collection_name: hit.collection_name,
            space_id: hit.space_id.to_string(),
            space_name: hit.space_name,
            page: hit.page,
            heading_path: hit.heading_path,
            snippet: hit.snippet,
            score: hit.score,
            nearness: hit.nearness,
            relevant: hit.relevant,
        }
    }
}

impl Search {
    fn read(self) -> Result<SearchRequest> {
        Ok(SearchRequest {
            query: Query::parse(&self.query)?,
            collection_ids: self
                .collection_ids
                .iter()
                .map(|id| id.parse())
                .collect::<Result<_>>()?,
            space_id: self.space_id.map(|id| id.parse()).transpose()?,
            limit: self.limit.unwrap_or(10),
            mode: match self.mode {
                WireMode::Fused => Mode::Fused,
                WireMode::Vector => Mode::Vector,
                WireMode::Text => Mode::Text,
            },
            group_by: match self.group_by {
                WireGroup::Document => GroupBy::Document,
                WireGroup::Chunk => GroupBy::Chunk,
            },
        })
    }
}

pub(crate) async fn search(mut call: CallWith<Search>) -> Result<Json<SearchResult>> {
    let request = call.json().await?.read()?;
    let cx = call.cx()?;
    let (namespace, query) = (cx.redis_namespace()?, request.query.as_str());
    let embed = async |models: Vec<String>| models::embed_query(namespace, &models, query).await;
    let attribution = Attribution {
        space_id: request.space_id,
        api_key_id: call.credential()?.api_key(),
        ..Attribution::default()
    };
    let found = knowledge::search_reranked(cx, &request, attribution, embed).await?;
    api::ok(&SearchResult {
        total: found.hits.total,
        results: found.hits.hits.into_iter().map(SearchHit::from).collect(),
        relevant: found.is_anything_relevant,
        reranking: found.reranking.map(RerankingBody::from),
    })
}
