//! `PATCH /api/v1/conversations/{conversation_id}`: renames, pins or archives it, puts it into a
//! folder, gives it tags, chooses its model.

use api::{CallWith, Json, wire};
use contract::Schema;
use kernel::{Result, id::ConversationId};
use serde::Deserialize;

use crate::conversation::ConversationBody;

/// At least one member; what is missing stays.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateConversation {
    #[schema(length(min = 1, max = 200))]
    title: Option<String>,
    pinned: Option<bool>,
    archived: Option<bool>,
    /// A folder of the caller; null: none.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(as = Uuid)]
    folder_id: Option<Option<String>>,
    /// In place of those that it has; two that differ only in case are one.
    #[schema(length(max = 20), inner(length(min = 1, max = 40)))]
    tags: Option<Vec<String>>,
    /// A model of `GET /api/v1/models`, if the assistant lets people choose; null: the
    /// assistant's.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 200))]
    model: Option<Option<String>>,
}

pub(crate) async fn update_conversation(
    mut call: CallWith<UpdateConversation>,
) -> Result<Json<ConversationBody>> {
    let body: UpdateConversation = call.json().await?;
    let id: ConversationId = call.param("conversation_id")?;
    let change = conversations::UpdateConversation {
        title: body.title,
        pinned: body.pinned,
        archived: body.archived,
        folder_id: body.folder_id.map(|id| id.map(|id| id.parse()).transpose()).transpose()?,
        tags: body.tags,
        model: body.model,
    };
    let conversation = conversations::update_conversation(call.cx()?, id, change).await?;
    api::ok(&ConversationBody::from(&conversation))
}
