//! `POST /api/v1/conversations/search`: the caller's own conversations by words and by meaning.

use api::{CallWith, Json};
use contract::Schema;
use conversations::{FoundConversation, MeaningSkipReason, Models};
use kernel::Result;
use serde::{Deserialize, Serialize};

use crate::conversation::ConversationBody;

contract::words! {
    /// Why only words were compared: the query looks for exact words, since it has quotation marks,
    /// a word after a minus, or nothing but signs; the embedding model did not answer.
    pub(crate) MeaningSkipped = MeaningSkipReason::ALL.iter().map(|reason| reason.as_str());
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchConversations {
    /// Words, of which the first 16 count, or a question; a part in quotation marks is looked for
    /// as it is, a word after a minus excludes.
    #[schema(length(min = 1, max = 500))]
    query: String,
    /// Default 20.
    #[schema(range(min = 1, max = 50))]
    limit: Option<i64>,
}

/// A conversation with the words or the meaning, and where they are.
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
    /// Why only words were compared; null: the meaning was, too.
    #[schema(as = MeaningSkipped)]
    meaning_skipped: Option<&'static str>,
}

pub(crate) async fn search_conversations(
    mut call: CallWith<SearchConversations>,
) -> Result<Json<FoundConversations>> {
    let body: SearchConversations = call.json().await?;
    let (models, limit) = (Models::from_config().await?, body.limit.unwrap_or(20));
    let hits =
        conversations::search_conversations(call.cx()?, &models.embedding, &body.query, limit)
            .await?;
    let one = |it: &FoundConversation| FoundConversationBody {
        conversation: ConversationBody::from(&it.conversation),
        message_id: it.message.map(|id| id.to_string()),
        snippet: it.snippet.clone(),
    };
    api::ok(&FoundConversations {
        results: hits.found.iter().map(one).collect(),
        meaning_skipped: hits.meaning_skipped.map(MeaningSkipReason::as_str),
    })
}
