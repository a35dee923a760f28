//! Operations on assistants.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, AssistantId, SpaceId},
};
use platform::Cx;
use spaces::Action;

use crate::{Assistant, CreateAssistant, UpdateAssistant, rules, store};

/// Creates an assistant in a space.
///
/// # Errors
/// `not_found` if the caller has no role in the space, `not_allowed`, `invalid_body`.
pub async fn create_assistant(cx: &Cx, new: CreateAssistant) -> Result<Assistant> {
    spaces::require(cx, new.space_id, Action::EditAssistants).await?;
    let new = rules::check_new(&new)?;
    let id: AssistantId = cx.new_id()?;
    if !store::insert(cx, id, &new).await? {
        return Err(foreign_collection());
    }
    get_assistant(cx, id).await
}

/// The assistants of the caller's spaces, or of one of them; newest first.
///
/// # Errors
/// `not_found` if the caller has no role in the space.
pub async fn list_assistants(
    cx: &Cx,
    space: Option<SpaceId>,
    request: PageRequest,
) -> Result<Page<Assistant>> {
    if let Some(space) = space {
        spaces::require(cx, space, Action::ReadAssistants).await?;
    }
    let (items, total) = store::list(cx, space, rules::editors(cx.principal()?), request).await?;
    Ok(Page::cut(items, total, request, |a| Cursor { at: a.created_at, id: a.id.0 }))
}

/// One assistant.
///
/// # Errors
/// `not_found` if the caller may not see it: not a member of its space, or a viewer and it is not
/// published.
pub async fn get_assistant(cx: &Cx, assistant: AssistantId) -> Result<Assistant> {
    visible(store::get(cx, assistant).await?)
}

/// One assistant by its name for other programs, or by its id.
///
/// # Errors
/// As [`get_assistant`].
pub async fn find_assistant(cx: &Cx, slug_or_id: &str) -> Result<Assistant> {
    match slug_or_id.parse() {
        Ok(id) => get_assistant(cx, id).await,
        // Postgres takes no NUL, and no slug has one.
        Err(_) if slug_or_id.contains('\0') => visible(None),
        Err(_) => visible(store::get_by_slug(cx, slug_or_id).await?),
    }
}

fn visible(found: Option<Assistant>) -> Result<Assistant> {
    found
        .filter(|a| a.published || a.access.may(Action::ReadDrafts))
        .ok_or_else(|| id::not_found("assistant"))
}

/// Changes an assistant.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`.
pub async fn update_assistant(
    cx: &Cx,
    assistant: AssistantId,
    change: &UpdateAssistant,
) -> Result<Assistant> {
    require_editor(cx, assistant).await?;
    let change = rules::check_change(change)?;
    if !store::update(cx, assistant, &change).await? {
        return Err(foreign_collection());
    }
    get_assistant(cx, assistant).await
}

/// Deletes an assistant; its conversations stay readable.
///
/// # Errors
/// `not_found`, `not_allowed`.
pub async fn delete_assistant(cx: &Cx, assistant: AssistantId) -> Result<()> {
    require_editor(cx, assistant).await?;
    store::delete(cx, assistant).await
}

async fn require_editor(cx: &Cx, assistant: AssistantId) -> Result<()> {
    let found = get_assistant(cx, assistant).await?;
    spaces::require(cx, found.space_id, Action::EditAssistants).await?;
    Ok(())
}

fn foreign_collection() -> Problem {
    Problem::refused_field(
        "/collection_ids",
        ReasonCode::ForeignCollection,
        "expected collections of the assistant's own space or of the organisation's hub; one of these is of neither",
    )
}
