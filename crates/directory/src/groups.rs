//! User groups and their members, as managers and administrators maintain them; `spaces` gives
//! groups roles.

use access::Action;
use accounts::users::State;
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, UserGroupId, UserId},
    text,
};
use platform::Cx;

use crate::store::groups as store;

/// A group of people of the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserGroup {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserGroupId,
    /// 1 to 100 characters; unique in the tenant, ignoring case.
    pub name: String,
    /// The id in the organisation's directory, if the group came from there.
    pub external_id: Option<String>,
    /// People who are not deleted.
    pub member_count: i64,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupMember {
    /// The user.
    pub user_id: UserId,
    /// The name that others see.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// The state of the account.
    pub state: State,
    /// When they joined the group.
    pub created_at: Timestamp,
}

/// The groups of the tenant whose name contains `query`, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_groups(cx: &Cx, query: &str, request: PageRequest) -> Result<Page<UserGroup>> {
    cx.require(Action::ManageGroups)?;
    let (items, total) = store::list(cx, query, request).await?;
    Ok(Page::cut(items, total, request, |g| Cursor { at: g.created_at, id: g.id.0 }))
}

/// One user group.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_group(cx: &Cx, group: UserGroupId) -> Result<UserGroup> {
    cx.require(Action::ManageGroups)?;
    store::get(cx, group).await?.ok_or_else(not_found)
}

/// Creates an empty group.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` if the name is taken.
pub async fn create_group(cx: &Cx, name: &str) -> Result<UserGroup> {
    cx.require(Action::ManageGroups)?;
    let name = text::line("/name", name, 1, 100)?;
    let id: UserGroupId = cx.new_id()?;
    store::insert(cx, id, &name).await?;
    get_group(cx, id).await
}

/// Renames a group.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` if the name is taken.
pub async fn rename_group(cx: &Cx, group: UserGroupId, name: &str) -> Result<UserGroup> {
    get_group(cx, group).await?;
    let name = text::line("/name", name, 1, 100)?;
    store::rename(cx, group, &name).await?;
    get_group(cx, group).await
}

/// Deletes a group: its members lose the rights that it gave them with the next request.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_group(cx: &Cx, group: UserGroupId) -> Result<()> {
    cx.require(Action::ManageGroups)?;
    if store::delete(cx, group).await? { Ok(()) } else { Err(not_found()) }
}

/// The members of a group, newest first.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn list_members(
    cx: &Cx,
    group: UserGroupId,
    request: PageRequest,
) -> Result<Page<GroupMember>> {
    get_group(cx, group).await?;
    let (items, total) = store::members(cx, group, request).await?;
    Ok(Page::cut(items, total, request, |m| Cursor { at: m.created_at, id: m.user_id.0 }))
}

/// Adds a person to a group.
///
/// # Errors
/// `not_allowed`; `not_found` for the group or the person; `conflict` if they are in it already.
pub async fn add_member(cx: &Cx, group: UserGroupId, user: UserId) -> Result<GroupMember> {
    get_group(cx, group).await?;
    if !store::is_person(cx, user).await? {
        return Err(id::not_found("user"));
    }
    if !store::add(cx, group, user).await? {
        return Err(Problem::conflict(
            ReasonCode::MemberAlready,
            "this person is in the group already",
        ));
    }
    store::member(cx, group, user).await?.ok_or_else(|| id::not_found("member"))
}

/// Removes a person from a group.
///
/// # Errors
/// `not_allowed`; `not_found` for the group or the member.
pub async fn remove_member(cx: &Cx, group: UserGroupId, user: UserId) -> Result<()> {
    get_group(cx, group).await?;
    if store::remove(cx, group, user).await? { Ok(()) } else { Err(id::not_found("member")) }
}

fn not_found() -> Problem {
    id::not_found("user group")
}
