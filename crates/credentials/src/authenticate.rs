//! Authentication of a request: the credential names session or key, the database checks that it is
//! valid.

use access::{Principal, Scopes, SpaceAccess, SpaceRole};
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{ApiKeyId, AssistantId, SessionId},
};
use platform::{
    Actor, Cx, Origin,
    clock::{self, Clock},
    pg::{Db, Row, Source},
};

use crate::{AccessToken, ApiKey, KeyUsage, User, store::requests};

/// The credential of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// An access token with a valid signature.
    Session(AccessToken),
    /// An API key; its secret is not checked yet.
    Key(ApiKey),
}

impl Credential {
    /// The session; None for an API key.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Session(token) => Some(token.session),
            Self::Key(_) => None,
        }
    }

    /// The API key; None for a session.
    #[must_use]
    pub fn api_key(&self) -> Option<ApiKeyId> {
        match self {
            Self::Session(_) => None,
            Self::Key(key) => Some(key.id),
        }
    }
}

/// The context of a request, in one round trip: sets the tenant; checks session or key, user and
/// tenant; notes actor and address for the audit log.
///
/// # Errors
/// `too_many_requests` if a key exceeds its rate limit; `session_ended` if session or key, user or
/// tenant is no longer valid, or the key is for an assistant that its owner can no longer use;
/// `unavailable` if the database does not answer.
pub async fn authenticate(
    source: Source,
    credential: &Credential,
    origin: Origin,
) -> Result<(Cx, User)> {
    begin(source, credential, origin, false).await
}

/// Authenticates a long-running request again; this does not consume the rate limit of an API key.
///
/// # Errors
/// As [`authenticate`], but for `too_many_requests`.
pub async fn revalidate(
    source: Source,
    credential: &Credential,
    origin: Origin,
) -> Result<(Cx, User)> {
    begin(source, credential, origin, true).await
}

async fn begin(
    source: Source,
    credential: &Credential,
    origin: Origin,
    again: bool,
) -> Result<(Cx, User)> {
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
            let detail = "this key was used more often than it may be in a minute; wait, or make one with a higher limit";
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

/// None if the owner of a key for one assistant may no longer use it; the ticket restricts the
/// request to that assistant.
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

/// The rights in a user's row.
pub(crate) fn principal(role: &str, permissions: Option<Vec<String>>, scopes: Scopes) -> Principal {
    let built_in = Principal::from(access::TenantRole::parse(role));
    let permissions = permissions.map_or(built_in.permissions, access::Permissions::named);
    Principal { permissions, scopes, ..built_in }
}
