//! The switch that logs each step of a sign-in at a provider, for a while.

use accounts::tenants;
use api::{Call, CallWith, Json};
use contract::Schema;
use kernel::{Result, id::TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sso::debug::{self, Debugging, MINUTES};

#[derive(Schema, Serialize)]
pub(crate) struct OidcDebugBody {
    enabled: bool,
    reason: String,
    seconds_left: i64,
}

impl From<Debugging> for OidcDebugBody {
    fn from(state: Debugging) -> Self {
        Self { enabled: state.enabled, reason: state.reason, seconds_left: state.seconds_left }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetOidcDebug {
    enabled: bool,
    #[serde(default)]
    #[schema(range(min = 1, max = 120), extend("default" = MINUTES))]
    duration_minutes: Option<u32>,
    /// Needed to switch it on.
    #[serde(default)]
    reason: String,
    /// An organisation's id; absent: all of them.
    #[serde(default)]
    tenant: Option<String>,
}

contract::shape! {
    pub(crate) struct DebugParameters {
        /// An organisation's id; absent: all of them.
        #[schema(as = Uuid)]
        tenant: Option<String>,
    }
}

pub(crate) async fn get_oidc_debug(call: Call) -> Result<Json<OidcDebugBody>> {
    let tenant: Option<TenantId> = call.query_id("tenant")?;
    api::ok(&OidcDebugBody::from(debug::get(tenant).await?))
}

pub(crate) async fn set_oidc_debug(
    mut call: CallWith<SetOidcDebug>,
) -> Result<Json<OidcDebugBody>> {
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
