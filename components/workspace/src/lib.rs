#![doc = include_str!("../README.md")]

mod assistants;
mod collections;
mod documents;
mod groups;
mod members;
mod original;
mod passages;
mod spaces;

const ROUTES: &[api::Route] = api::routes! {
    [GET SpacesRead] "/api/v1/spaces" => spaces::list_spaces;
    [POST SpacesWrite] "/api/v1/spaces" => spaces::create_space;
    [GET SpacesRead] "/api/v1/spaces/{space_id}" => spaces::get_space;
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}" => spaces::update_space;
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}" => spaces::delete_space;
    [GET SpacesRead] "/api/v1/spaces/{space_id}/members" => members::list_members;
    [POST SpacesWrite] "/api/v1/spaces/{space_id}/members" => members::add_member;
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}/members/{user_id}" => members::update_member;
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}/members/{user_id}" => members::remove_member;
    [GET SpacesRead] "/api/v1/spaces/{space_id}/groups" => groups::list_space_groups;
    [POST SpacesWrite] "/api/v1/spaces/{space_id}/groups" => groups::add_space_group;
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}/groups/{group_id}" => groups::update_space_group;
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}/groups/{group_id}" => groups::remove_space_group;
    [GET SpacesRead] "/api/v1/user-groups" => groups::list_available_groups;
    [GET SpacesRead] "/api/v1/users" => members::list_colleagues;
    [GET AssistantsRead] "/api/v1/assistants" => assistants::list_assistants;
    [POST AssistantsWrite] "/api/v1/assistants" => assistants::create_assistant;
    [POST AssistantsWrite] "/api/v1/assistants/personal" => assistants::open_personal_assistant;
    [GET AssistantsRead] "/api/v1/assistants/{assistant_id}" => assistants::get_assistant;
    [PATCH AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::update_assistant;
    [DELETE AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::delete_assistant;
    [GET KnowledgeRead] "/api/v1/collections" => collections::list_collections;
    [POST KnowledgeWrite] "/api/v1/collections" => collections::create_collection;
    [GET KnowledgeRead] "/api/v1/collections/{collection_id}" => collections::get_collection;
    [PATCH KnowledgeWrite] "/api/v1/collections/{collection_id}" => collections::update_collection;
    [DELETE KnowledgeWrite] "/api/v1/collections/{collection_id}" => collections::delete_collection;
    [GET KnowledgeRead] "/api/v1/documents" => documents::list_documents;
    [GET KnowledgeRead] "/api/v1/documents/{document_id}" => documents::get_document;
    [PATCH KnowledgeWrite] "/api/v1/documents/{document_id}" => documents::update_document;
    [DELETE KnowledgeWrite] "/api/v1/documents/{document_id}" => documents::delete_document;
    [POST KnowledgeWrite] "/api/v1/documents/{document_id}/retry" => documents::retry_document;
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/content" => original::get_document_content;
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/pages/{page}" => passages::get_document_page;
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/passages/{chunk_id}" => passages::get_passage;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("workspace", ROUTES)
}

api::component!(super::router);
