//! A federation on the wire, for the components in which administrators and operators look after it.

use std::collections::BTreeMap;

use kernel::{Problem, Result};
use platform::TenantRole;
use serde::{Deserialize, Serialize};

use crate::{Claims, Draft, Federation, Settings, connection_test::Check};

fn email() -> String {
    "email".to_owned()
}

fn name() -> String {
    "name".to_owned()
}

fn groups() -> String {
    "groups".to_owned()
}

fn yes() -> bool {
    true
}

fn scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).to_vec()
}

/// Which claims say what.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsBody {
    #[serde(default = "email")]
    email: String,
    #[serde(default = "name")]
    name: String,
    #[serde(default = "groups")]
    groups: String,
}

impl Default for ClaimsBody {
    fn default() -> Self {
        Self { email: email(), name: name(), groups: groups() }
    }
}

/// What somebody wants stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutFederation {
    provider: String,
    #[serde(default)]
    shared: bool,
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default = "scopes")]
    scopes: Vec<String>,
    #[serde(default)]
    allowed_domains: Vec<String>,
    #[serde(default)]
    claims: ClaimsBody,
    #[serde(default)]
    group_roles: BTreeMap<String, String>,
    #[serde(default)]
    provisioning: bool,
    #[serde(default = "yes")]
    require_verified_email: bool,
    #[serde(default = "yes")]
    enabled: bool,
}

impl PutFederation {
    /// As the verbs want it.
    ///
    /// # Errors
    /// `invalid_body` if a role is none.
    pub fn draft(self) -> Result<Draft> {
        let role = |(group, role): (String, String)| match TenantRole::parse(&role) {
            parsed if parsed.as_str() == role => Ok((group, parsed)),
            _ => Err(Problem::invalid_field("/group_roles", format!("expected admin, manager or user, got `{role}`"))),
        };
        let settings = Settings {
            provider: self.provider,
            shared: self.shared,
            issuer: self.issuer,
            client_id: self.client_id,
            scopes: self.scopes,
            allowed_domains: self.allowed_domains,
            claims: Claims { email: self.claims.email, name: self.claims.name, groups: self.claims.groups },
            group_roles: self.group_roles.into_iter().map(role).collect::<Result<_>>()?,
            provisioning: self.provisioning,
            require_verified_email: self.require_verified_email,
            enabled: self.enabled,
        };
        Ok(Draft { settings, client_secret: self.client_secret })
    }
}

/// A federation, without its secret.
#[derive(Serialize)]
pub struct FederationBody {
    provider: String,
    shared: bool,
    issuer: String,
    client_id: String,
    client_secret_masked: Option<String>,
    scopes: Vec<String>,
    allowed_domains: Vec<String>,
    claims: ClaimsBody,
    group_roles: BTreeMap<String, &'static str>,
    provisioning: bool,
    require_verified_email: bool,
    enabled: bool,
    redirect_uri: String,
    created_at: String,
    updated_at: String,
}

impl FederationBody {
    /// With what people may see of the secret, and the address that the provider must know.
    #[must_use]
    pub fn new(federation: Federation, client_secret_masked: Option<String>, redirect_uri: String) -> Self {
        let Federation { settings, created_at, updated_at, .. } = federation;
        let Claims { email, name, groups } = settings.claims;
        Self {
            provider: settings.provider,
            shared: settings.shared,
            issuer: settings.issuer,
            client_id: settings.client_id,
            client_secret_masked,
            scopes: settings.scopes,
            allowed_domains: settings.allowed_domains,
            claims: ClaimsBody { email, name, groups },
            group_roles: settings.group_roles.into_iter().map(|(group, role)| (group, role.as_str())).collect(),
            provisioning: settings.provisioning,
            require_verified_email: settings.require_verified_email,
            enabled: settings.enabled,
            redirect_uri,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}

/// What a test found.
#[derive(Serialize)]
pub struct TestBody {
    ok: bool,
    checks: Vec<CheckBody>,
}

#[derive(Serialize)]
struct CheckBody {
    name: &'static str,
    ok: bool,
    detail: String,
}

impl From<Vec<Check>> for TestBody {
    fn from(checks: Vec<Check>) -> Self {
        Self {
            ok: checks.iter().all(|check| check.ok),
            checks: checks.into_iter().map(|Check { name, ok, detail }| CheckBody { name, ok, detail }).collect(),
        }
    }
}
