//! `PATCH /api/v1/conversations/{conversation_id}`: renames it.

use api::{Call, Response};
use kernel::{Result, id::ConversationId};
use serde::Deserialize;

use crate::conversation::ConversationBody;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateConversation {
    title: String,
}

pub(crate) async fn update_conversation(mut call: Call) -> Result<Response> {
    let body: UpdateConversation = call.json().await?;
    let id: ConversationId = call.param("conversation_id")?;
    let conversation = conversations::update_conversation(call.cx()?, id, &body.title).await?;
    api::ok(&ConversationBody::from(&conversation))
}
