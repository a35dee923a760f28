//! Maps a provider's claims to a user: address, name, role. Pure.

use kernel::text;
use platform::TenantRole;
use serde_json::{Map, Value};

use crate::settings::Settings;

/// Further groups are ignored.
const MOST_GROUPS: usize = 1000;

/// A user's mapped claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// E-mail address in lower case.
    pub email: String,
    /// Whether the provider vouches for the address; None if the claim is absent.
    pub email_verified: Option<bool>,
    /// The name, if there is one that can be displayed.
    pub name: Option<String>,
    /// The role that the groups give; None if no group is mapped to a role.
    pub role: Option<TenantRole>,
}

/// Why claims cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimError {
    /// There is no valid address.
    NoEmail,
    /// The address is of a domain that is not allowed.
    Domain,
}

impl ClaimError {
    /// The reason, for the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEmail => "the claim with the e-mail address is missing or is no address",
            Self::Domain => "the e-mail address is of a domain that is not allowed",
        }
    }
}

/// A claim by name, or by path if no claim has that exact name (`realm_access.roles`).
fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
}

/// Whether the claim with the address is present.
pub(crate) fn has_email(settings: &Settings, claims: &Map<String, Value>) -> bool {
    claim(claims, &settings.claims.email).is_some_and(Value::is_string)
}

/// Maps the claims as the federation is configured.
///
/// # Errors
/// [`ClaimError`].
pub fn read(settings: &Settings, claims: &Map<String, Value>) -> Result<Profile, ClaimError> {
    let email =
        claim(claims, &settings.claims.email).and_then(Value::as_str).ok_or(ClaimError::NoEmail)?;
    let email = text::email("/email", email).map_err(|_| ClaimError::NoEmail)?;
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if !settings.allowed_domains.is_empty() && !settings.allowed_domains.iter().any(|d| d == domain)
    {
        return Err(ClaimError::Domain);
    }
    let name = claim(claims, &settings.claims.name).and_then(Value::as_str);
    Ok(Profile {
        email_verified: verified(claims, &email),
        email,
        name: name
            .map(|n| n.chars().take(100).collect::<String>())
            .and_then(|n| text::line("/name", &n, 1, 100).ok()),
        role: role(settings, claims),
    })
}

/// `email_verified` is about the claim `email`, so it counts only if that is the address we use.
/// Some providers send it as a string.
fn verified(claims: &Map<String, Value>, email: &str) -> Option<bool> {
    let spoken_of = claims.get("email").and_then(Value::as_str)?;
    if !spoken_of.trim().eq_ignore_ascii_case(email) && spoken_of.trim().to_lowercase() != email {
        return None;
    }
    match claims.get("email_verified")? {
        Value::Bool(verified) => Some(*verified),
        Value::String(text) => Some(text == "true"),
        _ => Some(false),
    }
}

/// The highest role of the mapped groups. A user in none of them gets `user`; no other role comes
/// from the provider.
fn role(settings: &Settings, claims: &Map<String, Value>) -> Option<TenantRole> {
    if settings.group_roles.is_empty() {
        return None;
    }
    let groups = match claim(claims, &settings.claims.groups) {
        Some(Value::Array(groups)) => {
            groups.iter().take(MOST_GROUPS).filter_map(Value::as_str).collect()
        }
        Some(Value::String(group)) => vec![group.as_str()],
        _ => Vec::new(),
    };
    let given = settings
        .group_roles
        .iter()
        .filter(|(group, _)| groups.contains(&group.as_str()))
        .map(|(_, role)| *role);
    Some(given.max().unwrap_or(TenantRole::User))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> Settings {
        Settings {
            allowed_domains: vec!["example.org".to_owned()],
            group_roles: vec![
                ("t-admins".to_owned(), TenantRole::Admin),
                ("t-leads".to_owned(), TenantRole::Manager),
            ],
            ..Settings::for_tests()
        }
    }

    fn read_json(settings: &Settings, claims: &Value) -> Result<Profile, ClaimError> {
        read(settings, claims.as_object().unwrap())
    }

    #[test]
    fn the_highest_mapped_group_gives_the_role_and_no_group_makes_a_user() {
        let role = |groups: Value| {
            read_json(&settings(), &json!({ "email": "a@example.org", "groups": groups }))
                .unwrap()
                .role
        };
        assert_eq!(role(json!(["x", "t-leads", "t-admins"])), Some(TenantRole::Admin));
        assert_eq!(role(json!("t-leads")), Some(TenantRole::Manager));
        assert_eq!(role(json!(["admin", "x"])), Some(TenantRole::User));
        assert_eq!(role(json!({ "t-admins": true })), Some(TenantRole::User));
        let unmapped = Settings { group_roles: Vec::new(), ..settings() };
        assert_eq!(
            read_json(&unmapped, &json!({ "email": "a@example.org", "groups": ["t-admins"] }))
                .unwrap()
                .role,
            None
        );
    }

    #[test]
    fn the_domain_is_all_after_the_last_at() {
        let check =
            |email: &str| read_json(&settings(), &json!({ "email": email })).map(|p| p.email);
        assert_eq!(check("Anna@Example.ORG"), Ok("anna@example.org".to_owned()));
        for bad in ["a@evil.org", "a@sub.example.org", "a@example.org.evil.org", "a@notexample.org"]
        {
            assert_eq!(check(bad), Err(ClaimError::Domain), "{bad}");
        }
        for bad in ["", "example.org", "a@example.org@evil.org", "a@evil.org\u{0}@example.org"] {
            assert_eq!(check(bad), Err(ClaimError::NoEmail), "{bad}");
        }
        assert_eq!(
            read_json(&settings(), &json!({ "email": ["a@example.org"] })),
            Err(ClaimError::NoEmail)
        );
    }

    #[test]
    fn an_address_is_verified_only_if_the_provider_says_so_of_that_address() {
        let verified = |claims: Value| read_json(&settings(), &claims).unwrap().email_verified;
        assert_eq!(
            verified(json!({ "email": "a@example.org", "email_verified": true })),
            Some(true)
        );
        assert_eq!(
            verified(json!({ "email": "a@example.org", "email_verified": "true" })),
            Some(true)
        );
        assert_eq!(verified(json!({ "email": "a@example.org", "email_verified": 1 })), Some(false));
        assert_eq!(verified(json!({ "email": "a@example.org" })), None);
        let mut by_upn = settings();
        by_upn.claims.email = "upn".to_owned();
        let claims =
            json!({ "upn": "boss@example.org", "email": "a@example.org", "email_verified": true });
        assert_eq!(read_json(&by_upn, &claims).unwrap().email_verified, None);
    }

    #[test]
    fn nested_claims_are_found_by_path_and_odd_names_are_left_out() {
        let mut nested = settings();
        nested.claims.groups = "realm_access.roles".to_owned();
        let claims = json!({ "email": "a@example.org", "name": "a\nb", "realm_access": { "roles": ["t-leads"] } });
        let profile = read_json(&nested, &claims).unwrap();
        assert_eq!((profile.role, profile.name), (Some(TenantRole::Manager), None));
    }
}
