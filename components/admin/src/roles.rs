//! Custom roles.

use access::{Action, Permission, Permissions};
use accounts::role::{self, Role};
use api::{Call, CallWith, CreatedJson, Idempotent, Json, NoContent, wire};
use contract::Schema;
use kernel::{Cursor, Result, Timestamp, id::RoleId};
use serde::{Deserialize, Serialize};

/// A custom role in the organisation.
#[derive(Schema, Serialize)]
pub(crate) struct RoleBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    #[schema(as = wire::PermissionName)]
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Role> for RoleBody {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id.to_string(),
            name: role.name.clone(),
            permissions: role.permissions.names(),
            created_at: role.created_at,
            updated_at: role.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRole {
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[schema(as = wire::PermissionName)]
    permissions: Vec<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateRole {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    #[schema(as = wire::PermissionName)]
    permissions: Option<Vec<String>>,
}

#[derive(Schema, Serialize)]
pub(crate) struct RolesList {
    roles: Vec<RoleBody>,
    total: i64,
    next_cursor: Option<String>,
    /// What a role can be made of.
    #[schema(as = wire::PermissionName)]
    available_permissions: Vec<&'static str>,
}

pub(crate) async fn list_roles(call: Call) -> Result<Json<RolesList>> {
    let page = role::list_roles(call.cx()?, call.page()?).await?;
    api::ok(&RolesList {
        roles: page.items.iter().map(RoleBody::from).collect(),
        total: page.total,
        next_cursor: page.next.map(Cursor::encode),
        available_permissions: Permission::ALL
            .iter()
            .map(|permission| permission.as_str())
            .collect(),
    })
}

pub(crate) async fn create_role(
    mut call: CallWith<CreateRole>,
) -> Result<Idempotent<CreatedJson<RoleBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateRole| {
        call.cx()?.require(Action::ManageRole(Permissions::named(&body.permissions)))
    };
    api::create(&call, &bytes, may, async |body: CreateRole| {
        let role = role::create_role(call.cx()?, &body.name, &body.permissions).await?;
        Ok((format!("/api/v1/admin/roles/{}", role.id), RoleBody::from(&role)))
    })
    .await
}

pub(crate) async fn get_role(call: Call) -> Result<Json<RoleBody>> {
    api::ok(&RoleBody::from(&role::get_role(call.cx()?, call.param("role_id")?).await?))
}

pub(crate) async fn update_role(mut call: CallWith<UpdateRole>) -> Result<Json<RoleBody>> {
    let body: UpdateRole = call.json().await?;
    let id: RoleId = call.param("role_id")?;
    let role = role::update_role(call.cx()?, id, body.name.as_deref(), body.permissions.as_deref())
        .await?;
    api::ok(&RoleBody::from(&role))
}

pub(crate) async fn delete_role(call: Call) -> Result<NoContent> {
    role::delete_role(call.cx()?, call.param("role_id")?).await?;
    api::no_content()
}
