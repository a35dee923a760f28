//! Who is asking: the one place where credentials are taken from a request.

use std::sync::OnceLock;

use access::{Action, Scope};
use http::{HeaderMap, HeaderValue, Method, header};
use identity::{
    AccessToken, ApiKey, Credential, Keys, User,
    operator::{self, Operating},
};
use kernel::{Code, Problem, Result, id::SessionId};
use platform::{
    Cx, Origin, config,
    log::{self, Level},
    pg::Source,
};
use serde_json::json;

use crate::{cookie, denial, proxies::Proxies};

/// A signed-in person's request.
pub struct SignedIn {
    /// Context of the request, with the tenant set.
    pub cx: Cx,
    /// The person.
    pub user: User,
    /// What they showed.
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

/// The value of a cookie of the request.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).find_map(|v| cookie::get(v, name))
}

/// The keys, derived once for an instance.
async fn keys_of_instance() -> Result<&'static Keys> {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    match KEYS.get() {
        Some(keys) => Ok(keys),
        None => {
            let keys = Keys::from_config().await?;
            Ok(KEYS.get_or_init(|| keys))
        }
    }
}

/// The proxies in front, read once for an instance.
async fn proxies_of_instance() -> Result<&'static Proxies> {
    static PROXIES: OnceLock<Proxies> = OnceLock::new();
    if let Some(proxies) = PROXIES.get() {
        return Ok(proxies);
    }
    let setting = config::optional("trusted_proxies").await?.unwrap_or_default();
    Ok(PROXIES.get_or_init(|| {
        Proxies::read(&setting).unwrap_or_else(|entry| {
            let message = "trusted_proxies: expected addresses and networks such as 10.0.0.0/8 with commas between them; no proxy is trusted";
            log::line(Level::Error, "api", message, &[("entry", json!(entry))]);
            Proxies::default()
        })
    }))
}

/// Where a request came from.
///
/// # Errors
/// `internal` where a configuration provider fails.
pub(crate) async fn origin(headers: &HeaderMap, request_id: &str) -> Result<Origin> {
    let of = |name| text(headers, name).unwrap_or_default();
    let forwarded = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    Ok(Origin {
        request_id: request_id.to_owned(),
        address: proxies_of_instance().await?.client(of("spin-client-addr"), forwarded),
        user_agent: of(header::USER_AGENT.as_str()).chars().take(300).collect(),
    })
}

/// The one credential of a request, in whichever header it came; true where it was a cookie, which browsers send unasked.
fn shown(headers: &HeaderMap) -> Result<(&str, bool)> {
    let refused = |detail| Err(Problem::new(Code::NotSignedIn, detail));
    match (bearer(headers), text(headers, "x-api-key"), cookie_value(headers, cookie::ACCESS)) {
        (Some(_), Some(_), _) => {
            refused("expected one credential, got a bearer token and an x-api-key; send one of them")
        }
        (Some(token), None, _) => Ok((token, false)),
        (None, Some(key), _) if ApiKey::is_meant(key) => Ok((key, false)),
        (None, Some(_), _) => refused("expected an API key in x-api-key; it begins with tsk_"),
        (None, None, Some(token)) if !ApiKey::is_meant(token) => Ok((token, true)),
        (None, None, _) => refused("sign in first: send the access token as a bearer token or a cookie, or an API key"),
    }
}

/// Finds out who is asking, and opens the request for them where their credential has the scope.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `csrf_mismatch`, `not_allowed`.
pub(crate) async fn authenticate(
    method: &Method,
    headers: &HeaderMap,
    origin: Origin,
    scope: Scope,
) -> Result<SignedIn> {
    let (text, by_cookie) = shown(headers)?;
    let credential = if ApiKey::is_meant(text) {
        Credential::Key(ApiKey::read(text)?)
    } else {
        let keys = keys_of_instance().await?;
        let token = AccessToken::verify(text, keys)?;
        if by_cookie && !method.is_safe() {
            check_csrf(headers, keys, token.session)?;
        }
        Credential::Session(token)
    };
    let (cx, user) = identity::open(Source::from_config().await?, &credential, origin).await?;
    if !access::may(user.authority, None, Action::Use(scope)) {
        if let Some(too_many) = denial::too_many(user.id).await {
            return Err(too_many);
        }
        denial::record(&cx, "scope", scope.as_str(), json!({ "scope": scope.as_str() })).await?;
        let good = user.authority.only.is_none() || Scope::FOR_ASSISTANT_KEYS.contains(&scope);
        let why = if good { "lacks the scope" } else { "is for one assistant, which excludes the scope" };
        let detail = format!("this key {why} `{}`; make one that has it, or sign in", scope.as_str());
        return Err(Problem::new(Code::NotAllowed, detail));
    }
    Ok(SignedIn { cx, user, credential })
}

/// Opens an operator's request.
///
/// # Errors
/// `not_signed_in`.
pub(crate) async fn operator(headers: &HeaderMap, origin: Origin) -> Result<Operating> {
    let key = bearer(headers).unwrap_or_default();
    operator::open(Source::from_config().await?, key, origin).await
}

/// A browser sends cookies along with any site's form; only our own pages can read the CSRF cookie and send it in a header.
fn check_csrf(headers: &HeaderMap, keys: &Keys, session: SessionId) -> Result<()> {
    let given = text(headers, "x-csrf-token").unwrap_or_default();
    if keys.is_csrf_token(session, given)? {
        return Ok(());
    }
    Err(Problem::new(
        Code::CsrfMismatch,
        "expected the value of the cookie tessera_csrf in the header x-csrf-token; reload the page",
    ))
}
