//! Signing out at the provider too (RP-initiated logout).

use kernel::{Result, id::SessionId};
use platform::Cx;
use platform::redis::Redis;

use crate::{discovery, login::ID_TOKEN_COLUMN, store::sessions as store};

/// Where a session was begun.
pub(crate) struct SsoSession {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) id_token_sealed: Option<String>,
}

/// Where the browser goes to end the session at the provider, too; None if it was not begun there, or the provider cannot do it or
/// does not answer, or Redis does not: the session here ends in any case.
///
/// # Errors
/// What the database says.
pub async fn url(cx: &Cx, session: SessionId, back_to: &str) -> Result<Option<String>> {
    let Some(begun) = store::begun(cx, session).await? else { return Ok(None) };
    let hint = match &begun.id_token_sealed {
        Some(sealed) => secrets::open(cx, ID_TOKEN_COLUMN, sealed).await.ok(),
        None => None,
    };
    // A provider may take ten seconds to answer: whoever signs out waits for that, and nobody else for a connection.
    cx.db.release().await;
    let Ok(redis) = Redis::open().await else { return Ok(None) };
    let Ok(metadata) = discovery::metadata(&redis, &begun.issuer).await else { return Ok(None) };
    let Some(endpoint) = metadata.end_session_endpoint else { return Ok(None) };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", &begun.client_id).append_pair("post_logout_redirect_uri", back_to);
    if let Some(hint) = &hint {
        query.append_pair("id_token_hint", hint.expose());
    }
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{endpoint}{joint}{}", query.finish())))
}
