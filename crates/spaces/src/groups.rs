//! Operations on the user groups of a space.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, SpaceId, UserGroupId},
};
use platform::Cx;

use crate::{Action, Group, Role, SpaceGroup, members::manage, require, store::groups as store};

/// The groups that have a role in a space, newest first.
///
/// # Errors
/// `not_found` if the caller has no role in the space.
pub async fn list_groups(
    cx: &Cx,
    space: SpaceId,
    request: PageRequest,
) -> Result<Page<SpaceGroup>> {
    require(cx, space, Action::ReadSpace).await?;
    let (items, total) = store::list(cx, space, request).await?;
    Ok(Page::cut(items, total, request, |g| Cursor { at: g.created_at, id: g.group_id.0 }))
}

/// Gives every member of a group a role in a space.
///
/// # Errors
/// `not_found` for the space or the group, `not_allowed`; `conflict` for a personal space, or if
/// the group has a role already.
pub async fn add_group(
    cx: &Cx,
    space: SpaceId,
    group: UserGroupId,
    role: Role,
) -> Result<SpaceGroup> {
    manage(cx, space).await?;
    if !store::exists(cx, group).await? {
        return Err(id::not_found("user group"));
    }
    if !store::insert(cx, space, group, role).await? {
        return Err(Problem::conflict(
            ReasonCode::GroupAlready,
            "this group has a role here already; change the role instead",
        ));
    }
    get(cx, space, group).await
}

/// Changes the role of a group.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` for a personal space.
pub async fn update_group(
    cx: &Cx,
    space: SpaceId,
    group: UserGroupId,
    role: Role,
) -> Result<SpaceGroup> {
    manage(cx, space).await?;
    store::update(cx, space, group, role).await?;
    get(cx, space, group).await
}

/// Removes a group's role; its members keep their own roles and those of other groups.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` for a personal space.
pub async fn remove_group(cx: &Cx, space: SpaceId, group: UserGroupId) -> Result<()> {
    manage(cx, space).await?;
    if store::delete(cx, space, group).await? { Ok(()) } else { Err(id::not_found("user group")) }
}

/// The groups of the tenant whose name contains `query`: those that can be given a role.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_user_groups(cx: &Cx, query: &str, request: PageRequest) -> Result<Page<Group>> {
    let (items, total) = store::groups(cx, query, request).await?;
    Ok(Page::cut(items, total, request, |g| Cursor { at: g.created_at, id: g.id.0 }))
}

async fn get(cx: &Cx, space: SpaceId, group: UserGroupId) -> Result<SpaceGroup> {
    store::get(cx, space, group).await?.ok_or_else(|| id::not_found("user group"))
}
