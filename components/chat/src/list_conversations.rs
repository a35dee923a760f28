//! `GET /api/v1/conversations`: the caller's own, pinned ones first, then the newest.

use api::{Call, List};
use conversations::{ConversationFilter, Shelf};
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
        /// Only those in this folder.
        #[schema(as = Uuid)]
        folder_id: Option<String>,
        /// Only those with this tag, in any case.
        #[schema(length(min = 1, max = 40))]
        tag: Option<String>,
    }
}

pub(crate) async fn list_conversations(call: Call) -> Result<List<ConversationBody>> {
    let shelf = call.query("shelf").map(|text| {
        let detail = "shelf: expected current, archived or deleted";
        Shelf::parse(&text).ok_or_else(|| Problem::new(Code::InvalidQuery, detail))
    });
    let filter = ConversationFilter {
        shelf: shelf.transpose()?.unwrap_or_default(),
        assistant: call.query_id("assistant_id")?,
        folder: call.query_id("folder_id")?,
        tag: call.query("tag").map(std::borrow::Cow::into_owned),
    };
    api::list(&conversations::list_conversations(call.cx()?, &filter, call.page()?).await?)
}
