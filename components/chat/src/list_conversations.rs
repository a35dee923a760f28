//! `GET /api/v1/conversations`: the caller's own, newest first.

use api::{Call, Response, wire};
use kernel::Result;

use crate::conversation::ConversationBody;

pub(crate) async fn list_conversations(call: Call) -> Result<Response> {
    let page = conversations::list_conversations(call.cx()?, call.query_id("assistant_id")?, call.page()?).await?;
    api::ok(&wire::list::<_, ConversationBody>("conversations", &page))
}
