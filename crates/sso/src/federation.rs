//! A tenant's identity provider: the noun, and its management.

use access::Action;
use kernel::{Problem, ReasonCode, Result, Timestamp, id, text};
use platform::Cx;
use secrets::Secret;

use crate::{Settings, endpoint, store};

/// The column for which the client secret is sealed.
pub(crate) const SECRET_COLUMN: &str = "federations.client_secret_sealed";

/// Permission to manage a tenant's federation. The caller is checked where this is created, not
/// where it is used.
pub struct EditPermit(());

impl EditPermit {
    /// Permission of the tenant's own administrators. The provider decides who signs in as which
    /// user, so this takes every right in the tenant.
    ///
    /// # Errors
    /// `not_allowed` for all other callers.
    pub fn of_administrator(cx: &Cx) -> Result<Self> {
        cx.require(Action::ManageSignIn)?;
        Ok(Self(()))
    }

    /// Permission of the installation's operator, whom the caller has authenticated.
    #[must_use]
    pub fn of_operator() -> Self {
        Self(())
    }
}

/// A tenant's identity provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Federation {
    /// The settings of an administrator.
    pub settings: Settings,
    pub(crate) client_secret_sealed: Option<String>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// The values to store.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The settings of an administrator.
    pub settings: Settings,
    /// The client secret; None: the stored one stays.
    pub client_secret: Option<String>,
}

/// A federation with everything that a login needs.
pub(crate) struct Client {
    pub(crate) federation: Federation,
    pub(crate) secret: Secret,
}

/// The tenant's federation.
///
/// # Errors
/// `not_found` if there is none.
pub async fn get(cx: &Cx, _: &EditPermit) -> Result<Federation> {
    store::get(cx).await?.ok_or_else(|| id::not_found("sign-in of the organisation"))
}

/// The secret for display: its last four characters.
///
/// # Errors
/// Database errors; `internal` if the secret does not open.
pub async fn masked_secret(
    cx: &Cx,
    federation: &Federation,
    _: &EditPermit,
) -> Result<Option<String>> {
    match &federation.client_secret_sealed {
        Some(sealed) => Ok(Some(secrets::open(cx, SECRET_COLUMN, sealed).await?.masked())),
        None => Ok(None),
    }
}

/// Stores the tenant's federation.
///
/// # Errors
/// `invalid_body`, naming the member.
pub async fn put(cx: &Cx, permit: &EditPermit, draft: Draft) -> Result<Federation> {
    let settings = draft.settings.checked(endpoint::loopback_allowed().await?)?;
    if settings.shared && shared_provider().await?.is_none() {
        let detail = "this installation has no shared provider; name an issuer of your own";
        return Err(Problem::refused_field("/shared", ReasonCode::SharedProviderMissing, detail));
    }
    let sealed = match draft.client_secret {
        _ if settings.shared => None,
        Some(secret) => {
            text::line("/client_secret", &secret, 1, 1000)?;
            Some(secrets::seal(cx, SECRET_COLUMN, &secret).await?)
        }
        None => Some(stored_secret(cx, &settings).await?),
    };
    store::put(cx, &settings, sealed.as_deref()).await?;
    get(cx, permit).await
}

/// A stored secret is reused only for the issuer that it was entered for.
async fn stored_secret(cx: &Cx, settings: &Settings) -> Result<String> {
    let before = store::get(cx).await?.filter(|before| before.settings.issuer == settings.issuer);
    before.and_then(|before| before.client_secret_sealed).ok_or_else(|| {
        Problem::refused_field(
            "/client_secret",
            ReasonCode::ClientSecretMissing,
            "expected the client secret: there is none yet for this issuer",
        )
    })
}

/// Removes the federation: users then sign in with passwords only. Their identities at the provider
/// stay, in case it is configured again.
///
/// # Errors
/// `not_found` if there is none.
pub async fn delete(cx: &Cx, _: &EditPermit) -> Result<()> {
    if store::delete(cx).await? {
        Ok(())
    } else {
        Err(id::not_found("sign-in of the organisation"))
    }
}

/// The installation's shared provider, from the variables: issuer, client id, secret.
async fn shared_provider() -> Result<Option<(String, String, Secret)>> {
    use platform::config::optional;

    let named = (
        optional("oidc_issuer").await?,
        optional("oidc_client_id").await?,
        optional("oidc_client_secret").await?,
    );
    Ok(match named {
        (Some(issuer), Some(client), Some(secret)) => Some((issuer, client, Secret::new(secret))),
        _ => None,
    })
}

/// The tenant's federation, ready to sign in with; None if there is none, or it is disabled.
pub(crate) async fn client(cx: &Cx) -> Result<Option<Client>> {
    let Some(federation) = store::get(cx).await?.filter(|f| f.settings.enabled) else {
        return Ok(None);
    };
    complete(cx, federation).await
}

/// Adds what is not in the row: the opened secret, or the shared provider.
pub(crate) async fn complete(cx: &Cx, mut federation: Federation) -> Result<Option<Client>> {
    if federation.settings.shared {
        return Ok(shared_provider().await?.map(|(issuer, client_id, secret)| {
            (federation.settings.issuer, federation.settings.client_id) = (issuer, client_id);
            Client { federation, secret }
        }));
    }
    let Some(sealed) = &federation.client_secret_sealed else { return Ok(None) };
    let secret = secrets::open(cx, SECRET_COLUMN, sealed).await?;
    Ok(Some(Client { federation, secret }))
}

/// Whether issuer and client are those of the shared provider.
pub(crate) async fn is_shared(issuer: &str, client_id: &str) -> Result<bool> {
    Ok(shared_provider().await?.is_some_and(|(i, c, _)| i == issuer && c == client_id))
}
