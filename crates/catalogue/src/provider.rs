//! Providers of models: an address, what it speaks, and a credential that no one sees again.

use access::Action;
use credentials::{GrantPurpose, ModelGrant};
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, ProviderId},
    text,
};
use models::Dialect;
use platform::Cx;
use secrets::Secret;

use crate::{base_url, store::providers as store};

/// The column that credentials are sealed for.
pub(crate) const CREDENTIAL_COLUMN: &str = "model_providers.credential_sealed";

/// A provider of the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ProviderId,
    /// Unique in the tenant, ignoring case.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// `https://…`, without a slash at its end.
    pub base_url: String,
    /// For [`Dialect::AzureDated`].
    pub api_version: Option<String>,
    /// What people may see of the credential: `…` and its last four characters, or `…`; none: it
    /// has no credential.
    pub credential_hint: Option<String>,
    /// Whether its models are asked.
    pub enabled: bool,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A provider to be.
#[derive(Clone, Debug)]
pub struct NewProvider<'a> {
    /// 1 to 100 characters.
    pub name: &'a str,
    /// [`Dialect::as_str`].
    pub dialect: &'a str,
    /// Its address.
    pub base_url: &'a str,
    /// For [`Dialect::AzureDated`], which needs one.
    pub api_version: Option<&'a str>,
    /// 1 to 2 000 characters; none if it needs none.
    pub credential: Option<&'a str>,
}

/// A change of a provider. None: as it is.
#[derive(Clone, Default, Debug)]
pub struct ProviderChange<'a> {
    /// As in [`NewProvider`].
    pub name: Option<&'a str>,
    /// Another origin needs the credential again.
    pub base_url: Option<&'a str>,
    /// As in [`NewProvider`].
    pub api_version: Option<&'a str>,
    /// Another one; `Some(None)` removes it.
    pub credential: Option<Option<&'a str>>,
    /// Whether its models are asked.
    pub enabled: Option<bool>,
}

/// The providers of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_providers(cx: &Cx, request: PageRequest) -> Result<Page<Provider>> {
    cx.require(Action::ManageModels)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |provider| Cursor {
        at: provider.created_at,
        id: provider.id.0,
    }))
}

/// One of them.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_provider(cx: &Cx, provider: ProviderId) -> Result<Provider> {
    cx.require(Action::ManageModels)?;
    stored(cx, provider).await
}

async fn stored(cx: &Cx, provider: ProviderId) -> Result<Provider> {
    store::get(cx, provider).await?.ok_or_else(|| id::not_found("provider"))
}

/// Adds one.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` if the name is taken; `internal` if the credential
/// cannot be sealed.
pub async fn create_provider(cx: &Cx, new: &NewProvider<'_>) -> Result<Provider> {
    cx.require(Action::ManageModels)?;
    let dialect = Dialect::parse(new.dialect).ok_or_else(|| {
        let known: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.as_str()).collect();
        Problem::refused_field(
            "/dialect",
            ReasonCode::UnknownValue,
            format!("expected one of {}", known.join(", ")),
        )
    })?;
    let base_url = base_url::checked(new.base_url).await?;
    let (sealed, hint) = sealed(cx, &base_url, new.credential).await?.unzip();
    let row = store::NewRow {
        id: cx.new_id()?,
        name: text::line("/name", new.name, 1, 100)?,
        dialect,
        base_url,
        api_version: api_version(dialect, new.api_version)?,
        sealed,
        hint,
    };
    store::insert(cx, &row).await?;
    stored(cx, row.id).await
}

