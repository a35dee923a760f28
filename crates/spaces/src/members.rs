//! Operations on the members of a space.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, SpaceId, UserId},
};
use platform::Cx;

use crate::{Action, Colleague, Kind, Member, Role, get_space, require, store::members as store};

/// The members of a space, newest first.
///
/// # Errors
/// `not_found` if the caller is not a member.
pub async fn list_members(cx: &Cx, space: SpaceId, request: PageRequest) -> Result<Page<Member>> {
    require(cx, space, Action::ReadSpace).await?;
    let (items, total) = store::list(cx, space, request).await?;
    Ok(Page::cut(items, total, request, |m| Cursor { at: m.created_at, id: m.user_id.0 }))
}

/// Makes a user of the tenant a member.
///
/// # Errors
/// `not_found` for the space or the user, `not_allowed`; `conflict` for a personal space, or if the
/// user is a member already.
pub async fn add_member(cx: &Cx, space: SpaceId, user: UserId, role: Role) -> Result<Member> {
    manage(cx, space).await?;
    if !store::is_person(cx, user).await? {
        return Err(id::not_found("user"));
    }
    if !store::insert(cx, space, user, role).await? {
        return Err(Problem::conflict(
            ReasonCode::MemberAlready,
            "this person is a member already; change the role instead",
        ));
    }
    get(cx, space, user).await
}

/// Changes the role of a member.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if the space would have no owner.
pub async fn update_member(cx: &Cx, space: SpaceId, user: UserId, role: Role) -> Result<Member> {
    manage(cx, space).await?;
    get(cx, space, user).await?;
    if store::update(cx, space, user, role).await? {
        get(cx, space, user).await
    } else {
        Err(last_owner())
    }
}

/// Ends a membership; every member may end their own.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if the space would have no owner.
pub async fn remove_member(cx: &Cx, space: SpaceId, user: UserId) -> Result<()> {
    if user == cx.user()? {
        require(cx, space, Action::ReadSpace).await?;
        refuse_personal(cx, space).await?;
    } else {
        manage(cx, space).await?;
    }
    get(cx, space, user).await?;
    if store::delete(cx, space, user).await? { Ok(()) } else { Err(last_owner()) }
}

/// The users of the tenant whose name or address contains `query`: those who can become members.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_colleagues(
    cx: &Cx,
    query: &str,
    request: PageRequest,
) -> Result<Page<Colleague>> {
    let (items, total) = store::people(cx, query, request).await?;
    Ok(Page::cut(items, total, request, |p| Cursor { at: p.created_at, id: p.id.0 }))
}

pub(crate) async fn manage(cx: &Cx, space: SpaceId) -> Result<()> {
    require(cx, space, Action::ManageMembers).await?;
    refuse_personal(cx, space).await
}

async fn refuse_personal(cx: &Cx, space: SpaceId) -> Result<()> {
    if get_space(cx, space).await?.kind == Kind::Personal {
        return Err(Problem::conflict(
            ReasonCode::PersonalSpace,
            "a personal space is for one person; make a shared space instead",
        ));
    }
    Ok(())
}

async fn get(cx: &Cx, space: SpaceId, user: UserId) -> Result<Member> {
    store::get(cx, space, user).await?.ok_or_else(|| id::not_found("member"))
}

fn last_owner() -> Problem {
    Problem::conflict(
        ReasonCode::LastOwner,
        "a space needs an owner; make another member one first",
    )
}
