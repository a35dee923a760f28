//! `DELETE /api/v1/conversations/{conversation_id}`: with its messages.

use api::{Call, Response};
use kernel::Result;

pub(crate) async fn delete_conversation(call: Call) -> Result<Response> {
    conversations::delete_conversation(call.cx()?, call.param("conversation_id")?).await?;
    api::no_content()
}
