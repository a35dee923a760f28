//! The switch that writes each step of a sign-in at a provider to the log, for a while.

use accounts::tenants;
use api::{Call, Response};
use kernel::{Result, id::TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sso::debug::{self, Debugging, MINUTES};

#[derive(Serialize)]
struct OidcDebugBody {
    enabled: bool,
    reason: String,
    seconds_left: i64,
}

impl From<Debugging> for OidcDebugBody {
    fn from(state: Debugging) -> Self {
        Self { enabled: state.enabled, reason: state.reason, seconds_left: state.seconds_left }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetOidcDebug {
    enabled: bool,
    #[serde(default)]
    duration_minutes: Option<u32>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    tenant: Option<String>,
}

pub(crate) async fn get_oidc_debug(call: Call) -> Result<Response> {
    let tenant: Option<TenantId> = call.query_id("tenant")?;
    api::ok(&OidcDebugBody::from(debug::get(tenant).await?))
}

pub(crate) async fn set_oidc_debug(mut call: Call) -> Result<Response> {
    let body: SetOidcDebug = call.json().await?;
    let tenant: Option<TenantId> = body.tenant.map(|id| id.parse()).transpose()?;
    if let Some(tenant) = tenant {
        tenants::get_tenant(call.operator()?, tenant).await?;
    }
    let minutes = body.duration_minutes.unwrap_or(MINUTES);
    let state = debug::set(tenant, body.enabled, minutes, &body.reason).await?;
    let details = json!({ "enabled": state.enabled, "reason": state.reason, "minutes": minutes });
    tenants::note(call.operator()?, "oidc_debug.set", tenant, details).await?;
    api::ok(&OidcDebugBody::from(state))
}
