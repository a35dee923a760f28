//! `POST /api/v1/search`: hybrid search over what the caller may read.

use api::{Call, Response};
use kernel::Result;
use knowledge::{GroupBy, Hit, Mode, Query, SearchRequest};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    #[serde(default)]
    collection_ids: Vec<String>,
    space_id: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    mode: WireMode,
    #[serde(default)]
    group_by: WireGroup,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum WireMode {
    #[default]
    Fused,
    Vector,
    Text,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum WireGroup {
    #[default]
    Document,
    Chunk,
}

#[derive(Serialize)]
struct SearchHit {
    document_id: String,
    chunk_id: String,
    title: String,
    filename: String,
    collection_id: String,
    collection_name: String,
    space_id: String,
    space_name: String,
    page: Option<i32>,
    heading_path: Vec<String>,
    snippet: String,
    score: f64,
    relevant: bool,
}

#[derive(Serialize)]
struct SearchResult {
    results: Vec<SearchHit>,
    /// How many there would be without the limit, among the candidates of the retrievers.
    total: i64,
    /// False: the results are only the nearest passages.
    relevant: bool,
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        Self {
            document_id: hit.document_id.to_string(),
            chunk_id: hit.chunk_id.to_string(),
            title: hit.title,
            filename: hit.filename,
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
            collection_ids: self.collection_ids.iter().map(|id| id.parse()).collect::<Result<_>>()?,
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

pub(crate) async fn search(mut call: Call) -> Result<Response> {
    let request = call.json::<Search>().await?.read()?;
    let cx = call.cx()?;
    let (namespace, query) = (cx.redis_namespace()?, request.query.as_str());
    let embed = async |models: Vec<String>| models::embed_query(namespace, &models, query).await;
    let found = knowledge::search(cx, &request, embed).await?;
    let (relevant, total) = (found.is_anything_relevant(), found.total);
    api::ok(&SearchResult { results: found.hits.into_iter().map(SearchHit::from).collect(), total, relevant })
}
