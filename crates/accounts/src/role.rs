//! Custom roles: a name and a set of permissions.

use access::{Action, Permission, Permissions};
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, RoleId},
    text,
};
use platform::Cx;

use crate::store::roles as store;

/// A custom role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// Ids sort by the time of creation (UUID v7).
    pub id: RoleId,
    /// Unique in the tenant, ignoring case.
    pub name: String,
    /// What it allows.
    pub permissions: Permissions,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

pub(crate) async fn get(cx: &Cx, role: RoleId) -> Result<Option<Role>> {
    store::get(cx, role).await
}

fn check(names: &[String]) -> Result<Permissions> {
    if let Some(unknown) = names.iter().find(|name| Permission::parse(name).is_none()) {
        let known: Vec<&str> = Permission::ALL.iter().map(|p| p.as_str()).collect();
        let got: String = unknown.chars().take(40).collect();
        return Err(Problem::refused_field(
            "/permissions",
            ReasonCode::UnknownValue,
            format!("expected some of {}, got `{got}`", known.join(", ")),
        ));
    }
    Ok(Permissions::named(names))
}

/// The custom roles of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_roles(cx: &Cx, request: PageRequest) -> Result<Page<Role>> {
    // Callers who manage people assign roles.
    cx.require(Action::ReadPeople)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |role| Cursor { at: role.created_at, id: role.id.0 }))
}

/// One custom role.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_role(cx: &Cx, role: RoleId) -> Result<Role> {
    cx.require(Action::ReadPeople)?;
    stored(cx, role).await
}

/// Creates a custom role.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` if the name is taken.
pub async fn create_role(cx: &Cx, name: &str, permissions: &[String]) -> Result<Role> {
    cx.require(Action::ManageRole(Permissions::default()))?;
    let name = text::line("/name", name, 1, 100)?;
    let permissions = check(permissions)?;
    cx.require(Action::ManageRole(permissions))?;
    let id: RoleId = cx.new_id()?;
    store::insert(cx, id, &name, permissions).await?;
    stored(cx, id).await
}

/// A role that the caller may change: no caller adds or removes permissions that they do not have.
async fn manageable(cx: &Cx, role: RoleId) -> Result<Role> {
    cx.require(Action::ManageRole(Permissions::default()))?;
    let found = stored(cx, role).await?;
    cx.require(Action::ManageRole(found.permissions))?;
    Ok(found)
}

async fn stored(cx: &Cx, role: RoleId) -> Result<Role> {
    get(cx, role).await?.ok_or_else(|| id::not_found("role"))
}

/// Changes a role; its holders have exactly the new permissions from the next request on.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` if the name is taken.
pub async fn update_role(
    cx: &Cx,
    role: RoleId,
    name: Option<&str>,
    permissions: Option<&[String]>,
) -> Result<Role> {
    manageable(cx, role).await?;
    let name = name.map(|name| text::line("/name", name, 1, 100)).transpose()?;
    let permissions = permissions.map(check).transpose()?;
    cx.require(Action::ManageRole(permissions.unwrap_or_default()))?;
    store::update(cx, role, name.as_deref(), permissions).await?;
    stored(cx, role).await
}

/// Deletes a role that no person has.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if a person has it, even a deleted one.
pub async fn delete_role(cx: &Cx, role: RoleId) -> Result<()> {
    manageable(cx, role).await?;
    match store::delete(cx, role).await? {
        Some(true) => Ok(()),
        Some(false) => Err(Problem::conflict(
            ReasonCode::RoleInUse,
            "a person still has this role; assign another role to them first",
        )),
        None => Err(id::not_found("role")),
    }
}
