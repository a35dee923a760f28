//! What a successful sign-in answers: tokens in the body, cookies for browsers.

use http::{StatusCode, header};
use identity::{
    access_token, device,
    session::{Client, Grant, IDLE_SECONDS},
};
use kernel::{Problem, Result};
use platform::{Origin, serve::Response};
use serde::Serialize;

use crate::{Call, cookie, wire::UserBody};

#[derive(Serialize)]
struct LoginResult<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    expires_in: u32,
    user: UserBody,
}

/// Where the request came from.
#[must_use]
pub fn client(call: &Call) -> Client {
    let Origin { address, user_agent, .. } = call.origin();
    Client { user_agent, address }
}

/// Body and cookies.
///
/// # Errors
/// `internal` where they cannot be written.
pub async fn respond(status: StatusCode, granted: &Grant) -> Result<Response> {
    let body = LoginResult {
        access_token: &granted.access_token,
        refresh_token: &granted.refresh_token,
        expires_in: access_token::LIFETIME_SECONDS,
        user: UserBody::from(&granted.user),
    };
    let mut response = crate::json(status, &body)?;
    set_tokens(&mut response, granted).await?;
    if let Some(device) = &granted.device {
        set_device(&mut response, device).await?;
    }
    Ok(response)
}

/// The cookie that makes the browser a known one.
///
/// # Errors
/// As [`respond`].
pub async fn set_device(response: &mut Response, value: &str) -> Result<()> {
    let (secure, max_age) = (secure().await?, device::LIFETIME_SECONDS);
    let manner = cookie::Manner { path: "/api/v1/auth", http_only: true, secure, max_age };
    append(response, &cookie::set(cookie::DEVICE, value, manner))
}

fn append(response: &mut Response, cookie: &str) -> Result<()> {
    response.headers_mut().append(header::SET_COOKIE, cookie.parse().map_err(Problem::internal)?);
    Ok(())
}

/// Cookies alone.
///
/// # Errors
/// As [`respond`].
pub async fn set_tokens(response: &mut Response, granted: &Grant) -> Result<()> {
    let values = [granted.access_token.as_str(), granted.refresh_token.as_str(), granted.csrf_token.as_str()];
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

/// Whether cookies are for TLS only. Plain HTTP happens on loopback only; there a browser would drop a Secure cookie.
///
/// # Errors
/// `internal` where a configuration provider fails.
pub async fn secure() -> Result<bool> {
    Ok(platform::config::optional("public_url").await?.is_some_and(|url| url.starts_with("https://")))
}

async fn set_cookies(response: &mut Response, values: [&str; 3], max_ages: [i64; 3]) -> Result<()> {
    let secure = secure().await?;
    let kinds = [(cookie::ACCESS, "/", true), (cookie::REFRESH, "/api/v1/auth", true), (cookie::CSRF, "/", false)];
    for (((name, path, http_only), value), max_age) in kinds.into_iter().zip(values).zip(max_ages) {
        let manner = cookie::Manner { path, http_only, secure, max_age };
        append(response, &cookie::set(name, value, manner))?;
    }
    Ok(())
}
