//! `POST /api/v1/auth/logout`: end this session; its tokens stop working at once.

use api::{Call, Json, NoContent, Reply, login_response};
use contract::Schema;
use credentials::session;
use kernel::{Result, id::SessionId};
use platform::{
    Cx,
    log::{self, Level},
};
use serde::Serialize;
use serde_json::json;
use sso::sign_out;

/// Where the browser goes to end the session at the provider, too.
#[derive(Schema, Serialize)]
pub(crate) struct LoggedOut {
    end_session_url: String,
}

pub(crate) async fn logout(call: Call) -> Result<Reply<(Json<LoggedOut>, NoContent)>> {
    let (cx, session) = (call.cx()?, call.session()?);
    let origin = platform::config::optional("public_url").await?.unwrap_or_default();
    let back_to = format!("{}/sign-in", origin.trim_end_matches('/'));
    // Made beforehand: when the session has ended, the browser keeps no cookies, even if a later
    // step fails.
    let mut here = api::no_content()?;
    login_response::clear_cookies(here.response_mut()).await?;
    session::end(cx, session).await?;
    let Some(end_session_url) = at_provider(cx, session, &back_to).await else {
        return Ok(here.into_kind());
    };
    let mut response = api::ok(&LoggedOut { end_session_url })?;
    response.headers_mut().extend(std::mem::take(here.headers_mut()));
    Ok(response.into_kind())
}

/// Where the session was begun at a provider, the browser goes there to end that one, too.
async fn at_provider(cx: &Cx, session: SessionId, back_to: &str) -> Option<String> {
    let found = sign_out::url(cx, session, back_to).await;
    found.unwrap_or_else(|problem| {
        let error = problem.code.as_str();
        let members = [
            ("request_id", json!(cx.request_id)),
            ("error", json!(error)),
            ("cause", json!(problem.cause)),
        ];
        log::line(
            Level::Warn,
            "auth",
            "signed out here alone: could not look where the session was begun",
            &members,
        );
        None
    })
}
