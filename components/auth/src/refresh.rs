//! `POST /api/v1/auth/refresh`: exchange the newest refresh token (body or cookie) for a newer one.

use api::{Call, Response, cookie, grant};
use http::StatusCode;
use identity::{Keys, session};
use kernel::{Code, Problem, Result};
use platform::pg::Source;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Refresh {
    #[serde(default)]
    refresh_token: Option<String>,
}

pub(crate) async fn refresh(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let body: Refresh = if bytes.is_empty() { Refresh::default() } else { api::parse(&bytes)? };
    let token = match (&body.refresh_token, call.cookie(cookie::REFRESH)) {
        (Some(token), _) => token.clone(),
        // A cookie alone comes with any site's form (SameSite=Lax holds back most): our own pages add this header, forms cannot.
        (None, Some(token)) if call.header("x-csrf-token").is_some() => token.to_owned(),
        (None, Some(_)) => {
            return Err(Problem::new(Code::CsrfMismatch, "expected the header x-csrf-token; reload the page"));
        }
        (None, None) => {
            return Err(Problem::new(Code::NotSignedIn, "expected a refresh token in the body or the cookie; sign in"));
        }
    };
    let (source, keys) = (Source::from_config().await?, Keys::from_config().await?);
    grant::respond(
        StatusCode::OK,
        &session::refresh(source, &keys, &token, &grant::client(&call), &call.request_id).await?,
    )
    .await
}
