#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod assistants;
mod collections;
mod documents;
mod members;
mod original;
mod passages;
mod spaces;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET] "/api/v1/spaces" => spaces::list_spaces;
    [POST] "/api/v1/spaces" => spaces::create_space;
    [GET] "/api/v1/spaces/{space_id}" => spaces::get_space;
    [PATCH] "/api/v1/spaces/{space_id}" => spaces::update_space;
    [DELETE] "/api/v1/spaces/{space_id}" => spaces::delete_space;
    [GET] "/api/v1/spaces/{space_id}/members" => members::list_members;
    [POST] "/api/v1/spaces/{space_id}/members" => members::add_member;
    [PATCH] "/api/v1/spaces/{space_id}/members/{user_id}" => members::update_member;
    [DELETE] "/api/v1/spaces/{space_id}/members/{user_id}" => members::remove_member;
    [GET] "/api/v1/users" => members::list_colleagues;
    [GET] "/api/v1/assistants" => assistants::list_assistants;
    [POST] "/api/v1/assistants" => assistants::create_assistant;
    [GET] "/api/v1/assistants/{assistant_id}" => assistants::get_assistant;
    [PATCH] "/api/v1/assistants/{assistant_id}" => assistants::update_assistant;
    [DELETE] "/api/v1/assistants/{assistant_id}" => assistants::delete_assistant;
    [GET] "/api/v1/collections" => collections::list_collections;
    [POST] "/api/v1/collections" => collections::create_collection;
    [GET] "/api/v1/collections/{collection_id}" => collections::get_collection;
    [PATCH] "/api/v1/collections/{collection_id}" => collections::update_collection;
    [DELETE] "/api/v1/collections/{collection_id}" => collections::delete_collection;
    [GET] "/api/v1/documents" => documents::list_documents;
    [GET] "/api/v1/documents/{document_id}" => documents::get_document;
    [PATCH] "/api/v1/documents/{document_id}" => documents::update_document;
    [DELETE] "/api/v1/documents/{document_id}" => documents::delete_document;
    [POST] "/api/v1/documents/{document_id}/retry" => documents::retry_document;
    [GET] "/api/v1/documents/{document_id}/content" => original::get_document_content;
    [GET] "/api/v1/documents/{document_id}/pages/{page}" => passages::get_document_page;
    [GET] "/api/v1/documents/{document_id}/passages/{chunk_id}" => passages::get_passage;
};

async fn handle(request: Request) -> Response {
    api::serve("workspace", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
