//! A tenant's identity provider: the noun, and looking after it.

use access::{Action, Permissions};
use kernel::{Problem, Result, Timestamp, id, text};
use platform::{Cx, TenantRole};
use secrets::Secret;

use crate::{endpoint, store};

/// The column that the client secret is sealed for.
pub(crate) const SECRET_COLUMN: &str = "federations.client_secret_sealed";
const MOST: usize = 100;

/// The right to look after a tenant's federation. Whoever asks is checked where it is made, not where the work is done.
pub struct Authority(());

impl Authority {
    /// That of the tenant's own administrators. Whoever names the provider decides who signs in as whom, so it takes every right in the tenant.
    ///
    /// # Errors
    /// `not_allowed` for everybody else.
    pub fn of_administrator(cx: &Cx) -> Result<Self> {
        cx.require(Action::ManageSettings)?;
        cx.require(Action::ManagePerson(Permissions::of(TenantRole::Admin)))?;
        Ok(Self(()))
    }

    /// That of the installation's operator, who has been authenticated as such by the caller.
    #[must_use]
    pub fn of_operator() -> Self {
        Self(())
    }
}

/// Which claims say what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The groups.
    pub groups: String,
}

/// A tenant's identity provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Federation {
    /// The name on the button.
    pub provider: String,
    /// Whether issuer, client and secret are those of the installation's shared provider.
    pub shared: bool,
    /// The issuer, to the letter.
    pub issuer: String,
    /// Who we are at the provider.
    pub client_id: String,
    pub(crate) client_secret_sealed: Option<String>,
    /// What we ask for.
    pub scopes: Vec<String>,
    /// Domains of e-mail addresses that may sign in; empty: any.
    pub allowed_domains: Vec<String>,
    /// Which claims say what.
    pub claims: Claims,
    /// Which group gives which role, applied at each sign-in.
    pub group_roles: Vec<(String, TenantRole)>,
    /// Whether people are made when they first sign in.
    pub provisioning: bool,
    /// Whether an unverified address is refused when an account is first found or made.
    pub require_verified_email: bool,
    /// Whether people can sign in with it.
    pub enabled: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// What is to be stored.
#[derive(Clone, Debug)]
pub struct Draft {
    /// As in [`Federation`].
    pub provider: String,
    /// As in [`Federation`].
    pub shared: bool,
    /// As in [`Federation`].
    pub issuer: String,
    /// As in [`Federation`].
    pub client_id: String,
    /// The secret; absent: the stored one stays.
    pub client_secret: Option<String>,
    /// As in [`Federation`].
    pub scopes: Vec<String>,
    /// As in [`Federation`].
    pub allowed_domains: Vec<String>,
    /// As in [`Federation`].
    pub claims: Claims,
    /// As in [`Federation`].
    pub group_roles: Vec<(String, TenantRole)>,
    /// As in [`Federation`].
    pub provisioning: bool,
    /// As in [`Federation`].
    pub require_verified_email: bool,
    /// As in [`Federation`].
    pub enabled: bool,
}

/// A federation with everything that signing in needs.
pub(crate) struct Client {
    pub(crate) federation: Federation,
    pub(crate) secret: Secret,
}

/// The tenant's federation.
///
/// # Errors
/// `not_found` where there is none.
pub async fn get(cx: &Cx, _: &Authority) -> Result<Federation> {
    store::get(cx).await?.ok_or_else(|| id::not_found("sign-in of the organisation"))
}

/// What people may see of the secret: its last four characters.
///
/// # Errors
/// What the database says; `internal` where the secret does not open.
pub async fn masked_secret(cx: &Cx, federation: &Federation, _: &Authority) -> Result<Option<String>> {
    match &federation.client_secret_sealed {
        Some(sealed) => Ok(Some(secrets::open(cx, SECRET_COLUMN, sealed).await?.masked())),
        None => Ok(None),
    }
}

/// Stores the tenant's federation.
///
/// # Errors
/// `invalid_body` that names the member.
pub async fn put(cx: &Cx, authority: &Authority, draft: Draft) -> Result<Federation> {
    let draft = checked(draft, endpoint::loopback_allowed().await?)?;
    if draft.shared && shared_provider().await?.is_none() {
        let detail = "this installation has no shared provider; name an issuer of your own";
        return Err(Problem::invalid_field("/shared", detail));
    }
    let before = store::get(cx).await?;
    let kept = before.filter(|b| b.issuer == draft.issuer && !draft.shared).and_then(|b| b.client_secret_sealed);
    let sealed = match &draft.client_secret {
        _ if draft.shared => None,
        Some(secret) => Some(secrets::seal(cx, SECRET_COLUMN, secret).await?),
        // A secret goes to the issuer that it was entered for, and to no other.
        None => Some(kept.ok_or_else(|| {
            Problem::invalid_field("/client_secret", "expected the client secret: there is none yet for this issuer")
        })?),
    };
    store::put(cx, &draft, sealed.as_deref()).await?;
    get(cx, authority).await
}

/// Removes it: from now on people sign in with passwords only. Who they are at the provider is kept for the case that it comes back.
///
/// # Errors
/// `not_found` where there is none.
pub async fn delete(cx: &Cx, _: &Authority) -> Result<()> {
    if store::delete(cx).await? { Ok(()) } else { Err(id::not_found("sign-in of the organisation")) }
}

