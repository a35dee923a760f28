#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod content;
mod form;
mod list_collection_documents;
mod transfer;
mod upload_document;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET KnowledgeRead] "/api/v1/collections/{collection_id}/documents" => list_collection_documents::list_collection_documents;
    [POST KnowledgeWrite] "/api/v1/collections/{collection_id}/documents" => upload_document::upload_document;
};

async fn handle(request: Request) -> Response {
    api::serve("upload", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
