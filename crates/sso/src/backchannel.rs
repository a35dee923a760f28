//! Logout that a provider starts (OpenID Connect Back-Channel Logout 1.0).

use jwt_simple::{
    prelude::{Duration, VerificationOptions},
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder},
};
use kernel::{Code, Problem, Result};
use platform::{
    Actor, Cx, Origin,
    pg::{Db, Source},
    redis::{Redis, Reply},
};
use serde_json::{Map, Value};

use crate::{
    discovery, federation,
    id_token::{self, LONGEST},
    jwks::{Refusal, VerifiedClaims},
    store::{self, sessions},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token may be, in seconds; its `jti` is remembered for longer.
const OLDEST: u64 = 300;
const REMEMBER: &str = "900";

fn refused(why: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::InvalidBody,
        "expected a valid logout_token of a provider that is configured here",
    )
    .caused_by(why)
}

/// The issuer and audience of a token that is not verified yet, only to find the right keys.
fn unverified(token: &str) -> Option<(String, Vec<String>)> {
    let body = token.split('.').nth(1).filter(|_| token.len() <= LONGEST)?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&Base64UrlSafeNoPadding::decode_to_vec(body, None).ok()?).ok()?;
    let audiences = match claims.get("aud")? {
        Value::String(one) if !one.contains('\0') => vec![one.clone()],
        Value::Array(all) => all
            .iter()
            .filter_map(Value::as_str)
            .filter(|one| !one.contains('\0'))
            .take(10)
            .map(str::to_owned)
            .collect(),
        _ => return None,
    };
    Some((id_token::text(&claims, "iss")?.to_owned(), audiences))
}

/// Ends the sessions that a logout token names; returns how many.
///
/// # Errors
/// `invalid_body` if the token is not valid, was used before, or is for another client.
pub async fn end_sessions(source: Source, token: &str, origin: Origin) -> Result<u64> {
    let (issuer, audiences) = unverified(token).ok_or_else(|| refused("the token is malformed"))?;
    let db = Db::new(source.clone(), None);
    let mut ours = None;
    for audience in audiences {
        // Nothing is fetched from an issuer that is not configured.
        if federation::is_shared(&issuer, &audience).await?
            || !store::tenants_of(&db, &issuer, &audience).await?.is_empty()
        {
            ours = Some(audience);
            break;
        }
    }
    let client_id =
        ours.ok_or_else(|| refused("no organisation here has this issuer and client"))?;
    db.release().await;
    let redis = Redis::open().await?;
    let claims = verify(&redis, token, &issuer, &client_id).await?;
    let (subject, sid) = named(&claims)?;
    let jti = claims
        .jwt_id
        .as_deref()
        .filter(|jti| !jti.is_empty())
        .ok_or_else(|| refused("jti is missing"))?;
    let key = discovery::key("jti", &format!("{issuer}\0{jti}"));
    let first =
        redis.command("SET", &[key.as_bytes(), b"1", b"NX", b"EX", REMEMBER.as_bytes()]).await?;
    if !matches!(first.first(), Some(Reply::Status(_) | Reply::Bytes(_))) {
        return Err(refused("the token was used before"));
    }
    let ended = end_everywhere(source, &db, (&issuer, &client_id), (subject, sid), origin).await;
    if ended.is_err() {
        // The provider sends the same token again and must not get success for it.
        redis.command("DEL", &[key.as_bytes()]).await?;
    }
    ended
}

/// In every tenant. Sessions that ended before a failure stay ended: ending them again does no
/// harm.
async fn end_everywhere(
    source: Source,
    db: &Db,
    here: (&str, &str),
    (subject, sid): (Option<&str>, Option<&str>),
    origin: Origin,
) -> Result<u64> {
    let mut ended = 0;
    for tenant in sessions::tenants(db, here, subject, sid).await? {
        let cx = Cx::new(source.clone(), Some(tenant), Actor::Anonymous, origin.clone());
        ended += sessions::end(&cx, here, subject, sid).await?;
    }
    Ok(ended)
}

/// Which sessions: all of a user, or one.
fn named(claims: &VerifiedClaims) -> Result<(Option<&str>, Option<&str>)> {
    let subject = claims.subject.as_deref().filter(|subject| !subject.contains('\0'));
    match (subject, id_token::text(&claims.custom, "sid")) {
        (None, None) => Err(refused("neither sub nor sid")),
        named => Ok(named),
    }
}

async fn verify(
    redis: &Redis,
    token: &str,
    issuer: &str,
    client_id: &str,
) -> Result<VerifiedClaims> {
    let options = || VerificationOptions {
        max_validity: Some(Duration::from_secs(OLDEST)),
        ..id_token::options(issuer, client_id)
    };
    let metadata = discovery::metadata(redis, issuer).await?;
    let mut claims = discovery::keys(redis, &metadata, false).await?.verify(token, options());
    if matches!(claims, Err(Refusal::UnknownKey)) {
        claims = discovery::keys(redis, &metadata, true).await?.verify(token, options());
    }
    let claims = claims.map_err(|refusal| refused(format!("{refusal:?}")))?;
    let event = claims.custom.get("events").and_then(|events| events.get(EVENT));
    // An ID token has a nonce and no event; it must not be accepted as a logout token.
    if claims.nonce.is_some() || !event.is_some_and(Value::is_object) {
        return Err(refused("it is no logout token"));
    }
    Ok(claims)
}
