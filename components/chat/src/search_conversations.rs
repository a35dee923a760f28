//! `POST /api/v1/conversations/search`: the caller's own conversations by their words.

use api::{CallWith, Json};
use contract::Schema;
use conversations::FoundConversation;
use kernel::Result;
use serde::{Deserialize, Serialize};

use crate::conversation::ConversationBody;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchConversations {
    /// Words, of which the first 16 count; a part in quotation marks is looked for as it is, a word
    /// after a minus excludes.
    #[schema(length(min = 1, max = 500))]
    query: String,
    /// Default 20.
    #[schema(range(min = 1, max = 50))]
    limit: Option<i64>,
}

/// A conversation with the words, and where they are.
#[derive(Schema, Serialize)]
pub(crate) struct FoundConversationBody {
    conversation: ConversationBody,
    /// The message that matches best; null where only the title does.
    #[schema(as = Uuid)]
    message_id: Option<String>,
    /// A part of that message; empty without one.
    snippet: String,
}

#[derive(Schema, Serialize)]
pub(crate) struct FoundConversations {
    /// Best first.
    results: Vec<FoundConversationBody>,
}

pub(crate) async fn search_conversations(
    mut call: CallWith<SearchConversations>,
) -> Result<Json<FoundConversations>> {
    let body: SearchConversations = call.json().await?;
    let found =
        conversations::search_conversations(call.cx()?, &body.query, body.limit.unwrap_or(20))
            .await?;
    let one = |it: &FoundConversation| FoundConversationBody {
        conversation: ConversationBody::from(&it.conversation),
        message_id: it.message.map(|id| id.to_string()),
        snippet: it.snippet.clone(),
    };
    api::ok(&FoundConversations { results: found.iter().map(one).collect() })
}
