//! A conversation on the wire.

use api::wire;
use contract::Schema;
use conversations::{Conversation, ImportSource};
use kernel::Timestamp;
use serde::Serialize;

contract::words! {
    pub(crate) ImportSourceName = ["chatgpt", "open_webui", "librechat", "tessera"];
}

#[derive(Schema, Serialize)]
#[schema(list = "conversations")]
pub(crate) struct ConversationBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    assistant_id: String,
    #[schema(as = Uuid)]
    space_id: String,
    title: Option<String>,
    /// Listed before the others.
    pinned: bool,
    /// Listed only with shelf=archived.
    archived: bool,
    /// The folder that it is in.
    #[schema(as = Uuid)]
    folder_id: Option<String>,
    tags: Vec<String>,
    /// The model that was chosen for it, as in `GET /api/v1/models`; null: the assistant's.
    model: Option<String>,
    /// When it was deleted; it can be restored for 30 days.
    #[schema(as = DateTime)]
    deleted_at: Option<String>,
    /// The product that it was imported from; null: it began here.
    #[schema(as = ImportSourceName)]
    imported_from: Option<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Conversation> for ConversationBody {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            assistant_id: conversation.assistant_id.to_string(),
            space_id: conversation.space_id.to_string(),
            title: conversation.title.clone(),
            pinned: conversation.pinned,
            archived: conversation.archived,
            folder_id: conversation.folder_id.map(|id| id.to_string()),
            tags: conversation.tags.clone(),
            model: conversation.model.clone(),
            deleted_at: conversation.deleted_at.map(|at| at.to_string()),
            imported_from: conversation.imported_from.map(ImportSource::as_str),
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }
}
