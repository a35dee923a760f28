//! `PATCH /api/v1/conversations/{conversation_id}`: renames it.

use api::{CallWith, Json};
use contract::Schema;
use kernel::{Result, id::ConversationId};
use serde::Deserialize;

use crate::conversation::ConversationBody;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateConversation {
    #[schema(length(min = 1, max = 200))]
    title: String,
}

pub(crate) async fn update_conversation(mut call: CallWith<UpdateConversation>) -> Result<Json<ConversationBody>> {
    let body: UpdateConversation = call.json().await?;
    let id: ConversationId = call.param("conversation_id")?;
    let conversation = conversations::update_conversation(call.cx()?, id, &body.title).await?;
    api::ok(&ConversationBody::from(&conversation))
}
