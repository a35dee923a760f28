//! Authentication: the only place that takes credentials from a request.

use std::sync::Arc;

use access::{Action, Scope};
use credentials::{
    AccessToken, ApiKey, Credential, DirectoryContext, GrantContext, OperatorContext, PublicKeys,
    User, mac, model_grant, operator,
};
use http::{HeaderMap, HeaderValue, Method, header};
use kernel::{Code, Problem, Result};
use platform::{
    Cx, Origin,
    config::{self, OncePerInstance},
    log::{self, Level},
    pg::Source,
};
use serde_json::json;

use crate::{
    cookie::{self, Cookie},
    denial,
    proxies::Proxies,
    router,
};

/// The request of a signed-in user.
pub struct UserRequest {
    /// Context of the request, with the tenant set.
    pub cx: Cx,
    /// The user.
    pub user: User,
    /// The credential.
    pub credential: Credential,
}

/// A header's last value as text: hosts append, so the last one is the host's own.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).iter().next_back()?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The different values of a cookie of the request.
pub(crate) async fn cookie_values(headers: &HeaderMap, cookie: Cookie) -> Result<Vec<&str>> {
    let name = cookie.name(crate::login_response::secure().await?);
    Ok(cookie::values(
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()),
        name,
    ))
}

/// The public keys for access tokens.
async fn public_keys() -> Result<Arc<PublicKeys>> {
    static KEYS: OncePerInstance<PublicKeys> = OncePerInstance::new();
    KEYS.get(PublicKeys::from_config).await
}

/// The configured proxies.
async fn trusted_proxies() -> Result<Arc<Proxies>> {
    static PROXIES: OncePerInstance<Proxies> = OncePerInstance::new();
    PROXIES.get(read_proxies).await
}

async fn read_proxies() -> Result<Proxies> {
    let setting = config::optional("trusted_proxies").await?.unwrap_or_default();
    Ok(Proxies::read(&setting).unwrap_or_else(|entry| {
        let message = "trusted_proxies: expected addresses and networks such as 10.0.0.0/8 with commas between them; no proxy is trusted";
        log::line(Level::Error, "api", message, &[("entry", json!(entry))]);
        Proxies::default()
    }))
}

/// The origin of a request.
///
/// # Errors
/// `internal` if a configuration provider fails.
pub(crate) async fn origin(headers: &HeaderMap, request_id: &str) -> Result<Origin> {
    let of = |name| text(headers, name).unwrap_or_default();
    let forwarded = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    Ok(Origin {
        request_id: request_id.to_owned(),
        address: trusted_proxies().await?.client(of("spin-client-addr"), forwarded),
        user_agent: of(header::USER_AGENT.as_str()).chars().take(300).collect(),
    })
}

/// A credential as the request carries it.
enum PresentedCredential<'a> {
    /// In a header, which only a program or one of our pages sets.
    Header(&'a str),
    /// As cookies, which browsers send with every request.
    Cookies(Vec<&'a str>),
}

/// The one credential of a request, in a header or in cookies.
async fn presented(headers: &HeaderMap) -> Result<PresentedCredential<'_>> {
    let refused = |detail| Err(Problem::new(Code::NotSignedIn, detail));
    match (bearer(headers), text(headers, "x-api-key")) {
        (Some(_), Some(_)) => refused(
            "expected one credential, got a bearer token and an x-api-key; send one of them",
        ),
        (Some(token), None) => Ok(PresentedCredential::Header(token)),
        (None, Some(key)) if ApiKey::is_meant(key) => Ok(PresentedCredential::Header(key)),
        (None, Some(_)) => refused("expected an API key in x-api-key; it begins with tsk_"),
        (None, None) => match cookie_values(headers, Cookie::Access).await? {
            values if values.is_empty() => refused(
                "sign in first: send the access token as a bearer token or a cookie, or an API key",
            ),
            values => Ok(PresentedCredential::Cookies(values)),
        },
    }
}

async fn credential(method: &Method, headers: &HeaderMap) -> Result<Credential> {
    match presented(headers).await? {
        PresentedCredential::Header(text) if ApiKey::is_meant(text) => {
            Ok(Credential::Key(ApiKey::read(text)?))
        }
        PresentedCredential::Header(text) => {
            Ok(Credential::Session(AccessToken::verify(text, &*public_keys().await?)?.token))
        }
        PresentedCredential::Cookies(values) => {
            Ok(Credential::Session(by_cookie(method, headers, &values).await?))
        }
    }
}

