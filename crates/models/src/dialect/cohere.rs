//! Cohere v2: embeddings and rerank.

use serde_json::{Value, json};

use super::{EmbedRequest, InputType, RerankRequest, json::Body};

pub(super) fn embed_body(request: &EmbedRequest) -> Value {
    let input_type = match request.input_type {
        InputType::Query => "search_query",
        InputType::Document => "search_document",
    };
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("texts", json!(request.texts))
        .set("input_type", input_type)
        .set("embedding_types", json!(["float"]))
        // A text beyond the window is an error, not a different text.
        .set("truncate", "NONE")
        .set_some("output_dimension", request.dimensions)
        .finish()
}

pub(super) fn rerank_body(request: &RerankRequest) -> Value {
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("query", request.query.clone())
        .set("documents", json!(request.documents))
        .set_some("top_n", request.top_n)
        .finish()
}
