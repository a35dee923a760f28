#![doc = include_str!("../README.md")]

mod assistants;
mod chat_models;
mod collections;
mod documents;
mod embedding_models;
mod groups;
mod members;
mod original;
mod passages;
mod prompts;
mod spaces;
mod website_check;
mod website_pages;
mod website_runs;
mod websites;

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
    /// End a membership; everyone may end their own
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
    /// What is missing in the personal space is made and called `name`; what is there keeps its
    /// name. Repeating it changes nothing. Needs the scope `knowledge:write` too.
    [POST AssistantsWrite] "/api/v1/assistants/personal" => assistants::open_personal_assistant;
    /// Get an assistant
    [GET AssistantsRead] "/api/v1/assistants/{assistant_id}" => assistants::get_assistant;
    /// Change an assistant
    [PATCH AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::update_assistant;
    /// Delete an assistant
    [DELETE AssistantsWrite] "/api/v1/assistants/{assistant_id}" => assistants::delete_assistant;
    /// List prompts of the library
    ///
    /// The caller's own, and those of the caller's spaces.
    [GET AssistantsRead] "/api/v1/prompts" ? prompts::PromptsParameters => prompts::list_prompts;
    /// Create a prompt
    ///
    /// Answered with 409 if the space or the user has a prompt with this command, or 500 prompts.
    [POST AssistantsWrite] "/api/v1/prompts" => prompts::create_prompt;
    /// Get a prompt
    [GET AssistantsRead] "/api/v1/prompts/{prompt_id}" => prompts::get_prompt;
    /// Change a prompt
    ///
    /// Answered with 409 if the space or the user has another prompt with the command.
    [PATCH AssistantsWrite] "/api/v1/prompts/{prompt_id}" => prompts::update_prompt;
    /// Delete a prompt
    [DELETE AssistantsWrite] "/api/v1/prompts/{prompt_id}" => prompts::delete_prompt;
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
    /// A job reads, cuts and embeds its documents again. Searches use the vectors of the model
    /// before until all are done; a cancelled or failed job changes nothing. Answered with 409 if
    /// the collection has the model, or is on its way to one.
    [POST KnowledgeWrite] "/api/v1/collections/{collection_id}/reembed" => collections::reembed_collection;
    /// List the embedding models of the installation
    [GET KnowledgeRead] "/api/v1/embedding-models" => embedding_models::list_embedding_models;
    /// List the chat models that the caller may use
    [GET ModelsUse] "/api/v1/models" ? chat_models::UsableModelsParameters => chat_models::list_usable_models;
    /// List documents
    [GET KnowledgeRead] "/api/v1/documents" ? documents::DocumentsParameters => documents::list_documents;
    /// Get a document
    [GET KnowledgeRead] "/api/v1/documents/{document_id}" => documents::get_document;
    /// Change a document, or move it to another collection
    ///
    /// Moving needs the right to edit knowledge in both spaces. The document is in the other
    /// collection at once; searches find it again when its job is done, within seconds if both
    /// collections have the same embedding model. Else it is processed again, as is a document that
    /// had failed. Answered with 409 while the document is processed, while one of the collections
    /// is being embedded with another model, and if a website fills one of them or it holds the
    /// files of a conversation.
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
    /// List websites
    [GET KnowledgeRead] "/api/v1/websites" ? websites::WebsitesParameters => websites::list_websites;
    /// Create a website, and the collection that it fills
    [POST KnowledgeWrite] "/api/v1/websites" => websites::create_website;
    /// Get a website
    [GET KnowledgeRead] "/api/v1/websites/{website_id}" => websites::get_website;
    /// Change a website
    ///
    /// `settings`, `schedule` and `credentials` are replaced as a whole. With other start URLs,
    /// credentials are to be entered again.
    [PATCH KnowledgeWrite] "/api/v1/websites/{website_id}" => websites::update_website;
    /// Delete a website with its collection
    [DELETE KnowledgeWrite] "/api/v1/websites/{website_id}" => websites::delete_website;
    /// Look at one page of a website beforehand
    ///
    /// The job takes seconds; `GET` of the same path then has the result.
    [POST KnowledgeWrite] "/api/v1/websites/{website_id}/check" => website_check::start_website_check;
    /// Get the last check of a website
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/check" => website_check::get_website_check;
    /// Crawl a website now
    [POST KnowledgeWrite] "/api/v1/websites/{website_id}/runs" => website_runs::start_crawl_run;
    /// List the runs of a website
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/runs" => website_runs::list_crawl_runs;
    /// Get a run
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/runs/{run_id}" => website_runs::get_crawl_run;
    /// Stop a run; what it stored stays, nothing is removed
    [POST KnowledgeWrite] "/api/v1/websites/{website_id}/runs/{run_id}/stop" => website_runs::stop_crawl_run;
    /// Put a run aside
    [POST KnowledgeWrite] "/api/v1/websites/{website_id}/runs/{run_id}/pause" => website_runs::pause_crawl_run;
    /// Let a paused run continue
    [POST KnowledgeWrite] "/api/v1/websites/{website_id}/runs/{run_id}/resume" => website_runs::resume_crawl_run;
    /// List what came of the URLs of a run
    ///
    /// Of runs before the newest, URLs that were `unchanged`, `redirect` or `skipped` are not kept.
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/runs/{run_id}/pages" ? website_runs::RunPagesParameters => website_runs::list_crawl_run_pages;
    /// List the pages of a website
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/pages" ? website_pages::PagesParameters => website_pages::list_website_pages;
    /// Get a page of a website, with its links
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/pages/{page_id}" => website_pages::get_website_page;
    /// Compare the text of a page with the one before its last change
    [GET KnowledgeRead] "/api/v1/websites/{website_id}/pages/{page_id}/diff" => website_pages::get_website_page_diff;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("workspace", ROUTES)
}

api::component!(super::router);