/// The token among the values of the access cookie. Invalid values are skipped, otherwise another
/// host could lock a browser out. If two are valid for different sessions, the CSRF token decides;
/// without it the request is refused, because another host could have planted its own session.
async fn by_cookie(method: &Method, headers: &HeaderMap, values: &[&str]) -> Result<AccessToken> {
    let keys = public_keys().await?;
    let (mut good, mut wrong) = (Vec::new(), None);
    for value in values {
        match AccessToken::verify(value, &keys) {
            Ok(verified) => good.push(verified),
            Err(problem) => wrong = Some(problem),
        }
    }
    let Some(first) = good.first().map(|verified| verified.token.session) else {
        return Err(wrong.unwrap_or_else(|| Problem::new(Code::NotSignedIn, "sign in first")));
    };
    let ambiguous = good.iter().any(|verified| verified.token.session != first);
    if !method.is_safe() || ambiguous {
        let given = text(headers, "x-csrf-token").unwrap_or_default();
        good.retain(|verified| verified.is_csrf_token(given));
    }
    match good.first() {
        Some(verified) => Ok(verified.token),
        None if method.is_safe() => Err(Problem::new(
            Code::NotSignedIn,
            "the browser sent the cookies of two sessions, and no CSRF token to choose between them; delete the cookies of this address, and sign in again",
        )),
        // A browser sends cookies with the form of any site; only our own pages can read the CSRF
        // cookie and send it in a header.
        None => Err(Problem::new(
            Code::CsrfMismatch,
            "expected the value of the CSRF cookie in the header x-csrf-token; reload the page",
        )),
    }
}

/// Authenticates a user's request, and opens its context if the credential has the scope.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `csrf_mismatch`, `not_allowed`.
pub(crate) async fn person(
    method: &Method,
    headers: &HeaderMap,
    origin: Origin,
    scope: Scope,
) -> Result<UserRequest> {
    open(credential(method, headers).await?, origin, &[scope]).await
}

/// Authenticates a program by its API key, which may use models, assistants, or both. Only a bearer
/// token counts: what browsers send by themselves opens nothing here.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `not_allowed`.
pub(crate) async fn model_client(headers: &HeaderMap, origin: Origin) -> Result<UserRequest> {
    let key = bearer(headers).filter(|token| ApiKey::is_meant(token)).ok_or_else(|| {
        let detail = "expected an API key as a bearer token: authorization: Bearer tsk_…; make one under My account";
        Problem::new(Code::NotSignedIn, detail)
    })?;
    open(Credential::Key(ApiKey::read(key)?), origin, &[Scope::AssistantsUse, Scope::ModelsUse])
        .await
}

/// Opens the request if the credential has one of these scopes.
async fn open(credential: Credential, origin: Origin, scopes: &[Scope]) -> Result<UserRequest> {
    let (cx, user) =
        credentials::authenticate(Source::from_config().await?, &credential, origin).await?;
    if !scopes.iter().any(|scope| access::may(user.principal, None, Action::Use(*scope))) {
        if let Some(too_many) = denial::too_many(user.id).await {
            return Err(too_many);
        }
        let names = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join("` or `");
        let plain = names.replace('`', "");
        denial::record(&cx, "scope", &plain, json!({ "scope": plain })).await?;
        let good = user.principal.only.is_none()
            || scopes.iter().any(|scope| Scope::FOR_ASSISTANT_KEYS.contains(scope));
        let why =
            if good { "lacks the scope" } else { "is for one assistant, which excludes the scope" };
        let detail = format!("this key {why} `{names}`; make one that has it, or sign in");
        return Err(Problem::new(Code::NotAllowed, detail));
    }
    Ok(UserRequest { cx, user, credential })
}

/// Authenticates an operator's request.
///
/// # Errors
/// `not_signed_in`.
pub(crate) async fn operator(headers: &HeaderMap, origin: Origin) -> Result<OperatorContext> {
    let key = bearer(headers).unwrap_or_default();
    operator::authenticate(Source::from_config().await?, key, origin).await
}

/// Authenticates a directory's request: its token names the tenant.
///
/// # Errors
/// `not_signed_in`.
pub(crate) async fn directory(headers: &HeaderMap, origin: Origin) -> Result<DirectoryContext> {
    DirectoryContext::open(
        Source::from_config().await?,
        bearer(headers).unwrap_or_default(),
        origin,
    )
    .await
}

/// Authenticates a component of ours by its grant.
///
/// # Errors
/// `no_such_route`: for other callers the route does not exist.
pub(crate) async fn model_grant(headers: &HeaderMap, origin: Origin) -> Result<GrantContext> {
    let grant = text(headers, model_grant::HEADER).unwrap_or_default();
    GrantContext::open(Source::from_config().await?, grant, origin).await
}

/// Authenticates the installation's own processes.
///
/// # Errors
/// `no_such_route`: for other callers the route does not exist.
pub(crate) async fn installation(headers: &HeaderMap) -> Result<()> {
    let expected = config::required("internal_key").await?;
    let given = text(headers, "x-internal-key").unwrap_or_default();
    if mac::constant_time_eq(given.as_bytes(), expected.as_bytes()) {
        Ok(())
    } else {
        Err(router::no_route())
    }
}
