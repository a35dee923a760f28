//! `DELETE /api/v1/conversations/{conversation_id}`: with its messages.

use api::{Call, NoContent};
use kernel::Result;

pub(crate) async fn delete_conversation(call: Call) -> Result<NoContent> {
    conversations::delete_conversation(call.cx()?, call.param("conversation_id")?).await?;
    api::no_content()
}
