//! What the provider gives for a code: the ID token, verified, with the claims of the userinfo.

use kernel::Result;
use platform::redis::Redis;
use serde_json::Value;

use super::{PendingLogin, refusal::failed};
use crate::{
    debug::Trace,
    discovery::{self, Metadata},
    federation::Client,
    fetch,
    id_token::{self, ExpectedClaims, IdToken},
    jwks::Refusal,
};

/// What the token endpoint gave.
pub(super) struct Tokens {
    pub(super) id: String,
    pub(super) access: Option<String>,
}

/// Exchanges the code of the answer.
pub(super) async fn exchange(
    client: &Client,
    metadata: &Metadata,
    pending: &PendingLogin,
    code: &str,
) -> Result<Tokens> {
    let redirect_uri = pending.callback.redirect_uri().await?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri.as_str()),
        ("code_verifier", &pending.verifier),
    ];
    let who = (pending.client_id.as_str(), client.secret.expose());
    let answer = fetch::post_as_client(&metadata.token_endpoint, &fields, who, metadata.auth).await;
    let (status, body) = answer.map_err(|e| failed(format!("token endpoint: {e}")))?;
    let text = |name: &str| {
        body.as_ref().and_then(|b| b.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    match text("id_token") {
        Some(id) if status == 200 => Ok(Tokens { id, access: text("access_token") }),
        _ => Err(failed(format!("token endpoint: status {status} without an ID token"))),
    }
}

/// Verifies the ID token; if its key is unknown, the provider's keys are fetched again.
pub(super) async fn verify_id_token(
    redis: &Redis,
    metadata: &Metadata,
    pending: &PendingLogin,
    tokens: &Tokens,
) -> Result<IdToken> {
    let expected = ExpectedClaims {
        issuer: &pending.issuer,
        client_id: &pending.client_id,
        nonce: &pending.nonce,
        access_token: tokens.access.as_deref(),
    };
    let mut keys = discovery::keys(redis, metadata, false).await?;
    let mut token = id_token::verify(&tokens.id, &keys, expected);
    if matches!(token, Err(Refusal::UnknownKey)) {
        keys = discovery::keys(redis, metadata, true).await?;
        token = id_token::verify(&tokens.id, &keys, expected);
    }
    token.map_err(|refusal| match refusal {
        Refusal::UnknownKey => failed("ID token: it names a key that the provider does not have"),
        Refusal::Wrong(why) => failed(format!("ID token: {why}")),
    })
}

/// Many providers put the address into the userinfo only. It adds claims for the subject that the
/// ID token proved, and proves nothing itself.
pub(super) async fn with_userinfo(
    client: &Client,
    metadata: &Metadata,
    mut token: IdToken,
    access: Option<&str>,
    trace: &Trace,
) -> Result<IdToken> {
    let (Some(url), Some(access)) = (&metadata.userinfo_endpoint, access) else { return Ok(token) };
    if crate::claims::has_email(&client.federation.settings, &token.claims) {
        return Ok(token);
    }
    let info = fetch::get(url, Some(access)).await.map_err(|e| failed(format!("userinfo: {e}")))?;
    if info.get("sub").and_then(Value::as_str) != Some(token.subject.as_str()) {
        return Err(failed("userinfo: expected the subject of the ID token, got another"));
    }
    trace.step("userinfo_read", &[]);
    for (name, value) in info.as_object().cloned().unwrap_or_default() {
        token.claims.entry(name).or_insert(value);
    }
    Ok(token)
}
