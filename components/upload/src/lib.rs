#![doc = include_str!("../README.md")]

mod content;
mod form;
mod list_collection_documents;
mod transfer;
mod upload_document;

const ROUTES: &[api::Route] = api::routes! {
    /// List a collection's documents
    [GET KnowledgeRead] "/api/v1/collections/{collection_id}/documents" => list_collection_documents::list_collection_documents;
    /// Upload a document: multipart/form-data (field file) or the raw body with ?filename=
    [POST KnowledgeWrite] "/api/v1/collections/{collection_id}/documents" ? upload_document::UploadParameters => upload_document::upload_document;
    /// List the files that were attached in a conversation
    [GET Chat] "/api/v1/conversations/{conversation_id}/attachments" => list_collection_documents::list_attachments;
    /// Attach a file to the questions of a conversation: multipart/form-data (field file) or the raw
    /// body with ?filename=
    ///
    /// A question names it once it is ready. It is deleted with the conversation, or as any document.
    [POST Chat] "/api/v1/conversations/{conversation_id}/attachments" ? upload_document::UploadParameters => upload_document::upload_attachment;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("upload", ROUTES)
}

api::component!(super::router);
