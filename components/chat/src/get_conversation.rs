//! `GET /api/v1/conversations/{conversation_id}`.

use api::{Call, Json};
use kernel::Result;

use crate::conversation::ConversationBody;

pub(crate) async fn get_conversation(call: Call) -> Result<Json<ConversationBody>> {
    let conversation =
        conversations::get_conversation(call.cx()?, call.param("conversation_id")?).await?;
    api::ok(&ConversationBody::from(&conversation))
}
