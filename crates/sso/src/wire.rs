//! A federation on the wire, for the components in which administrators and operators look after
//! it.

use std::collections::BTreeMap;

use contract::Schema;
use kernel::{Problem, ReasonCode, Result};
use platform::TenantRole;
use serde::{Deserialize, Serialize};

use crate::{Claims, Draft, Federation, Settings, connection_test::Check};

contract::words! {
    TenantRoleName = ["admin", "manager", "user"];
    CheckName = ["discovery", "issuer", "endpoints", "pkce", "keys", "client_secret"];
}

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
#[derive(Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(inline)]
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

/// The sign-in with the organisation's own provider, as it is to be.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutFederation {
    /// The name on the button.
    #[schema(length(min = 1, max = 60))]
    provider: String,
    /// Use the installation's shared provider; issuer, client_id and client_secret are ignored.
    #[serde(default)]
    shared: bool,
    /// To the letter as the provider names itself.
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    client_id: String,
    /// Absent: the stored one stays, where the issuer is the same.
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default = "scopes")]
    scopes: Vec<String>,
    #[serde(default)]
    allowed_domains: Vec<String>,
    /// Which claims say what; a path with dots where no claim has that very name.
    #[serde(default)]
    claims: ClaimsBody,
    /// Which group gives which role, applied at each sign-in; a person in none of them is a user.
    #[serde(default)]
    #[schema(as = TenantRoleName)]
    group_roles: BTreeMap<String, String>,
    /// Make people at their first sign-in.
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
            _ => Err(Problem::refused_field(
                "/group_roles",
                ReasonCode::UnknownValue,
                format!("expected admin, manager or user, got `{role}`"),
            )),
        };
        let settings = Settings {
            provider: self.provider,
            shared: self.shared,
            issuer: self.issuer,
            client_id: self.client_id,
            scopes: self.scopes,
            allowed_domains: self.allowed_domains,
            claims: Claims {
                email: self.claims.email,
                name: self.claims.name,
                groups: self.claims.groups,
            },
            group_roles: self.group_roles.into_iter().map(role).collect::<Result<_>>()?,
            provisioning: self.provisioning,
            require_verified_email: self.require_verified_email,
            enabled: self.enabled,
        };
        Ok(Draft { settings, client_secret: self.client_secret })
    }
}

/// The sign-in with the organisation's own provider.
#[derive(Schema, Serialize)]
pub struct FederationBody {
    provider: String,
    shared: bool,
    issuer: String,
    client_id: String,
    client_secret_masked: Option<String>,
    scopes: Vec<String>,
    allowed_domains: Vec<String>,
    claims: ClaimsBody,
    /// Which group gives which role, applied at each sign-in; a person in none of them is a user.
    #[schema(as = TenantRoleName)]
    group_roles: BTreeMap<String, &'static str>,
    provisioning: bool,
    require_verified_email: bool,
    enabled: bool,
    /// What the provider must know: an address for each organisation's own provider, and one for
    /// the shared one.
    redirect_uri: String,
    #[schema(as = DateTime)]
    created_at: String,
    #[schema(as = DateTime)]
    updated_at: String,
}

impl FederationBody {
    /// With what people may see of the secret, and the address that the provider must know.
    #[must_use]
    pub fn new(
        federation: Federation,
        client_secret_masked: Option<String>,
        redirect_uri: String,
    ) -> Self {
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
            group_roles: settings
                .group_roles
                .into_iter()
                .map(|(group, role)| (group, role.as_str()))
                .collect(),
            provisioning: settings.provisioning,
            require_verified_email: settings.require_verified_email,
            enabled: settings.enabled,
            redirect_uri,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}

contract::words! {
    /// What a check found.
    CheckReason = kernel::ReasonCode::ALL.iter().map(|reason| reason.as_str());
}

/// What was tried, and what is wrong, in words.
#[derive(Schema, Serialize)]
#[schema(name = "FederationTest")]
pub struct TestBody {
    ok: bool,
    checks: Vec<CheckBody>,
}

#[derive(Schema, Serialize)]
#[schema(name = "FederationCheck")]
struct CheckBody {
    #[schema(as = CheckName)]
    name: &'static str,
    ok: bool,
    /// What was found; docs/errors.md has all reasons.
    #[schema(as = CheckReason)]
    reason: &'static str,
    /// The value of the reason, if it has one.
    value: Option<String>,
    /// What was found, and what to do, in English.
    detail: String,
}

impl From<Vec<Check>> for TestBody {
    fn from(checks: Vec<Check>) -> Self {
        Self {
            ok: checks.iter().all(|check| check.ok),
            checks: checks
                .into_iter()
                .map(|Check { name, ok, reason, detail }| CheckBody {
                    name,
                    ok,
                    reason: reason.code.as_str(),
                    value: reason.value,
                    detail,
                })
                .collect(),
        }
    }
}
