//! Rerank: what is asked, and the answers of every server in one shape.

use serde_json::{Value, json};

use super::json::{Body, count, document, items};
use crate::{ErrorKind, ProviderError};

/// Documents to put into the order of their relevance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RerankRequest {
    /// The model, as the provider names it.
    pub model: String,
    /// What is searched for.
    pub query: String,
    /// The texts, not empty.
    pub documents: Vec<String>,
    /// How many are wanted; none: all.
    pub top_n: Option<u32>,
}

/// A document's place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RankedDocument {
    /// Of the document in the request.
    pub index: usize,
    /// Larger is more relevant. Not comparable between models or requests: some are probabilities,
    /// some are not.
    pub score: f64,
}

/// The documents in the order of their relevance.
#[derive(Clone, PartialEq, Debug)]
pub struct Ranking {
    /// The best first; never more than were asked for.
    pub ranked: Vec<RankedDocument>,
    /// Documents that the server left out although they were wanted; the caller keeps them behind
    /// the others.
    pub left_out: Vec<usize>,
    /// What is billed by token; 0 if the server does not say.
    pub prompt_tokens: u64,
    /// What is billed by search; 0 if the server does not say.
    pub search_units: u64,
}

pub(super) fn jina_body(request: &RerankRequest) -> Value {
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("query", request.query.clone())
        .set("documents", json!(request.documents))
        .set_some("top_n", request.top_n)
        .set("return_documents", false)
        .finish()
}

pub(super) fn tei_body(request: &RerankRequest) -> Value {
    json!({ "query": request.query, "texts": request.documents, "raw_scores": false, "truncate": true })
}

impl Ranking {
    /// Reads an answer of any of the servers.
    ///
    /// # Errors
    /// `Unreadable` if it names a document that was not sent, one twice, or a score that is no
    /// number; what the server reports.
    pub fn read(body: &[u8], request: &RerankRequest) -> Result<Self, ProviderError> {
        let value = document(body)?;
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return Err(ProviderError::from_object(&value));
        }
        let list = match &value {
            // text-embeddings-inference: a bare list.
            Value::Array(list) => list.as_slice(),
            object if object.get("results").is_some_and(Value::is_array) => {
                items(object, "results")
            }
            // Voyage, and older Jina-like servers.
            object if object.get("data").is_some_and(Value::is_array) => items(object, "data"),
            _ => return Err(unreadable("expected a list of results, got another document")),
        };
        let mut seen = vec![false; request.documents.len()];
        let mut ranked = Vec::with_capacity(list.len().min(seen.len()));
        for item in list {
            let index =
                item.get("index").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let score =
                item.get("relevance_score").or_else(|| item.get("score")).and_then(Value::as_f64);
            let place = index.and_then(|index| seen.get_mut(index)).filter(|seen| !**seen);
            let (Some(index), Some(score), Some(seen)) = (index, score, place) else {
                return Err(unreadable(
                    "a result names a document that was not sent, one twice, or has no score",
                ));
            };
            *seen = true;
            ranked.push(RankedDocument { index, score });
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
        let wanted = request
            .top_n
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(usize::MAX)
            .min(seen.len());
        let left_out = if ranked.len() < wanted {
            seen.iter().enumerate().filter(|(_, seen)| !**seen).map(|(index, _)| index).collect()
        } else {
            Vec::new()
        };
        ranked.truncate(wanted);
        let (usage, meta) = (value.get("usage"), value.pointer("/meta/billed_units"));
        Ok(Self {
            ranked,
            left_out,
            prompt_tokens: usage
                .map_or(0, |usage| count(usage, "total_tokens").max(count(usage, "prompt_tokens"))),
            search_units: meta.map_or(0, |units| count(units, "search_units")),
        })
    }
}

fn unreadable(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Unreadable, message)
}
