//! The settings of the organisation.

use accounts::settings::{self, Change, Settings};
use api::{Call, CallWith, Json};
use contract::Schema;
use kernel::Result;
use serde::{Deserialize, Serialize};

/// The settings of the organisation.
#[derive(Schema, Serialize)]
pub(crate) struct SettingsBody {
    name: String,
    slug: String,
    audit_retention_days: i32,
    allowed_origins: Vec<String>,
    storage_quota_bytes: i64,
    storage_used_bytes: i64,
}

impl From<Settings> for SettingsBody {
    fn from(settings: Settings) -> Self {
        Self {
            name: settings.name,
            slug: settings.slug,
            audit_retention_days: settings.audit_retention_days,
            allowed_origins: settings.allowed_origins,
            storage_quota_bytes: settings.storage_quota_bytes,
            storage_used_bytes: settings.storage_used_bytes,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSettings {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    #[schema(range(min = 30, max = 2555))]
    audit_retention_days: Option<i32>,
    /// Origins of other sites whose scripts may call the API with a token, exactly as browsers send
    /// them.
    #[schema(length(max = 20), inner(length(max = 300)))]
    allowed_origins: Option<Vec<String>>,
}

pub(crate) async fn get_settings(call: Call) -> Result<Json<SettingsBody>> {
    api::ok(&SettingsBody::from(settings::get_settings(call.cx()?).await?))
}

pub(crate) async fn update_settings(
    mut call: CallWith<UpdateSettings>,
) -> Result<Json<SettingsBody>> {
    let UpdateSettings { name, audit_retention_days, allowed_origins } = call.json().await?;
    let change = Change { name, audit_retention_days, allowed_origins };
    api::ok(&SettingsBody::from(settings::update_settings(call.cx()?, change).await?))
}
