//! `GET /api/v1/conversations`: the caller's own, pinned ones first, then the newest.

use api::{Call, List};
use conversations::Shelf;
use kernel::{Code, Problem, Result};

use crate::conversation::ConversationBody;

contract::words! {
    ShelfName = ["current", "archived", "deleted"];
}

contract::shape! {
    pub(crate) struct ConversationsParameters {
        #[schema(as = Uuid)]
        assistant_id: Option<String>,
        /// current: neither archived nor deleted; deleted: those that can still be restored
        #[schema(as = ShelfName, extend("default" = "current"))]
        shelf: Option<String>,
    }
}

pub(crate) async fn list_conversations(call: Call) -> Result<List<ConversationBody>> {
    let shelf = call.query("shelf").map(|text| {
        let detail = "shelf: expected current, archived or deleted";
        Shelf::parse(&text).ok_or_else(|| Problem::new(Code::InvalidQuery, detail))
    });
    let (shelf, assistant) =
        (shelf.transpose()?.unwrap_or_default(), call.query_id("assistant_id")?);
    let page =
        conversations::list_conversations(call.cx()?, shelf, assistant, call.page()?).await?;
    api::list(&page)
}
