//! `GET /api/v1/conversations`: the caller's own, newest first.

use api::{Call, List};
use kernel::Result;

use crate::conversation::ConversationBody;

contract::shape! {
    pub(crate) struct ConversationsParameters {
        #[schema(as = Uuid)]
        assistant_id: Option<String>,
    }
}

pub(crate) async fn list_conversations(call: Call) -> Result<List<ConversationBody>> {
    let page = conversations::list_conversations(call.cx()?, call.query_id("assistant_id")?, call.page()?).await?;
    api::list(&page)
}
