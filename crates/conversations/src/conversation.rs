//! Conversations: one user, one assistant, questions and answers.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, AssistantId, ConversationId, FolderId, SpaceId},
    text,
};
use models::Provider;
use platform::Cx;
use spaces::Action;

use crate::{ImportSource, ask, store::conversations as store, tags, tree::Head};

/// A conversation, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ConversationId,
    /// The assistant.
    pub assistant_id: AssistantId,
    /// The assistant's space.
    pub space_id: SpaceId,
    /// 1 to 200 characters; none before the first question.
    pub title: Option<String>,
    /// Listed before the others.
    pub pinned: bool,
    /// Listed only with the archived ones.
    pub archived: bool,
    /// The folder that it is in.
    pub folder_id: Option<FolderId>,
    /// Up to 20, of 1 to 40 characters.
    pub tags: Vec<String>,
    /// The model or alias that was chosen for it; none: the assistant's.
    pub model: Option<String>,
    /// When it was deleted; it can be restored for [`RESTORE_DAYS`] days.
    pub deleted_at: Option<Timestamp>,
    /// The product that it was brought along from.
    pub imported_from: Option<ImportSource>,
    /// Of an imported conversation, its creation where it came from.
    pub created_at: Timestamp,
    /// Time of the last question, or of the last change of its title.
    pub updated_at: Timestamp,
    /// Whether a model may still give it a title.
    pub(crate) wants_title: bool,
    /// The last message of the path that is shown; none before the first question.
    pub(crate) head: Option<Head>,
}

/// Days in which a deleted conversation can be restored.
pub const RESTORE_DAYS: i64 = 30;

/// Which of the caller's conversations a list has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Shelf {
    /// In use: neither archived nor deleted.
    #[default]
    Current,
    /// Archived.
    Archived,
    /// Deleted, and not yet removed.
    Deleted,
}

impl Shelf {
    /// The spelling on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Archived => "archived",
            Self::Deleted => "deleted",
        }
    }

    /// Parses [`Shelf::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Current, Self::Archived, Self::Deleted]
            .into_iter()
            .find(|shelf| shelf.as_str() == text)
    }
}

/// Changes of a conversation; what is none stays.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UpdateConversation {
    /// 1 to 200 characters.
    pub title: Option<String>,
    /// Whether it is listed before the others.
    pub pinned: Option<bool>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// A folder of the caller; `Some(None)` takes it out of its folder.
    pub folder_id: Option<Option<FolderId>>,
    /// Up to 20 tags of 1 to 40 characters, in place of those that it has.
    pub tags: Option<Vec<String>>,
    /// A model that the caller may choose; `Some(None)`: the assistant's again.
    pub model: Option<Option<String>>,
}

/// Which of the caller's conversations a list has.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ConversationFilter {
    /// The shelf.
    pub shelf: Shelf,
    /// Only those with this assistant.
    pub assistant: Option<AssistantId>,
    /// Only those in this folder.
    pub folder: Option<FolderId>,
    /// Only those with this tag, in any case.
    pub tag: Option<String>,
}

/// Creates a conversation with an assistant. `model`: answers in place of the assistant's.
///
/// # Errors
/// `not_found` if the caller may not see the assistant; `not_allowed` if the caller may not ask it;
/// `invalid_body` for a model that the caller may not choose.
pub async fn create_conversation(
    cx: &Cx,
    assistant: AssistantId,
    model: Option<&str>,
) -> Result<Conversation> {
    let assistant = ask::askable(cx, assistant).await?;
    if let Some(model) = model {
        cx.require(Action::ManageConversations)?;
        ask::check_choice(cx, &Provider::chat().await?.model, model, &assistant).await?;
    }
    let id: ConversationId = cx.new_id()?;
    store::insert(cx, id, assistant.space_id, assistant.id, model).await?;
    get_conversation(cx, id).await
}

/// The caller's conversations on a shelf, or some of them; pinned ones first, then the newest.
///
/// # Errors
/// `invalid_query` for what cannot be a tag.
pub async fn list_conversations(
    cx: &Cx,
    filter: &ConversationFilter,
    request: PageRequest,
) -> Result<Page<Conversation>> {
    let tag = filter.tag.as_deref().map(tags::checked_filter).transpose()?;
    let filter = ConversationFilter { tag, ..filter.clone() };
    let (items, total) = store::list(cx, &filter, request).await?;
    Ok(Page::cut(items, total, request, |c| Cursor { at: c.created_at, id: c.id.0 }))
}

/// One conversation.
///
/// # Errors
/// `not_found` if it is not the caller's own, or was deleted.
pub async fn get_conversation(cx: &Cx, conversation: ConversationId) -> Result<Conversation> {
    store::get(cx, conversation).await?.ok_or_else(missing)
}

/// Renames, pins or archives a conversation, puts it into a folder, gives it tags, or chooses the
/// model that answers in it.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `not_found` also for a folder that is not the caller's.
pub async fn update_conversation(
    cx: &Cx,
    conversation: ConversationId,
    change: UpdateConversation,
) -> Result<Conversation> {
    cx.require(Action::ManageConversations)?;
    if change == UpdateConversation::default() {
        return Err(Problem::refused_field(
            "",
            ReasonCode::NothingToChange,
            "expected at least one of title, pinned, archived, folder_id, tags and model, got none",
        ));
    }
    let title = change.title.map(|title| text::line("/title", &title, 1, 200)).transpose()?;
    let tags = change.tags.map(|given| tags::checked(&given)).transpose()?;
    if let Some(Some(model)) = &change.model {
        let assistant = get_conversation(cx, conversation).await?.assistant_id;
        let assistant = ask::askable(cx, assistant).await?;
        ask::check_choice(cx, &Provider::chat().await?.model, model, &assistant).await?;
    }
    store::update(cx, conversation, &UpdateConversation { title, tags, ..change })
        .await?
        .ok_or_else(missing)
}

/// Deletes a conversation with its messages; a running answer ends. It can be restored for
/// [`RESTORE_DAYS`] days.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_conversation(cx: &Cx, conversation: ConversationId) -> Result<()> {
    cx.require(Action::ManageConversations)?;
    if store::delete(cx, conversation).await? { Ok(()) } else { Err(missing()) }
}

/// Restores a deleted conversation; one that was not deleted stays as it is.
///
/// # Errors
/// `not_allowed`; `not_found` also after [`RESTORE_DAYS`] days.
pub async fn restore_conversation(cx: &Cx, conversation: ConversationId) -> Result<Conversation> {
    cx.require(Action::ManageConversations)?;
    store::restore(cx, conversation).await?.ok_or_else(missing)
}

pub(crate) fn missing() -> Problem {
    id::not_found("conversation")
}
