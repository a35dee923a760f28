//! Organisations.

use accounts::tenants::{self, Change, Tenant};
use api::{Call, Response, wire};
use kernel::{Result, Timestamp, id::TenantId};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct TenantBody {
    id: String,
    slug: String,
    name: String,
    active: bool,
    storage_quota_bytes: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_used_bytes: Option<i64>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Tenant> for TenantBody {
    fn from(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            slug: tenant.slug.clone(),
            name: tenant.name.clone(),
            active: tenant.active,
            storage_quota_bytes: tenant.storage_quota_bytes,
            storage_used_bytes: None,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

#[derive(Serialize)]
struct CreatedTenant {
    tenant: TenantBody,
    invitation: wire::InvitationBody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateTenant {
    slug: String,
    name: String,
    admin_email: String,
    #[serde(default)]
    storage_quota_bytes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateTenant {
    slug: Option<String>,
    name: Option<String>,
    active: Option<bool>,
    storage_quota_bytes: Option<i64>,
}

pub(crate) async fn list_tenants(call: Call) -> Result<Response> {
    let page = tenants::list_tenants(call.operator()?, call.page()?).await?;
    api::ok(&wire::list::<_, TenantBody>("tenants", &page))
}

pub(crate) async fn create_tenant(mut call: Call) -> Result<Response> {
    let CreateTenant { slug, name, admin_email, storage_quota_bytes } = call.json().await?;
    let new = Change { slug: Some(slug), name: Some(name), active: None, storage_quota_bytes };
    let (tenant, invitation) = tenants::create_tenant(call.operator()?, new, &admin_email).await?;
    // No idempotency key here: the kept answer would hold the link. The short name can be taken only once.
    let invitation = wire::InvitationBody::of(&invitation.token, invitation.expires_at).await?;
    let location = format!("/api/v1/sysadmin/tenants/{}", tenant.id);
    api::created(&location, &CreatedTenant { tenant: TenantBody::from(&tenant), invitation })
}

pub(crate) async fn get_tenant(call: Call) -> Result<Response> {
    let (tenant, stored) = tenants::get_tenant(call.operator()?, call.param("tenant_id")?).await?;
    api::ok(&TenantBody { storage_used_bytes: Some(stored), ..TenantBody::from(&tenant) })
}

pub(crate) async fn update_tenant(mut call: Call) -> Result<Response> {
    let UpdateTenant { slug, name, active, storage_quota_bytes } = call.json().await?;
    let id: TenantId = call.param("tenant_id")?;
    let change = Change { slug, name, active, storage_quota_bytes };
    api::ok(&TenantBody::from(&tenants::update_tenant(call.operator()?, id, change).await?))
}

pub(crate) async fn delete_tenant(call: Call) -> Result<Response> {
    let slug = call.query("slug").unwrap_or_default().into_owned();
    tenants::delete_tenant(call.operator()?, call.param("tenant_id")?, &slug).await?;
    api::no_content()
}
