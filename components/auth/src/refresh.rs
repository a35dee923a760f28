//! `POST /api/v1/auth/refresh`: exchange the newest refresh token (body or cookie) for a newer one.

use api::{
    Call, CallWith, Json, Maybe,
    cookie::Cookie,
    login_response::{self, LoginResult, Tokens},
};
use contract::Schema;
use credentials::{RefreshToken, SessionKeys, session};
use kernel::{Code, Problem, Result};
use platform::pg::Source;
use serde::Deserialize;

use crate::keys;

/// Rotate. The body may be empty where the refresh cookie is sent.
#[derive(Default, Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    #[serde(default)]
    refresh_token: Option<String>,
}

pub(crate) async fn refresh(
    mut call: CallWith<Maybe<Refresh>>,
) -> Result<Json<LoginResult<'static>>> {
    let bytes = call.bytes().await?;
    let body: Refresh = if bytes.is_empty() {
        Refresh::default()
    } else {
        call.expect_json()?;
        api::parse(&bytes)?
    };
    let keys = keys::of_instance().await?;
    let (token, tokens) = match body.refresh_token {
        Some(token) => (token, Tokens::of(&call)),
        // Tokens from a cookie are renewed in cookies only: no script of the page may read them.
        None => (by_cookie(&call, &keys).await?, Tokens::InCookies),
    };
    let (source, client) = (Source::from_config().await?, login_response::client(&call));
    let issued = session::refresh(source, &keys, &token, &client, &call.request_id).await?;
    login_response::respond(&issued, tokens).await
}

/// The refresh token among the values of the cookie that belongs to the CSRF token of the page.
/// Another host of the domain can add values, but neither read nor set our CSRF cookie: it can
/// neither plant a session of its own nor lock the browser out.
async fn by_cookie(call: &Call, keys: &SessionKeys) -> Result<String> {
    let values = call.cookies(Cookie::Refresh).await?;
    if values.is_empty() {
        return Err(Problem::new(
            Code::NotSignedIn,
            "expected a refresh token in the body or the cookie; sign in",
        ));
    }
    let given = call.header("x-csrf-token").unwrap_or_default();
    for value in values {
        let belongs = RefreshToken::read(value)
            .map(|token| keys.is_csrf_token(token.session(), given))
            .transpose()?;
        if belongs == Some(true) {
            return Ok(value.to_owned());
        }
    }
    Err(Problem::new(
        Code::CsrfMismatch,
        "expected the session's CSRF token in the header x-csrf-token; reload the page",
    ))
}
