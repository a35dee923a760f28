//! `DELETE /api/v1/conversations/{conversation_id}`, and `POST …/restore` within 30 days.

use api::{Call, Json, NoContent};
use kernel::Result;

use crate::conversation::ConversationBody;

pub(crate) async fn delete_conversation(call: Call) -> Result<NoContent> {
    conversations::delete_conversation(call.cx()?, call.param("conversation_id")?).await?;
    api::no_content()
}

pub(crate) async fn restore_conversation(call: Call) -> Result<Json<ConversationBody>> {
    let conversation =
        conversations::restore_conversation(call.cx()?, call.param("conversation_id")?).await?;
    api::ok(&ConversationBody::from(&conversation))
}
