//! Links by which colleagues read a conversation: read-only, up to one message, until they expire
//! or are revoked.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, AssistantId, ConversationId, ConversationShareId, MessageId},
};
use platform::Cx;
use spaces::Action;

use crate::{Message, conversation, store::shares as store};

/// The most days that a link is valid.
const DAYS: i64 = 365;
/// The most valid links of a conversation.
const LINKS: i64 = 20;

/// A link, as the owner of the conversation sees it. Its id is its secret: any user of the
/// organisation who has it may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ConversationShareId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The last message that it shows.
    pub message_id: MessageId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}

/// A conversation, as the readers of a link see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedConversation {
    /// Its title now.
    pub title: Option<String>,
    /// Name of the owner.
    pub owner: String,
    /// The assistant; readers need not have access to it.
    pub assistant_id: AssistantId,
    /// When the link ends.
    pub expires_at: Timestamp,
    /// When the link was made.
    pub created_at: Timestamp,
    pub(crate) conversation: ConversationId,
    pub(crate) head: MessageId,
}

/// Makes a link to the path that is shown now, up to its last message.
///
/// # Errors
/// `not_allowed`, `not_found`; `invalid_body` for other than 1 to 365 days; `conflict` if there is
/// nothing to show, an answer is being written, or the conversation has 20 valid links.
pub async fn create_share(cx: &Cx, conversation: ConversationId, days: i64) -> Result<Share> {
    cx.require(Action::ManageConversations)?;
    if !(1..=DAYS).contains(&days) {
        return Err(Problem::refused_field(
            "/expires_in_days",
            ReasonCode::OutOfRange.between(1, DAYS),
            format!("expected 1 to {DAYS}, got {days}"),
        ));
    }
    let conversation = conversation::get_conversation(cx, conversation).await?;
    let head = conversation.head.ok_or_else(|| {
        Problem::conflict(
            ReasonCode::ConversationEmpty,
            "the conversation has no message yet; ask something first",
        )
    })?;
    let state = store::state(cx, conversation.id).await?;
    if state.is_running {
        return Err(Problem::conflict(
            ReasonCode::AnswerUnfinished,
            "an answer is still being written; share the conversation when it is complete",
        ));
    }
    if state.links >= LINKS {
        return Err(Problem::conflict(
            ReasonCode::LimitReached.at_most(LINKS),
            "the conversation has 20 valid links; revoke one of them first",
        ));
    }
    store::insert(cx, cx.new_id()?, conversation.id, head.id, days).await
}

/// The valid links of one's own conversation, newest first.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn list_shares(
    cx: &Cx,
    conversation: ConversationId,
    request: PageRequest,
) -> Result<Page<Share>> {
    cx.require(Action::ManageConversations)?;
    conversation::get_conversation(cx, conversation).await?;
    let (items, total) = store::list(cx, conversation, request).await?;
    Ok(Page::cut(items, total, request, |share| Cursor { at: share.created_at, id: share.id.0 }))
}

/// Revokes a link of one's own conversation at once.
///
/// # Errors
/// `not_allowed`; `not_found` also if it has ended.
pub async fn revoke_share(cx: &Cx, share: ConversationShareId) -> Result<()> {
    cx.require(Action::ManageConversations)?;
    if store::revoke(cx, share).await? { Ok(()) } else { Err(missing()) }
}

/// The conversation behind a link, for any user of the organisation.
///
/// # Errors
/// `not_allowed`; `not_found` if the link was never made here, has ended or was revoked, if the
/// conversation was deleted, or its owner was deleted or deactivated.
pub async fn get_shared_conversation(
    cx: &Cx,
    share: ConversationShareId,
) -> Result<SharedConversation> {
    cx.require(Action::ManageConversations)?;
    store::open(cx, share).await?.ok_or_else(missing)
}

/// The messages behind a link, oldest first. Sources are shown with the rights of the reader; other
/// versions and feedback are not.
///
/// # Errors
/// As [`get_shared_conversation`].
pub async fn list_shared_messages(
    cx: &Cx,
    share: ConversationShareId,
    request: PageRequest,
) -> Result<Page<Message>> {
    let shared = get_shared_conversation(cx, share).await?;
    let mut page =
        crate::store::messages::list_to(cx, shared.conversation, shared.head, request).await?;
    for message in &mut page.items {
        message.versions = vec![message.id];
        message.feedback = None;
    }
    Ok(page)
}

fn missing() -> Problem {
    id::not_found("shared conversation")
}