/// Changes one.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` if the name is taken; `internal` if the
/// credential cannot be sealed.
pub async fn update_provider(
    cx: &Cx,
    provider: ProviderId,
    change: &ProviderChange<'_>,
) -> Result<Provider> {
    cx.require(Action::ManageModels)?;
    let before = stored(cx, provider).await?;
    let base_url = match change.base_url {
        Some(url) => Some(base_url::checked(url).await?),
        None => None,
    };
    let moves =
        base_url.as_deref().is_some_and(|url| !base_url::same_origin(url, &before.base_url));
    // Otherwise a change of the address would send the stored credential to another server.
    if moves && before.credential_hint.is_some() && change.credential.is_none() {
        let detail =
            "expected the credential again: the stored one was entered for another address";
        return Err(Problem::refused_field("/credential", ReasonCode::CredentialAgain, detail));
    }
    let credential = match change.credential {
        None => store::Credential::Keep { entered_for: &before.base_url },
        Some(credential) => {
            let goes_to = base_url.as_deref().unwrap_or(&before.base_url);
            store::Credential::Set(sealed(cx, goes_to, credential).await?)
        }
    };
    let row = store::Change {
        name: change.name.map(|name| text::line("/name", name, 1, 100)).transpose()?,
        base_url,
        api_version: match change.api_version {
            Some(version) => api_version(before.dialect, Some(version))?,
            None => None,
        },
        credential,
        enabled: change.enabled,
    };
    if !store::update(cx, provider, &row).await? {
        let detail = "another administrator changed this provider just now; look at it again, then repeat the change";
        return Err(Problem::conflict(ReasonCode::ChangedMeanwhile, detail));
    }
    stored(cx, provider).await
}

/// Deletes one with its models; aliases continue with their other models.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_provider(cx: &Cx, provider: ProviderId) -> Result<()> {
    cx.require(Action::ManageModels)?;
    if store::delete(cx, provider).await? { Ok(()) } else { Err(id::not_found("provider")) }
}

/// What an administrator shows the gateway to test a provider.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn administration_grant(cx: &Cx, provider: ProviderId) -> Result<ModelGrant> {
    get_provider(cx, provider).await?;
    ModelGrant::request(cx, GrantPurpose::Administration, &[provider.0]).await
}

/// The credential within an opened text of `model_providers.credential_sealed`, for a request to
/// this address.
///
/// # Errors
/// `internal` if it was entered for another origin: something but an administrator changed the row.
pub fn credential_for<'s>(base_url: &str, opened: &'s Secret) -> Result<&'s str> {
    let (entered_for, credential) = opened.expose().split_once('\n').unwrap_or_default();
    if base_url::origin(base_url).is_some_and(|origin| origin == entered_for) {
        return Ok(credential);
    }
    Err(Problem::internal(
        "a provider's credential was sealed for another address than the row has",
    ))
}

/// The credential, sealed with the origin that it was entered for, and what people may see of it.
/// The row alone cannot send it elsewhere then.
async fn sealed(
    cx: &Cx,
    base_url: &str,
    credential: Option<&str>,
) -> Result<Option<(String, String)>> {
    let Some(credential) = credential.map(str::trim) else { return Ok(None) };
    // It becomes a header field.
    let fits =
        (1..=2_000).contains(&credential.len()) && credential.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        let detail = "expected 1 to 2000 printable ASCII characters without spaces, as the provider shows the key";
        return Err(Problem::refused_field("/credential", ReasonCode::CredentialFormat, detail));
    }
    let origin = base_url::origin(base_url).unwrap_or_default();
    let sealed = secrets::seal(cx, CREDENTIAL_COLUMN, &format!("{origin}\n{credential}")).await?;
    Ok(Some((sealed, Secret::new(credential.to_owned()).masked())))
}

fn api_version(dialect: Dialect, version: Option<&str>) -> Result<Option<String>> {
    let fits = |version: &str| {
        (1..=40).contains(&version.len())
            && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    match (dialect, version) {
        (Dialect::AzureDated, Some(version)) if fits(version) => Ok(Some(version.to_owned())),
        (Dialect::AzureDated, _) => Err(Problem::refused_field(
            "/api_version",
            ReasonCode::ApiVersionMissing,
            "expected the api-version of the resource, such as 2024-10-21",
        )),
        (_, None) => Ok(None),
        (_, Some(_)) => Err(Problem::refused_field(
            "/api_version",
            ReasonCode::ApiVersionUnused,
            "only providers of the dialect azure_dated have one",
        )),
    }
}
