//! Authentication of a request: the credential names session or key, the database says whether it is live.

use access::{Principal, Scopes, SpaceAccess, SpaceRole};
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{AssistantId, SessionId},
};
use platform::{
    Actor, Cx, Origin,
    clock::{self, Clock},
    pg::{Db, Row, Source},
};

use crate::{AccessToken, ApiKey, KeyUsage, User, store::requests};

/// What a request presents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// An access token whose signature was good.
    Session(AccessToken),
    /// An API key as it was sent.
    Key(ApiKey),
}

impl Credential {
    /// The session, if it is one.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Session(token) => Some(token.session),
            Self::Key(_) => None,
        }
    }
}

/// The context of a request, in one round trip: tenant set; session or key, user and tenant checked; who acts from where noted for the audit log.
///
/// # Errors
/// `too_many_requests` if a key exceeds its rate limit; `session_ended` if session or key, the user or the tenant is no longer good, or the key is for an
/// assistant that its owner can no longer use; `unavailable` if the database is not reached.
pub async fn authenticate(source: Source, credential: &Credential, origin: Origin) -> Result<(Cx, User)> {
    begin(source, credential, origin, false).await
}

/// Authenticates a long-running request again; this does not consume the rate limit of an API key.
///
/// # Errors
/// As [`authenticate`], but for `too_many_requests`.
pub async fn revalidate(source: Source, credential: &Credential, origin: Origin) -> Result<(Cx, User)> {
    begin(source, credential, origin, true).await
}

async fn begin(source: Source, credential: &Credential, origin: Origin, again: bool) -> Result<(Cx, User)> {
    let mut db = Db::new(source, None);
    let row = match credential {
        Credential::Session(token) => requests::open(&mut db, *token, &origin).await?,
        Credential::Key(key) => requests::open_by_key(&mut db, key, &origin, again).await?,
    };
    let row = row.ok_or_else(|| ended(credential))?;
    let tenant = db.tenant().ok_or_else(|| ended(credential))?;
    let key_usage = match credential {
        Credential::Session(_) => None,
        Credential::Key(_) => Some(KeyUsage {
            limit: row.get("requests_per_minute")?,
            used: row.get("minute_count")?,
            ends_at: row.get("minute_ends")?,
        }),
    };
    let scopes = match credential {
        Credential::Session(_) => Scopes::SESSION,
        Credential::Key(_) if row.get("limited")? => {
            let detail =
                "this key was used more often than it may be in a minute; wait, or make one with a higher limit";
            let seconds = key_usage.map_or(60, |usage| seconds_until(usage.ends_at));
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(seconds));
        }
        Credential::Key(_) => Scopes::named(row.get::<Vec<String>>("scopes")?),
    };
    let mut user = User { key_usage, ..User::from_row(tenant, &row, scopes)? };
    if let Credential::Key(_) = credential
        && let Some(assistant) = row.get::<Option<AssistantId>>("assistant_id")?
    {
        user.principal.only = Some(assistant);
        usable(user.principal, &row)?.ok_or_else(|| ended(credential))?;
    }
    let actor = Actor::User { id: user.id, principal: user.principal };
    Ok((Cx { actor, request_id: origin.request_id, db, clock: Clock::current() }, user))
}

/// None if the owner of a key for one assistant may not use that; the ticket keeps the request to it.
fn usable(principal: Principal, row: &Row) -> Result<Option<()>> {
    let Some(role) = row.get::<Option<String>>("space_role")? else { return Ok(None) };
    let access = SpaceAccess { principal, role: SpaceRole::parse(&role) };
    Ok(access.may_use(row.get("published")?).then_some(()))
}

/// At least one: a client that asks again at once would be refused again.
fn seconds_until(at: Timestamp) -> u32 {
    let micros = at.0.saturating_sub(clock::now().0).max(1);
    u32::try_from(micros / 1_000_000 + 1).unwrap_or(60)
}

fn ended(credential: &Credential) -> Problem {
    let detail = match credential {
        Credential::Session(_) => "the session has ended; sign in again",
        Credential::Key(_) => {
            "the API key is unknown, revoked, out of date, or for an assistant that its owner can no longer use; make another"
        }
    };
    Problem::new(Code::SessionEnded, detail)
}

/// What a user's row says about what they may do.
pub(crate) fn principal(role: &str, permissions: Option<Vec<String>>, scopes: Scopes) -> Principal {
    let built_in = Principal::from(access::TenantRole::parse(role));
    let permissions = permissions.map_or(built_in.permissions, access::Permissions::named);
    Principal { permissions, scopes, ..built_in }
}
