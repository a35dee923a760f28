//! Sessions and their rotating refresh tokens.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp, hex,
    id::{self, SessionId, TenantId, UserId},
};
use platform::{
    Actor, Cx, Origin,
    pg::{Db, Source},
};

use crate::{
    AccessToken, Credential, SessionKeys, User, authenticate, secret::hash,
    store::sessions as store,
};

/// A refresh token expires when it is not used for this time.
pub const IDLE_SECONDS: i32 = 24 * 3600;
/// How long after a rotation the previous token still gets the same successor: the response may
/// have been lost, or two tabs refreshed at once.
pub const GRACE_SECONDS: i32 = 30;
/// Maximum lifetime of a session.
pub const LIFETIME_SECONDS: i32 = 30 * 24 * 3600;
/// How long a browser stays known ([`IssuedTokens::device`]).
pub const DEVICE_SECONDS: i64 = 180 * 24 * 3600;

/// The client that began a session, for the user's own list of sessions.
#[derive(Clone, Default, Debug)]
pub struct Client {
    /// The `User-Agent`, cut to 300 characters.
    pub user_agent: String,
    /// Client address.
    pub address: String,
}

/// The tokens that a client gets when it signs in or refreshes.
pub struct IssuedTokens {
    /// The JWT.
    pub access_token: String,
    /// `<session>.<generation>.<secret>`
    pub refresh_token: String,
    /// The CSRF token, for browsers.
    pub csrf_token: String,
    /// The user.
    pub user: User,
    /// The cookie that makes the browser a known one, if the password was entered or set.
    pub device: Option<String>,
}

impl Client {
    /// The origin for the audit log.
    #[must_use]
    pub fn origin(&self, request_id: &str) -> Origin {
        let Self { user_agent, address } = self.clone();
        Origin { request_id: request_id.to_owned(), address, user_agent }
    }
}

/// A refresh token as a client sends it; its secret is not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    session: SessionId,
    generation: i32,
    secret: Vec<u8>,
}

impl RefreshToken {
    /// The session that the token names.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The token as text.
    #[must_use]
    pub fn write(&self) -> String {
        format!("{}.{}.{}", self.session.0.simple(), self.generation, hex::encode(&self.secret))
    }

    /// Parses [`RefreshToken::write`]; None for any other text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let session = parts.next()?.parse().ok()?;
        let generation = parts.next()?.parse().ok()?;
        let secret = hex::decode(parts.next()?).filter(|s| s.len() == 32)?;
        Some(Self { session, generation, secret })
    }
}

/// The identity provider of a session, and the user's identity there.
#[derive(Clone, Debug)]
pub struct FederatedIdentity {
    /// The issuer.
    pub issuer: String,
    /// Our client id at the provider.
    pub client_id: String,
    /// The user's subject at the provider.
    pub subject: String,
    /// The user's session at the provider.
    pub sid: Option<String>,
    /// The sealed ID token.
    pub id_token_sealed: Option<String>,
}

/// Begins a session for a user whose identity has been proved.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn begin(
    source: Source,
    keys: &SessionKeys,
    tenant: TenantId,
    user: UserId,
    client: Client,
    request_id: &str,
) -> Result<IssuedTokens> {
    begin_federated(source, keys, (tenant, user), client, None, request_id).await
}

/// Begins a session for a user whose identity a provider has proved.
///
/// # Errors
/// Database errors; `session_ended` if the user or the tenant is not active.
pub async fn begin_federated(
    source: Source,
    keys: &SessionKeys,
    (tenant, user): (TenantId, UserId),
    client: Client,
    at: Option<&FederatedIdentity>,
    request_id: &str,
) -> Result<IssuedTokens> {
    let session: SessionId = platform::random::id()?;
    let refresh = RefreshToken { session, generation: 1, secret: keys.first(session)?.to_vec() };
    let origin = client.origin(request_id);
    let cx = Cx::new(source.clone(), Some(tenant), Actor::Anonymous, origin.clone());
    store::insert(&cx, session, user, &hash(&refresh.secret), &client, at).await?;
    cx.db.release().await;
    issue(source, keys, AccessToken { tenant, session, user }, &refresh, origin).await
}

async fn issue(
    source: Source,
    keys: &SessionKeys,
    token: AccessToken,
    refresh: &RefreshToken,
    origin: Origin,
) -> Result<IssuedTokens> {
    let (_, user) = authenticate(source, &Credential::Session(token), origin).await?;
    Ok(IssuedTokens {
        access_token: token.sign(keys)?,
        refresh_token: refresh.write(),
        csrf_token: keys.csrf_token(token.session)?,
        user,
        device: None,
    })
}

