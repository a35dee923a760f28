//! `POST /api/v1/search`: hybrid search over what the caller may read.

use api::{CallWith, Json};
use contract::Schema;
use kernel::Result;
use knowledge::{GroupBy, Hit, Mode, Query, SearchRequest, wire::WebSourceBody};
use serde::{Deserialize, Serialize};

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
    let found = knowledge::search(cx, &request, embed).await?;
    let (relevant, total) = (found.is_anything_relevant(), found.total);
    api::ok(&SearchResult {
        results: found.hits.into_iter().map(SearchHit::from).collect(),
        total,
        relevant,
    })
}
