//! `POST /api/v1/auth/logout`: end this session; its tokens stop working at once.

use api::{Call, Response, grant};
use federation::sign_out;
use identity::session;
use kernel::Result;
use serde::Serialize;

#[derive(Serialize)]
struct LoggedOut {
    end_session_url: String,
}

pub(crate) async fn logout(call: Call) -> Result<Response> {
    let (cx, session) = (call.cx()?, call.session()?);
    session::end(cx, session).await?;
    let origin = platform::config::optional("public_url").await?.unwrap_or_default();
    let back_to = format!("{}/sign-in", origin.trim_end_matches('/'));
    // Where the session was begun at a provider, the browser goes there to end that one, too.
    let mut response = match sign_out::url(cx, session, &back_to).await? {
        Some(end_session_url) => api::ok(&LoggedOut { end_session_url })?,
        None => api::no_content()?,
    };
    grant::clear_cookies(&mut response).await?;
    Ok(response)
}