/// Exchanges the newest refresh token for a newer one. The previous token gets that same newer one
/// for [`GRACE_SECONDS`]. Any other token that we made, and the newest one with another generation
/// written into it, ends the session: the token was copied.
///
/// # Errors
/// `session_ended` if the token is unknown, old, altered, or expired.
pub async fn refresh(
    source: Source,
    keys: &SessionKeys,
    text: &str,
    client: &Client,
    request_id: &str,
) -> Result<IssuedTokens> {
    let origin = client.origin(request_id);
    let ended = || Problem::new(Code::SessionEnded, "the session has ended; sign in again");
    let old = RefreshToken::read(text).ok_or_else(ended)?;
    let without_tenant = Db::new(source.clone(), None);
    let tenant = store::tenant_of(&without_tenant, old.session).await?.ok_or_else(ended)?;
    without_tenant.release().await;
    let cx = Cx::new(source.clone(), Some(tenant), Actor::Anonymous, origin.clone());
    let Some((user, new)) = rotate(&cx, keys, &old).await? else {
        // A guess does not end the session: every reader of the audit log knows the ids of
        // sessions.
        let ours = keys.is_own_refresh_secret(old.session, &old.secret)?;
        store::revoke_if_reused(&cx, old.session, (old.generation, &hash(&old.secret)), ours)
            .await?;
        return Err(ended());
    };
    cx.db.release().await;
    issue(source, keys, AccessToken { tenant, session: old.session, user }, &new, origin).await
}

/// The session's user and the next token; None if the token is neither the newest nor, within the
/// grace time, the previous one. The generation in the token is the client's claim: both statements
/// compare it with the stored one.
async fn rotate(
    cx: &Cx,
    keys: &SessionKeys,
    old: &RefreshToken,
) -> Result<Option<(UserId, RefreshToken)>> {
    let Some(generation) = old.generation.checked_add(1) else { return Ok(None) };
    let token = |secret: [u8; 32]| RefreshToken {
        session: old.session,
        generation,
        secret: secret.to_vec(),
    };
    let (next, by_previous_key) = keys.successors(old.session, generation, &old.secret)?;
    let next = token(next);
    let rotated =
        store::rotate(cx, old.session, (old.generation, &hash(&old.secret)), &hash(&next.secret))
            .await?;
    if let Some(user) = rotated {
        return Ok(Some((user, next)));
    }
    // Only a holder of the previous secret can compute its successor, so the successor's hash
    // proves it.
    for candidate in std::iter::once(next).chain(by_previous_key.map(token)) {
        let user =
            store::just_rotated(cx, old.session, &hash(&candidate.secret), generation).await?;
        if let Some(user) = user {
            return Ok(Some((user, candidate)));
        }
    }
    Ok(None)
}

/// Ends the session of the request.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn end(cx: &Cx, session: SessionId) -> Result<()> {
    store::revoke(cx, session, "signed_out").await
}

/// A session as its user sees it in their list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionInfo {
    /// Ids sort by the time of creation (UUID v7).
    pub id: SessionId,
    /// The `User-Agent`.
    pub user_agent: String,
    /// Client address at the start.
    pub address: String,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// When its tokens were last refreshed.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// The caller's active sessions, newest first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_sessions(cx: &Cx, request: PageRequest) -> Result<Page<SessionInfo>> {
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |s| Cursor { at: s.created_at, id: s.id.0 }))
}

/// Ends one of the caller's sessions; its tokens are invalid from the next request on.
///
/// # Errors
/// `not_found` if it is not the caller's, or has ended.
pub async fn end_session(cx: &Cx, session: SessionId) -> Result<()> {
    if store::end(cx, session).await? { Ok(()) } else { Err(id::not_found("session")) }
}

#[cfg(test)]
mod tests {
    use super::RefreshToken;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_parses_to_the_token_that_prints_it_or_is_refused(text in "[0-9a-f-]{30,38}\\.[-+0-9]{0,12}\\.[0-9a-fA-F]{60,66}|\\PC{0,80}") {
            if let Some(token) = RefreshToken::read(&text) {
                let again = RefreshToken::read(&token.write());
                prop_assert!(again == Some(token));
            }
        }

        #[test]
        fn every_token_survives_the_round_trip(id: u128, generation: i32, secret in prop::collection::vec(any::<u8>(), 32)) {
            let session = kernel::id::SessionId(uuid::Uuid::from_u128(id));
            let token = RefreshToken { session, generation, secret };
            prop_assert!(RefreshToken::read(&token.write()) == Some(token));
        }
    }

    #[test]
    fn a_refresh_token_survives_the_round_trip_and_rubbish_is_refused() {
        let token = RefreshToken {
            session: platform::random::id().unwrap(),
            generation: 7,
            secret: vec![9; 32],
        };
        let read = RefreshToken::read(&token.write()).unwrap();
        assert_eq!((read.session, read.generation, read.secret), (token.session, 7, vec![9; 32]));
        for rubbish in ["", "..", "a.b.c", "00.1.00", "é.é.é"] {
            assert!(RefreshToken::read(rubbish).is_none(), "{rubbish}");
        }
    }
}
