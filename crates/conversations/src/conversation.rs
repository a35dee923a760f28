//! Conversations: one user, one assistant, questions and answers.

use kernel::{
    Cursor, Page, PageRequest, Result, Timestamp,
    id::{self, AssistantId, ConversationId, SpaceId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::store::conversations as store;

/// A conversation, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Id.
    pub id: ConversationId,
    /// The assistant.
    pub assistant_id: AssistantId,
    /// The assistant's space.
    pub space_id: SpaceId,
    /// 1 to 200 characters; none before the first question.
    pub title: Option<String>,
    /// Creation time.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Creates a conversation with an assistant.
///
/// # Errors
/// `not_found` if the caller may not see the assistant; `not_allowed` if the caller may not ask it.
pub async fn create_conversation(cx: &Cx, assistant: AssistantId) -> Result<Conversation> {
    let assistant = crate::ask::askable(cx, assistant).await?;
    let id: ConversationId = cx.new_id()?;
    store::insert(cx, id, assistant.space_id, assistant.id).await?;
    get_conversation(cx, id).await
}

/// The caller's conversations, or those with one assistant; newest first.
///
/// # Errors
/// Database errors.
pub async fn list_conversations(
    cx: &Cx,
    assistant: Option<AssistantId>,
    request: PageRequest,
) -> Result<Page<Conversation>> {
    let (items, total) = store::list(cx, assistant, request).await?;
    Ok(Page::cut(items, total, request, |c| Cursor { at: c.created_at, id: c.id.0 }))
}

/// One conversation.
///
/// # Errors
/// `not_found` if it is not the caller's own.
pub async fn get_conversation(cx: &Cx, conversation: ConversationId) -> Result<Conversation> {
    store::get(cx, conversation).await?.ok_or_else(|| id::not_found("conversation"))
}

/// Renames a conversation.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`.
pub async fn update_conversation(cx: &Cx, conversation: ConversationId, title: &str) -> Result<Conversation> {
    cx.require(Action::ManageConversations)?;
    let title = text::line("/title", title, 1, 200)?;
    store::rename(cx, conversation, &title).await?;
    get_conversation(cx, conversation).await
}

/// Deletes a conversation with its messages. A running answer ends.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_conversation(cx: &Cx, conversation: ConversationId) -> Result<()> {
    cx.require(Action::ManageConversations)?;
    if store::delete(cx, conversation).await? { Ok(()) } else { Err(id::not_found("conversation")) }
}
