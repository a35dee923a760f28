//! `PATCH /api/v1/conversations/{conversation_id}`: renames, pins or archives it.

use api::{CallWith, Json};
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
    };
    let conversation = conversations::update_conversation(call.cx()?, id, change).await?;
    api::ok(&ConversationBody::from(&conversation))
}
