//! The settings of an identity provider, and their validation.

use kernel::{Problem, ReasonCode, Result, text};
use platform::TenantRole;

use crate::endpoint;

const MOST: usize = 100;

/// Names of the claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// The claim with the e-mail address.
    pub email: String,
    /// The claim with the name.
    pub name: String,
    /// The claim with the groups.
    pub groups: String,
}

/// The settings of an identity provider, as an administrator enters them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The name on the button.
    pub provider: String,
    /// Whether issuer, client and secret are those of the installation's shared provider.
    pub shared: bool,
    /// The issuer, exactly as the provider names itself.
    pub issuer: String,
    /// Our client id at the provider.
    pub client_id: String,
    /// The requested scopes.
    pub scopes: Vec<String>,
    /// Domains of e-mail addresses that may sign in; empty: all.
    pub allowed_domains: Vec<String>,
    /// Names of the claims.
    pub claims: Claims,
    /// The role for each mapped group, applied at each sign-in.
    pub group_roles: Vec<(String, TenantRole)>,
    /// Whether unknown users are created at their first sign-in.
    pub provisioning: bool,
    /// Whether an unverified address is refused when an account is first linked or created.
    pub require_verified_email: bool,
    /// Whether users can sign in with it.
    pub enabled: bool,
}

impl Settings {
    /// Normalizes and validates the settings. `loopback`: issuers on this machine are accepted too.
    pub(crate) fn checked(mut self, loopback: bool) -> Result<Self> {
        self.provider = text::line("/provider", &self.provider, 1, 60)?;
        if self.shared {
            (self.issuer, self.client_id) = (String::new(), String::new());
            if self.allowed_domains.is_empty() {
                let detail =
                    "expected at least one domain: the provider is shared with other organisations";
                return Err(Problem::refused_field(
                    "/allowed_domains",
                    ReasonCode::DomainNeeded,
                    detail,
                ));
            }
        } else {
            if let Some(why) = endpoint::issuer_refusal(&self.issuer, loopback) {
                return Err(Problem::refused_field(
                    "/issuer",
                    ReasonCode::IssuerFormat,
                    format!("expected the issuer's https address: {why}"),
                ));
            }
            self.client_id = text::line("/client_id", &self.client_id, 1, 255)?;
        }
        self.scopes = scopes(&self.scopes)?;
        self.allowed_domains =
            self.allowed_domains.iter().map(|d| domain(d)).collect::<Result<_>>()?;
        if self.provisioning && self.allowed_domains.is_empty() {
            let detail =
                "expected at least one domain where people are made at their first sign-in";
            return Err(Problem::refused_field(
                "/allowed_domains",
                ReasonCode::DomainNeeded,
                detail,
            ));
        }
        let lists = [
            ("/scopes", self.scopes.len()),
            ("/allowed_domains", self.allowed_domains.len()),
            ("/group_roles", self.group_roles.len()),
        ];
        if let Some((pointer, length)) = lists.into_iter().find(|(_, length)| *length > MOST) {
            return Err(Problem::refused_field(
                pointer,
                ReasonCode::TooMany.at_most(MOST),
                format!("expected at most {MOST}, got {length}"),
            ));
        }
        for (pointer, name) in [
            ("/claims/email", &self.claims.email),
            ("/claims/name", &self.claims.name),
            ("/claims/groups", &self.claims.groups),
        ] {
            text::line(pointer, name, 1, 200)?;
        }
        for (group, _) in &self.group_roles {
            text::line("/group_roles", group, 1, 300)?;
        }
        Ok(self)
    }
}

/// `openid` first, then the requested ones in their order.
fn scopes(asked: &[String]) -> Result<Vec<String>> {
    let mut out = vec!["openid".to_owned()];
    for scope in asked {
        // RFC 6749: printable ASCII without blank, quote and backslash.
        if scope.is_empty()
            || !scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
            || scope.len() > 200
        {
            return Err(Problem::refused_field(
                "/scopes",
                ReasonCode::ScopeFormat.with_value(scope),
                format!("`{scope}` is no scope: expected one word each"),
            ));
        }
        if !out.contains(scope) {
            out.push(scope.clone());
        }
    }
    Ok(out)
}

fn domain(text: &str) -> Result<String> {
    let domain = text.trim().trim_start_matches('@').to_lowercase();
    let good = (3..=253).contains(&domain.len())
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.');
    if good && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') {
        return Ok(domain);
    }
    Err(Problem::refused_field(
        "/allowed_domains",
        ReasonCode::DomainFormat.with_value(text),
        format!("expected domains such as example.org, got `{text}`"),
    ))
}

#[cfg(test)]
impl Settings {
    pub(crate) fn for_tests() -> Self {
        let claims = Claims {
            email: "email".to_owned(),
            name: "name".to_owned(),
            groups: "groups".to_owned(),
        };
        Self {
            provider: "Test".to_owned(),
            shared: false,
            issuer: "https://login.example.org".to_owned(),
            client_id: "tessera".to_owned(),
            scopes: vec!["openid".to_owned()],
            allowed_domains: Vec::new(),
            claims,
            group_roles: Vec::new(),
            provisioning: false,
            require_verified_email: true,
            enabled: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{domain, scopes};

    #[test]
    fn scopes_always_have_openid_and_cannot_smuggle_parameters() {
        assert_eq!(
            scopes(&["email".to_owned(), "openid".to_owned()]).unwrap(),
            ["openid", "email"]
        );
        for bad in ["a b", "", "a\"", "å"] {
            assert!(scopes(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn domains_are_plain_names() {
        assert_eq!(domain(" @Example.ORG ").unwrap(), "example.org");
        for bad in ["", "org", "*.example.org", "a@example.org", ".org.", "exa mple.org"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }
}
