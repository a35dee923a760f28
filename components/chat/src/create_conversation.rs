//! `POST /api/v1/conversations`: begins a conversation with an assistant.

use api::{CallWith, CreatedJson, Idempotent};
use contract::Schema;
use kernel::Result;
use serde::Deserialize;

use crate::conversation::ConversationBody;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateConversation {
    #[schema(as = Uuid)]
    assistant_id: String,
    /// A model of `GET /api/v1/models` in place of the assistant's, if it lets people choose.
    #[schema(length(min = 1, max = 200))]
    model: Option<String>,
}

pub(crate) async fn create_conversation(
    mut call: CallWith<CreateConversation>,
) -> Result<Idempotent<CreatedJson<ConversationBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateConversation| {
        conversations::may_ask(call.cx()?, body.assistant_id.parse()?).await
    };
    api::create(&call, &bytes, may, async |body: CreateConversation| {
        let conversation = conversations::create_conversation(
            call.cx()?,
            body.assistant_id.parse()?,
            body.model.as_deref(),
        )
        .await?;
        Ok((
            format!("/api/v1/conversations/{}", conversation.id),
            ConversationBody::from(&conversation),
        ))
    })
    .await
}
