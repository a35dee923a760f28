//! Who is asking: the one place where credentials are taken from a request.

use std::sync::OnceLock;

use http::{HeaderMap, Method, header};
use identity::{AccessToken, Keys, User, keys};
use kernel::{Code, Problem, Result, id::SessionId};
use platform::{Cx, pg::Source};

use crate::cookie;

/// A signed-in person's request.
pub struct SignedIn {
    /// Context of the request, with the tenant set.
    pub cx: Cx,
    /// The person.
    pub user: User,
    /// The session.
    pub session: SessionId,
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

/// Finds out who is asking, and opens the request for them.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `csrf_mismatch`.
pub(crate) async fn authenticate(method: &Method, headers: &HeaderMap, request_id: &str) -> Result<SignedIn> {
    let keys = keys_of_instance().await?;
    let (text, by_cookie) = match (bearer(headers), cookie_value(headers, cookie::ACCESS)) {
        (Some(token), _) => (token, false),
        (None, Some(token)) => (token, true),
        (None, None) => {
            let detail = "sign in first: send the access token as a bearer token or a cookie";
            return Err(Problem::new(Code::NotSignedIn, detail));
        }
    };
    let token = AccessToken::verify(text, keys)?;
    if by_cookie && !method.is_safe() {
        check_csrf(headers, keys, token.session)?;
    }
    let (cx, user) = identity::open(Source::from_config().await?, token, request_id.to_owned()).await?;
    Ok(SignedIn { cx, user, session: token.session })
}

/// A browser sends cookies along with any site's form; only our own pages can read the CSRF cookie and send it in a header.
fn check_csrf(headers: &HeaderMap, keys: &Keys, session: SessionId) -> Result<()> {
    let given = text(headers, "x-csrf-token").unwrap_or_default();
    if keys::same(given.as_bytes(), keys.csrf_token(session)?.as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(
        Code::CsrfMismatch,
        "expected the value of the cookie tessera_csrf in the header x-csrf-token; reload the page",
    ))
}
