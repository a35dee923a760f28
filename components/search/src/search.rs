//! `POST /api/v1/search`: hybrid search over what the caller may read.

use api::{Call, Response};
use kernel::{Problem, Result};
use knowledge::{GroupBy, Hit, Mode, SearchRequest};
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
    page: Option<i32>,
    heading_path: Vec<String>,
    snippet: String,
    score: f64,
}

#[derive(Serialize)]
struct SearchResult {
    results: Vec<SearchHit>,
    total: usize,
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        Self {
            document_id: hit.document_id.to_string(),
            chunk_id: hit.chunk_id.to_string(),
            title: hit.title,
            page: hit.page,
            heading_path: hit.heading_path,
            snippet: hit.snippet,
            score: hit.score,
        }
    }
}

pub(crate) async fn search(mut call: Call) -> Result<Response> {
    let body: Search = call.json().await?;
    if body.collection_ids.len() > 100 {
        return Err(Problem::invalid_field(
            "/collection_ids",
            format!("expected at most 100, got {}", body.collection_ids.len()),
        ));
    }
    let request = SearchRequest {
        // Full text alone needs no embedding.
        embedding: if matches!(body.mode, WireMode::Text) {
            vec![0.0; models::DIMENSIONS]
        } else {
            models::embed(&body.query).await?
        },
        query: body.query,
        collection_ids: body.collection_ids.iter().map(|id| id.parse()).collect::<Result<_>>()?,
        space_id: body.space_id.map(|id| id.parse()).transpose()?,
        limit: body.limit.unwrap_or(10),
        mode: match body.mode {
            WireMode::Fused => Mode::Fused,
            WireMode::Vector => Mode::Vector,
            WireMode::Text => Mode::Text,
        },
        group_by: match body.group_by {
            WireGroup::Document => GroupBy::Document,
            WireGroup::Chunk => GroupBy::Chunk,
        },
    };
    let results: Vec<SearchHit> =
        knowledge::search(call.cx()?, &request).await?.into_iter().map(SearchHit::from).collect();
    api::ok(&SearchResult { total: results.len(), results })
}
