//! The response to a successful sign-in: cookies, and for programs tokens in the body.

use contract::Schema;
use credentials::{
    access_token,
    session::{Client, DEVICE_SECONDS, IDLE_SECONDS, IssuedTokens},
};
use http::header;
use kernel::{Problem, Result};
use platform::{Origin, serve::Response};
use serde::Serialize;

use crate::{Call, Reply, cookie::Cookie, kind, wire::UserBody};

/// A new session. Its tokens are in cookies: httpOnly ones, and a readable CSRF token. A program,
/// that is a request without Origin and Sec-Fetch-Site that did not show its refresh token as a
/// cookie, also gets them in the body.
#[derive(Schema, Serialize)]
pub struct LoginResult<'a> {
    /// JWT, 15 minutes; for programs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
    /// Opaque, rotates at each use; for programs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// Seconds.
    expires_in: u32,
    user: UserBody,
}

/// Where the response has the tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tokens {
    /// In cookies that scripts cannot read, and nowhere else.
    InCookies,
    /// In the body too: for programs.
    InBody,
}

impl Tokens {
    /// Where the tokens of a client go after a sign-in, a link, or a refresh token in the body: a
    /// page never gets tokens in a body, which an injected script could read.
    #[must_use]
    pub fn of(call: &Call) -> Self {
        if call.is_from_page() { Self::InCookies } else { Self::InBody }
    }
}

/// The client of the request.
#[must_use]
pub fn client(call: &Call) -> Client {
    let Origin { address, user_agent, .. } = call.origin();
    Client { user_agent, address }
}

/// Body and cookies.
///
/// # Errors
/// `internal` if they cannot be serialized.
pub async fn respond<const CODE: u16>(
    issued: &IssuedTokens,
    tokens: Tokens,
) -> Result<Reply<kind::Status<CODE, LoginResult<'static>>>> {
    let in_body = |token| (tokens == Tokens::InBody).then_some(token);
    let body = LoginResult {
        access_token: in_body(issued.access_token.as_str()),
        refresh_token: in_body(issued.refresh_token.as_str()),
        expires_in: access_token::LIFETIME_SECONDS,
        user: UserBody::from(&issued.user),
    };
    let mut response: Response = crate::json::<CODE, _>(&body)?.into();
    set_tokens(&mut response, issued).await?;
    if let Some(device) = &issued.device {
        set_device(&mut response, device).await?;
    }
    Ok(Reply::new(response))
}

/// The cookie that makes the browser a known one.
///
/// # Errors
/// As [`respond`].
pub async fn set_device(response: &mut Response, value: &str) -> Result<()> {
    set_cookie(response, Cookie::Device, value, DEVICE_SECONDS).await
}

/// Sets one cookie; `max_age` in seconds, 0 removes it.
///
/// # Errors
/// As [`respond`].
pub async fn set_cookie(
    response: &mut Response,
    cookie: Cookie,
    value: &str,
    max_age: i64,
) -> Result<()> {
    let set = cookie.set(value, secure().await?, max_age);
    response.headers_mut().append(header::SET_COOKIE, set.parse().map_err(Problem::internal)?);
    Ok(())
}

/// Sets the cookies alone.
///
/// # Errors
/// As [`respond`].
pub async fn set_tokens(response: &mut Response, issued: &IssuedTokens) -> Result<()> {
    let values =
        [issued.access_token.as_str(), issued.refresh_token.as_str(), issued.csrf_token.as_str()];
    let ages = [access_token::LIFETIME_SECONDS.into(), IDLE_SECONDS.into(), IDLE_SECONDS.into()];
    set_cookies(response, values, ages).await
}

/// Removes the cookies.
///
/// # Errors
/// As [`respond`].
pub async fn clear_cookies(response: &mut Response) -> Result<()> {
    set_cookies(response, [""; 3], [0; 3]).await
}

/// Whether users reach the installation over https, so that cookies are `Secure` and have prefixes.
/// Over plain http, on loopback and in local networks, not all browsers would store such a cookie.
///
/// # Errors
/// `internal` if a configuration provider fails.
pub(crate) async fn secure() -> Result<bool> {
    let url = platform::config::optional("public_url").await?.unwrap_or_default();
    Ok(url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")))
}

async fn set_cookies(response: &mut Response, values: [&str; 3], max_ages: [i64; 3]) -> Result<()> {
    let cookies = [Cookie::Access, Cookie::Refresh, Cookie::Csrf];
    for ((cookie, value), max_age) in cookies.into_iter().zip(values).zip(max_ages) {
        set_cookie(response, cookie, value, max_age).await?;
    }
    Ok(())
}
