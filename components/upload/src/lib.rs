#![doc = include_str!("../README.md")]

mod content;
mod conversation_imports;
mod form;
mod import_transfer;
mod limits;
mod list_collection_documents;
mod recording;
mod transfer;
mod upload_document;

const ROUTES: &[api::Route] = api::routes! {
    /// List a collection's documents
    [GET KnowledgeRead] "/api/v1/collections/{collection_id}/documents" => list_collection_documents::list_collection_documents;
    /// Upload a document: multipart/form-data (field file) or the raw body with ?filename=
    [POST KnowledgeWrite] "/api/v1/collections/{collection_id}/documents" ? upload_document::UploadParameters => upload_document::upload_document;
    /// How large a file may be
    [GET KnowledgeRead] "/api/v1/upload-limits" => limits::get_upload_limits;
    /// List own imports of conversations, newest first
    [GET Chat] "/api/v1/conversation-imports" => conversation_imports::list_conversation_imports;
    /// Import conversations of ChatGPT, Open WebUI, LibreChat or Tessera: multipart/form-data
    /// (field file) or the raw body with ?filename=, at most 256 MiB
    [POST Chat] "/api/v1/conversation-imports" ? conversation_imports::ImportParameters => conversation_imports::create_conversation_import;
    /// State, progress and report of an import
    [GET Chat] "/api/v1/conversation-imports/{import_id}" => conversation_imports::get_conversation_import;
    /// Cancel an import that has not ended; what it has stored stays
    [POST Chat] "/api/v1/conversation-imports/{import_id}/cancel" => conversation_imports::cancel_conversation_import;
    /// Delete an import that has ended, with its report; its conversations stay
    [DELETE Chat] "/api/v1/conversation-imports/{import_id}" => conversation_imports::delete_conversation_import;
    /// List the files that were attached in a conversation
    [GET Chat] "/api/v1/conversations/{conversation_id}/attachments" => list_collection_documents::list_attachments;
    /// Attach a file to the questions of a conversation: multipart/form-data (field file) or the raw
    /// body with ?filename=
    ///
    /// A question names it once it is ready. It is deleted with the conversation, or as any document.
    /// Of a recording (wav, mp3, m4a, mp4, ogg, opus, webm, flac; at most 25 MiB) the text of what is
    /// said is stored, by a transcription model of the organisation; without one it is refused
    /// (`no_transcription`).
    [POST Chat] "/api/v1/conversations/{conversation_id}/attachments" ? upload_document::UploadParameters => upload_document::upload_attachment;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("upload", ROUTES)
}

api::component!(super::router);
