//! Custom roles.

use access::{Action, Permission, Permissions};
use accounts::role::{self, Role};
use api::{Call, Response, wire};
use kernel::{Result, Timestamp, id::RoleId};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct RoleBody {
    id: String,
    name: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateRole {
    name: String,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateRole {
    name: Option<String>,
    permissions: Option<Vec<String>>,
}

pub(crate) async fn list_roles(call: Call) -> Result<Response> {
    let page = role::list_roles(call.cx()?, call.page()?).await?;
    let mut list = wire::list::<_, RoleBody>("roles", &page);
    // What a role can be made of.
    if let Some(members) = list.as_object_mut() {
        let all: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        members.insert("available_permissions".to_owned(), all.into());
    }
    api::ok(&list)
}

pub(crate) async fn create_role(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateRole| call.cx()?.require(Action::ManageRole(Permissions::named(&body.permissions)));
    api::create(&call, &bytes, may, async |body: CreateRole| {
        let role = role::create_role(call.cx()?, &body.name, &body.permissions).await?;
        Ok((format!("/api/v1/admin/roles/{}", role.id), RoleBody::from(&role)))
    })
    .await
}

pub(crate) async fn get_role(call: Call) -> Result<Response> {
    api::ok(&RoleBody::from(&role::get_role(call.cx()?, call.param("role_id")?).await?))
}

pub(crate) async fn update_role(mut call: Call) -> Result<Response> {
    let body: UpdateRole = call.json().await?;
    let id: RoleId = call.param("role_id")?;
    let role = role::update_role(call.cx()?, id, body.name.as_deref(), body.permissions.as_deref()).await?;
    api::ok(&RoleBody::from(&role))
}

pub(crate) async fn delete_role(call: Call) -> Result<Response> {
    role::delete_role(call.cx()?, call.param("role_id")?).await?;
    api::no_content()
}
