#![doc = include_str!("../README.md")]

mod assistants;
mod collections;
mod documents;
mod embedding_models;
mod groups;
mod members;
mod original;
mod passages;
mod spaces;

const ROUTES: &[api::Route] = api::routes! {
    /// List spaces
    [GET SpacesRead] "/api/v1/spaces" => spaces::list_spaces;
    /// Create a space
    [POST SpacesWrite] "/api/v1/spaces" => spaces::create_space;
    /// Get a space
    [GET SpacesRead] "/api/v1/spaces/{space_id}" => spaces::get_space;
    /// Change a space
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}" => spaces::update_space;
    /// Delete a space
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}" => spaces::delete_space;
    /// List the members of a space
    [GET SpacesRead] "/api/v1/spaces/{space_id}/members" => members::list_members;
    /// Make a person a member
    [POST SpacesWrite] "/api/v1/spaces/{space_id}/members" => members::add_member;
    /// Give a member another role
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}/members/{user_id}" => members::update_member;
    /// End a membership; everybody may end their own
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}/members/{user_id}" => members::remove_member;
    /// List the user groups that have a role in a space
    [GET SpacesRead] "/api/v1/spaces/{space_id}/groups" => groups::list_space_groups;
    /// Give a user group a role in a space
    [POST SpacesWrite] "/api/v1/spaces/{space_id}/groups" => groups::add_space_group;
    /// Give a user group another role
    [PATCH SpacesWrite] "/api/v1/spaces/{space_id}/groups/{group_id}" => groups::update_space_group;
    /// Take a user group's role in a space away
    [DELETE SpacesWrite] "/api/v1/spaces/{space_id}/groups/{group_id}" => groups::remove_space_group;
    /// Find user groups of the organisation, to give them a role in a space
    [GET SpacesRead] "/api/v1/user-groups" ? groups::GroupsParameters => groups::list_available_groups;
    /// Find people of the organisation, to make them members
    [GET SpacesRead] "/api/v1/users" ? members::PeopleParameters => members::list_colleagues;
    /// List assistants
    [GET AssistantsRead] "/api/v1/assistants" ? assistants::AssistantsParameters => assistants::list_assistants;
    /// Create an assistant
    [POST AssistantsWrite] "/api/v1/assistants" => assistants::create_assistant;
    /// The caller's personal assistant and its collection, made at first need
    ///
    /// What is missing in the personal space is made and called `name`; what is there keeps its name. Repeating it changes nothing. Needs
    /// the scope `knowledge:write` too.
    [POST AssistantsWrite] "/api/v1/assistants/personal" => assistants::open_personal_assistant;
    /// Get an assistant
    [GET AssistantsRead] "/api/v1/assistants/{assistant_id}" => assistants::get_assistant;
    /// Change an assistant
    [PATCH AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::update_assistant;
    /// Delete an assistant
    [DELETE AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::delete_assistant;
    /// List collections
    [GET KnowledgeRead] "/api/v1/collections" ? collections::CollectionsParameters => collections::list_collections;
    /// Create a collection
    [POST KnowledgeWrite] "/api/v1/collections" => collections::create_collection;
    /// Get a collection
    [GET KnowledgeRead] "/api/v1/collections/{collection_id}" => collections::get_collection;
    /// Change a collection
    [PATCH KnowledgeWrite] "/api/v1/collections/{collection_id}" => collections::update_collection;
    /// Delete a collection
    [DELETE KnowledgeWrite] "/api/v1/collections/{collection_id}" => collections::delete_collection;
    /// Embed a collection with another model
    ///
    /// A job reads, cuts and embeds its documents again. Searches use the vectors of the model before until all are done; a cancelled or
    /// failed job changes nothing. Answered with 409 if the collection has the model, or is on its way to one.
    [POST KnowledgeWrite] "/api/v1/collections/{collection_id}/reembed" => collections::reembed_collection;
    /// List the embedding models of the installation
    [GET KnowledgeRead] "/api/v1/embedding-models" => embedding_models::list_embedding_models;
    /// List documents
    [GET KnowledgeRead] "/api/v1/documents" ? documents::DocumentsParameters => documents::list_documents;
    /// Get a document
    [GET KnowledgeRead] "/api/v1/documents/{document_id}" => documents::get_document;
    /// Change a document
    [PATCH KnowledgeWrite] "/api/v1/documents/{document_id}" => documents::update_document;
    /// Delete a document
    [DELETE KnowledgeWrite] "/api/v1/documents/{document_id}" => documents::delete_document;
    /// Process a failed document again
    [POST KnowledgeWrite] "/api/v1/documents/{document_id}/retry" => documents::retry_document;
    /// The original bytes
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/content" => original::get_document_content;
    /// The plain text of one page
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/pages/{page}" ? passages::PageParameters => passages::get_document_page;
    /// The passage that a citation names, within its page
    [GET KnowledgeRead] "/api/v1/documents/{document_id}/passages/{chunk_id}" => passages::get_passage;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("workspace", ROUTES)
}

api::component!(super::router);
