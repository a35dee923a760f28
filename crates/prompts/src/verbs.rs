//! Operations on prompts.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, PromptId, SpaceId},
};
use platform::Cx;
use spaces::Action;

use crate::{CreatePrompt, Prompt, PromptFilter, UpdatePrompt, rules, store};

/// Refuses to change prompts of the space, or, without one, the caller's own.
///
/// # Errors
/// `not_found` if the caller has no role in the space, `not_allowed`.
pub async fn require_edit(cx: &Cx, space: Option<SpaceId>) -> Result<()> {
    cx.require(Action::EditOwnPrompts)?;
    if let Some(space) = space {
        spaces::require(cx, space, Action::EditPrompts).await?;
    }
    Ok(())
}

/// Creates a prompt of the caller or of a space.
///
/// # Errors
/// `not_found` if the caller has no role in the space, `not_allowed`, `invalid_body`; `conflict` if
/// the owner has a prompt with this command, or 500 prompts.
pub async fn create_prompt(cx: &Cx, new: &CreatePrompt) -> Result<Prompt> {
    require_edit(cx, new.space_id).await?;
    let new = rules::check_new(new)?;
    let id: PromptId = cx.new_id()?;
    if !store::insert(cx, id, &new, rules::MAX_PROMPTS).await? {
        let detail = format!(
            "there are {} prompts here already; delete one of them first",
            rules::MAX_PROMPTS
        );
        return Err(Problem::conflict(
            ReasonCode::LimitReached.at_most(rules::MAX_PROMPTS),
            detail,
        ));
    }
    get_prompt(cx, id).await
}

/// The caller's own prompts and those of the caller's spaces, or some of them; newest first.
///
/// # Errors
/// `not_found` if the caller has no role in the space of the filter, `not_allowed`,
/// `invalid_query`.
pub async fn list_prompts(
    cx: &Cx,
    filter: &PromptFilter,
    request: PageRequest,
) -> Result<Page<Prompt>> {
    cx.require(Action::ReadOwnPrompts)?;
    if let Some(space) = filter.space {
        spaces::require(cx, space, Action::ReadPrompts).await?;
    }
    let (items, total) = store::list(cx, &rules::check_filter(filter)?, request).await?;
    Ok(Page::cut(items, total, request, |p| Cursor { at: p.created_at, id: p.id.0 }))
}

/// One prompt.
///
/// # Errors
/// `not_allowed`; `not_found` if it is another user's, or the caller has no role in its space.
pub async fn get_prompt(cx: &Cx, prompt: PromptId) -> Result<Prompt> {
    cx.require(Action::ReadOwnPrompts)?;
    store::get(cx, prompt).await?.ok_or_else(|| id::not_found("prompt"))
}

/// Changes a prompt; it stays with its owner.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`; `conflict` if the owner has another prompt with the
/// command.
pub async fn update_prompt(cx: &Cx, prompt: PromptId, change: &UpdatePrompt) -> Result<Prompt> {
    let found = get_prompt(cx, prompt).await?;
    require_edit(cx, found.owner.space()).await?;
    store::update(cx, prompt, &rules::check_change(change)?).await?;
    get_prompt(cx, prompt).await
}

/// Deletes a prompt for good.
///
/// # Errors
/// `not_found`, `not_allowed`.
pub async fn delete_prompt(cx: &Cx, prompt: PromptId) -> Result<()> {
    let found = get_prompt(cx, prompt).await?;
    require_edit(cx, found.owner.space()).await?;
    store::delete(cx, prompt).await
}
