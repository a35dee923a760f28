//! Links by which colleagues read a conversation: `/api/v1/conversations/{conversation_id}/shares`,
//! `/api/v1/conversation-shares/{share_id}`, and for readers
//! `/api/v1/shared-conversations/{share_id}`.

use api::{Call, CallWith, CreatedJson, Json, List, NoContent, wire};
use contract::Schema;
use conversations::{ImportSource, Message, Share};
use kernel::{
    Page, Result, Timestamp,
    id::{ConversationId, ConversationShareId},
};
use serde::{Deserialize, Serialize};

use crate::message::{SourceBody, SpanBody, Web, sources, spans};

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateShare {
    /// Default 30.
    #[schema(range(min = 1, max = 365))]
    expires_in_days: Option<i64>,
}

/// A link to a conversation. Any user of the organisation who has its id may read.
#[derive(Schema, Serialize)]
#[schema(list = "shares")]
pub(crate) struct ShareBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    conversation_id: String,
    /// The last message that it shows.
    #[schema(as = Uuid)]
    message_id: String,
    #[serde(serialize_with = "wire::iso")]
    expires_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

impl From<&Share> for ShareBody {
    fn from(share: &Share) -> Self {
        Self {
            id: share.id.to_string(),
            conversation_id: share.conversation_id.to_string(),
            message_id: share.message_id.to_string(),
            expires_at: share.expires_at,
            created_at: share.created_at,
        }
    }
}

/// A conversation of a colleague, as a link shows it.
#[derive(Schema, Serialize)]
pub(crate) struct SharedConversationBody {
    title: Option<String>,
    /// Name of the colleague.
    owner: String,
    /// The reader may have no access to it.
    #[schema(as = Uuid)]
    assistant_id: String,
    #[serde(serialize_with = "wire::iso")]
    expires_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

/// A question or an answer, as a link shows it.
#[derive(Schema, Serialize)]
#[schema(list = "messages")]
pub(crate) struct SharedMessageBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = crate::message::RoleName)]
    role: &'static str,
    content: String,
    #[schema(as = crate::message::StatusName)]
    status: &'static str,
    /// Names of the files that were attached to a question.
    attachments: Vec<String>,
    /// With the rights of the reader.
    sources: Vec<SourceBody>,
    citations: Vec<i64>,
    /// Sentences of a complete answer that cite none of its sources; the first 1 000.
    uncited: Vec<SpanBody>,
    model: Option<String>,
    /// The product that it was imported from; null: it was written here.
    #[schema(as = crate::conversation::ImportSourceName)]
    imported_from: Option<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

pub(crate) struct SharedMessage {
    message: Message,
    web: Web,
}

impl From<&SharedMessage> for SharedMessageBody {
    fn from(SharedMessage { message, web }: &SharedMessage) -> Self {
        Self {
            id: message.id.to_string(),
            role: message.role.as_str(),
            content: message.content.clone(),
            status: message.status.as_str(),
            attachments: message.attachments.iter().map(|file| file.name.clone()).collect(),
            sources: sources(&message.sources, web),
            citations: message.citations.clone(),
            uncited: spans(&message.uncited()),
            model: message.model.clone(),
            imported_from: message.imported_from.map(ImportSource::as_str),
            created_at: message.created_at,
        }
    }
}

pub(crate) async fn create_share(
    mut call: CallWith<CreateShare>,
) -> Result<CreatedJson<ShareBody>> {
    let body: CreateShare = call.json().await?;
    let id: ConversationId = call.param("conversation_id")?;
    let share =
        conversations::create_share(call.cx()?, id, body.expires_in_days.unwrap_or(30)).await?;
    // No idempotency key here: the recorded response would hold the secret.
    api::created(&format!("/api/v1/shared-conversations/{}", share.id), &ShareBody::from(&share))
}

pub(crate) async fn list_shares(call: Call) -> Result<List<ShareBody>> {
    let page = conversations::list_shares(call.cx()?, call.param("conversation_id")?, call.page()?)
        .await?;
    api::list(&page)
}

pub(crate) async fn revoke_share(call: Call) -> Result<NoContent> {
    conversations::revoke_share(call.cx()?, call.param("share_id")?).await?;
    api::no_content()
}

pub(crate) async fn get_shared_conversation(call: Call) -> Result<Json<SharedConversationBody>> {
    let shared =
        conversations::get_shared_conversation(call.cx()?, call.param("share_id")?).await?;
    api::ok(&SharedConversationBody {
        title: shared.title,
        owner: shared.owner,
        assistant_id: shared.assistant_id.to_string(),
        expires_at: shared.expires_at,
        created_at: shared.created_at,
    })
}

pub(crate) async fn list_shared_messages(call: Call) -> Result<List<SharedMessageBody>> {
    let id: ConversationShareId = call.param("share_id")?;
    let page = conversations::list_shared_messages(call.cx()?, id, call.page()?).await?;
    let web = Web::from_config().await?;
    let items =
        page.items.into_iter().map(|message| SharedMessage { message, web: web.clone() }).collect();
    api::list(&Page { items, total: page.total, next: page.next })
}
