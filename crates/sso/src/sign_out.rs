//! Logout at the provider too (RP-initiated logout).

use kernel::{Result, id::SessionId};
use platform::Cx;
use platform::redis::Redis;

use crate::{discovery, login::ID_TOKEN_COLUMN, store::sessions as store};

/// The provider of a session.
pub(crate) struct SsoSession {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) id_token_sealed: Option<String>,
}

/// The URL that ends the session at the provider too; None if the session did not begin there, or
/// if the provider or Redis does not answer or does not support it: the session here ends in any
/// case.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn url(cx: &Cx, session: SessionId, back_to: &str) -> Result<Option<String>> {
    let Some(begun) = store::begun(cx, session).await? else { return Ok(None) };
    let hint = match &begun.id_token_sealed {
        Some(sealed) => secrets::open(cx, ID_TOKEN_COLUMN, sealed).await.ok(),
        None => None,
    };
    // A provider may take ten seconds to answer: only this request waits for it, and holds no
    // connection.
    cx.db.release().await;
    let Ok(redis) = Redis::open().await else { return Ok(None) };
    let Ok(metadata) = discovery::metadata(&redis, &begun.issuer).await else { return Ok(None) };
    let Some(endpoint) = metadata.end_session_endpoint else { return Ok(None) };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &begun.client_id)
        .append_pair("post_logout_redirect_uri", back_to);
    if let Some(hint) = &hint {
        query.append_pair("id_token_hint", hint.expose());
    }
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{endpoint}{joint}{}", query.finish())))
}
