//! Organisations.

use accounts::tenants::{self, Change, Tenant};
use api::{Call, CallWith, CreatedJson, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{Result, Timestamp, id::TenantId};
use serde::{Deserialize, Serialize};

/// An organisation, as operators see it.
#[derive(Schema, Serialize)]
#[schema(list = "tenants")]
pub(crate) struct TenantBody {
    #[schema(as = Uuid)]
    id: String,
    slug: String,
    name: String,
    /// False: suspended, its people are not let in.
    active: bool,
    storage_quota_bytes: i64,
    /// How many websites it may have.
    max_websites: i32,
    /// How many pages a run of one of them may take.
    max_website_pages: i32,
    /// How many of them may be crawled at the same time.
    max_crawls: i32,
    /// Of one tenant only, not in lists.
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
            max_websites: tenant.max_websites,
            max_website_pages: tenant.max_website_pages,
            max_crawls: tenant.max_crawls,
            storage_used_bytes: None,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

#[derive(Schema, Serialize)]
pub(crate) struct CreatedTenant {
    tenant: TenantBody,
    invitation: wire::InvitationBody,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTenant {
    #[schema(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,62}$"))]
    slug: String,
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[schema(length(min = 3, max = 254))]
    admin_email: String,
    /// 10 GiB where it is absent.
    #[serde(default)]
    #[schema(range(min = 0))]
    storage_quota_bytes: Option<i64>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTenant {
    #[schema(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,62}$"))]
    slug: Option<String>,
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    active: Option<bool>,
    #[schema(range(min = 0))]
    storage_quota_bytes: Option<i64>,
    #[schema(range(min = 0, max = 10000))]
    max_websites: Option<i32>,
    #[schema(range(min = 1, max = 20000))]
    max_website_pages: Option<i32>,
    #[schema(range(min = 1, max = 50))]
    max_crawls: Option<i32>,
}

pub(crate) async fn list_tenants(call: Call) -> Result<List<TenantBody>> {
    let page = tenants::list_tenants(call.operator()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_tenant(
    mut call: CallWith<CreateTenant>,
) -> Result<CreatedJson<CreatedTenant>> {
    let CreateTenant { slug, name, admin_email, storage_quota_bytes } = call.json().await?;
    let new =
        Change { slug: Some(slug), name: Some(name), storage_quota_bytes, ..Change::default() };
    let (tenant, invitation) = tenants::create_tenant(call.operator()?, new, &admin_email).await?;
    // No idempotency key here: the recorded response would hold the link. The short name can be
    // taken only once.
    let invitation = wire::InvitationBody::of(&invitation.token, invitation.expires_at).await?;
    let location = format!("/api/v1/sysadmin/tenants/{}", tenant.id);
    api::created(&location, &CreatedTenant { tenant: TenantBody::from(&tenant), invitation })
}

pub(crate) async fn get_tenant(call: Call) -> Result<Json<TenantBody>> {
    let (tenant, stored) = tenants::get_tenant(call.operator()?, call.param("tenant_id")?).await?;
    api::ok(&TenantBody { storage_used_bytes: Some(stored), ..TenantBody::from(&tenant) })
}

pub(crate) async fn update_tenant(mut call: CallWith<UpdateTenant>) -> Result<Json<TenantBody>> {
    let body: UpdateTenant = call.json().await?;
    let id: TenantId = call.param("tenant_id")?;
    let change = Change {
        slug: body.slug,
        name: body.name,
        active: body.active,
        storage_quota_bytes: body.storage_quota_bytes,
        max_websites: body.max_websites,
        max_website_pages: body.max_website_pages,
        max_crawls: body.max_crawls,
    };
    api::ok(&TenantBody::from(&tenants::update_tenant(call.operator()?, id, change).await?))
}

contract::shape! {
    pub(crate) struct DeleteParameters {
        /// Its short name, as a confirmation.
        slug: String,
    }
}

pub(crate) async fn delete_tenant(call: Call) -> Result<NoContent> {
    let slug = call.query("slug").unwrap_or_default().into_owned();
    tenants::delete_tenant(call.operator()?, call.param("tenant_id")?, &slug).await?;
    api::no_content()
}