/// The installation's shared provider, from the variables: issuer, client id, secret.
async fn shared_provider() -> Result<Option<(String, String, Secret)>> {
    use platform::config::optional;

    let named =
        (optional("oidc_issuer").await?, optional("oidc_client_id").await?, optional("oidc_client_secret").await?);
    Ok(match named {
        (Some(issuer), Some(client), Some(secret)) => Some((issuer, client, Secret::new(secret))),
        _ => None,
    })
}

/// The tenant's federation, ready to sign in with; nothing where there is none, or it is switched off.
pub(crate) async fn client(cx: &Cx) -> Result<Option<Client>> {
    let Some(federation) = store::get(cx).await?.filter(|f| f.enabled) else { return Ok(None) };
    complete(cx, federation).await
}

/// Adds what is not in the row: the opened secret, or the shared provider.
pub(crate) async fn complete(cx: &Cx, mut federation: Federation) -> Result<Option<Client>> {
    if federation.shared {
        return Ok(shared_provider().await?.map(|(issuer, client_id, secret)| {
            (federation.issuer, federation.client_id) = (issuer, client_id);
            Client { federation, secret }
        }));
    }
    let Some(sealed) = &federation.client_secret_sealed else { return Ok(None) };
    let secret = secrets::open(cx, SECRET_COLUMN, sealed).await?;
    Ok(Some(Client { federation, secret }))
}

/// Whether a token of this issuer for this client is any business of ours: it is the shared provider's.
pub(crate) async fn is_shared(issuer: &str, client_id: &str) -> Result<bool> {
    Ok(shared_provider().await?.is_some_and(|(i, c, _)| i == issuer && c == client_id))
}

fn checked(mut draft: Draft, loopback: bool) -> Result<Draft> {
    draft.provider = text::line("/provider", &draft.provider, 1, 60)?;
    if draft.shared {
        (draft.issuer, draft.client_id, draft.client_secret) = (String::new(), String::new(), None);
        if draft.allowed_domains.is_empty() {
            let detail = "expected at least one domain: the provider is shared with other organisations";
            return Err(Problem::invalid_field("/allowed_domains", detail));
        }
    } else {
        if let Some(why) = endpoint::issuer_objection(&draft.issuer, loopback) {
            return Err(Problem::invalid_field("/issuer", format!("expected the issuer's https address: {why}")));
        }
        draft.client_id = text::line("/client_id", &draft.client_id, 1, 255)?;
        if let Some(secret) = &draft.client_secret {
            text::line("/client_secret", secret, 1, 1000)?;
        }
    }
    draft.scopes = scopes(&draft.scopes)?;
    draft.allowed_domains = draft.allowed_domains.iter().map(|d| domain(d)).collect::<Result<_>>()?;
    if draft.provisioning && draft.allowed_domains.is_empty() {
        let detail = "expected at least one domain where people are made at their first sign-in";
        return Err(Problem::invalid_field("/allowed_domains", detail));
    }
    let lists = [
        ("/scopes", draft.scopes.len()),
        ("/allowed_domains", draft.allowed_domains.len()),
        ("/group_roles", draft.group_roles.len()),
    ];
    if let Some((pointer, length)) = lists.into_iter().find(|(_, length)| *length > MOST) {
        return Err(Problem::invalid_field(pointer, format!("expected at most {MOST}, got {length}")));
    }
    for (pointer, name) in [
        ("/claims/email", &draft.claims.email),
        ("/claims/name", &draft.claims.name),
        ("/claims/groups", &draft.claims.groups),
    ] {
        text::line(pointer, name, 1, 200)?;
    }
    for (group, _) in &draft.group_roles {
        text::line("/group_roles", group, 1, 300)?;
    }
    Ok(draft)
}

/// `openid` first, the others as they were.
fn scopes(asked: &[String]) -> Result<Vec<String>> {
    let mut out = vec!["openid".to_owned()];
    for scope in asked {
        // RFC 6749: printable ASCII without blank, quote and backslash.
        if scope.is_empty()
            || !scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
            || scope.len() > 200
        {
            return Err(Problem::invalid_field("/scopes", format!("`{scope}` is no scope: expected one word each")));
        }
        if !out.contains(scope) {
            out.push(scope.clone());
        }
    }
    Ok(out)
}

fn domain(text: &str) -> Result<String> {
    let domain = text.trim().trim_start_matches('@').to_lowercase();
    let good =
        (3..=253).contains(&domain.len()) && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    if good && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') {
        return Ok(domain);
    }
    Err(Problem::invalid_field("/allowed_domains", format!("expected domains such as example.org, got `{text}`")))
}

#[cfg(test)]
impl Federation {
    pub(crate) fn for_tests() -> Self {
        let claims = Claims { email: "email".to_owned(), name: "name".to_owned(), groups: "groups".to_owned() };
        Self {
            provider: "Test".to_owned(),
            shared: false,
            issuer: "https://login.example.org".to_owned(),
            client_id: "tessera".to_owned(),
            client_secret_sealed: None,
            scopes: vec!["openid".to_owned()],
            allowed_domains: Vec::new(),
            claims,
            group_roles: Vec::new(),
            provisioning: false,
            require_verified_email: true,
            enabled: true,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{domain, scopes};

    #[test]
    fn scopes_always_have_openid_and_cannot_smuggle_parameters() {
        assert_eq!(scopes(&["email".to_owned(), "openid".to_owned()]).unwrap(), ["openid", "email"]);
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
