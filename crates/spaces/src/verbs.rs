//! Operations on spaces.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, SpaceId},
    text,
};
use platform::Cx;

use access::SpaceAccess;

use crate::{Action, Kind, Role, Space, store};

/// The caller's access to a space, if it allows the action: by the highest of their own role and
/// those of their groups.
///
/// # Errors
/// `not_found` if the caller has no role, `not_allowed` if the role does not allow it.
pub async fn require(cx: &Cx, space: SpaceId, action: Action) -> Result<SpaceAccess> {
    let found =
        store::role_of(cx, space, cx.user()?).await?.ok_or_else(|| id::not_found("space"))?;
    let access = cx.space_access(found)?;
    if access.may(action) { Ok(access) } else { Err(refused(found, action)) }
}

fn refused(role: Role, action: Action) -> Problem {
    let detail = format!(
        "`{}` needs more rights than your role `{}` in this space, or in the organisation, has; ask an owner or an administrator",
        action.as_str(),
        role.as_str()
    );
    Problem::new(Code::NotAllowed, detail)
}

/// Creates a shared space, owned by the caller.
///
/// # Errors
/// `not_allowed`, `invalid_body`.
pub async fn create_space(cx: &Cx, name: &str, description: &str) -> Result<Space> {
    cx.require(Action::CreateSpace)?;
    create(cx, Kind::Shared, name, description).await
}

/// Creates the organisation's hub: every active user reads and asks in it, administrators own it,
/// and assistants of every space may use its knowledge.
///
/// # Errors
/// `invalid_body`; `not_allowed` if the caller may not; `conflict` if there is one already.
pub async fn create_hub(cx: &Cx, name: &str, description: &str) -> Result<Space> {
    cx.require(Action::CreateHub)?;
    create(cx, Kind::Organisation, name, description).await
}

async fn create(cx: &Cx, kind: Kind, name: &str, description: &str) -> Result<Space> {
    let name = text::line("/name", name, 1, 100)?;
    let description = text::block("/description", description, 0, 2000)?;
    let id: SpaceId = cx.new_id()?;
    store::insert(cx, id, kind, &name, &description).await?;
    get_space(cx, id).await
}

/// The spaces in which the caller has a role, newest first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_spaces(cx: &Cx, request: PageRequest) -> Result<Page<Space>> {
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |s| Cursor { at: s.created_at, id: s.id.0 }))
}

/// One space.
///
/// # Errors
/// `not_found` if the caller is not a member.
pub async fn get_space(cx: &Cx, space: SpaceId) -> Result<Space> {
    store::get(cx, space).await?.ok_or_else(|| id::not_found("space"))
}

/// Renames or describes a space.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`.
pub async fn update_space(
    cx: &Cx,
    space: SpaceId,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<Space> {
    require(cx, space, Action::UpdateSpace).await?;
    let name = name.map(|n| text::line("/name", n, 1, 100)).transpose()?;
    let description = description.map(|d| text::block("/description", d, 0, 2000)).transpose()?;
    store::update(cx, space, name.as_deref(), description.as_deref()).await?;
    get_space(cx, space).await
}

/// Deletes a space with everything in it.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` for a personal space.
pub async fn delete_space(cx: &Cx, space: SpaceId) -> Result<()> {
    require(cx, space, Action::DeleteSpace).await?;
    if get_space(cx, space).await?.kind == Kind::Personal {
        return Err(Problem::conflict(
            ReasonCode::PersonalSpace,
            "a personal space cannot be deleted; delete what is in it instead",
        ));
    }
    store::delete(cx, space).await
}

/// The ids of all spaces in which the caller has a role.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn of_user(cx: &Cx) -> Result<Vec<SpaceId>> {
    store::of_user(cx, cx.user()?).await
}
