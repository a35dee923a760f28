//! The tokens of directories (Entra ID, Okta), which provision users and groups by SCIM: created
//! and revoked by administrators, and the context of a request that sends one.

use access::Action;
use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp, hex,
    id::{self, ScimTokenId, TenantId, UserId},
    text,
};
use platform::{
    Actor, Cx, Origin,
    clock::Clock,
    pg::{Db, Source},
};

use crate::{secret, store::scim_tokens as store};

/// The prefix of every token, so that scanners find leaked ones.
const PREFIX: &str = "tscim_";

/// The tenant of a malformed token: no tenant has this id.
const NO_ONE: &str = "00000000-0000-0000-0000-000000000000";

/// A token, as administrators see it: never the secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScimToken {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ScimTokenId,
    /// 1 to 100 characters.
    pub name: String,
    /// The administrator who created it.
    pub created_by: UserId,
    /// Time of the last request, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}

/// A new token with its secret, which only its creator sees, once.
pub struct NewScimToken {
    /// The token as it is listed.
    pub token: ScimToken,
    /// The secret that the directory sends.
    pub secret: String,
}

/// The tokens of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_tokens(cx: &Cx, request: PageRequest) -> Result<Page<ScimToken>> {
    cx.require(Action::ManageSettings)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |t| Cursor { at: t.created_at, id: t.id.0 }))
}

/// Creates a token.
///
/// # Errors
/// `not_allowed`, `invalid_body`.
pub async fn create_token(cx: &Cx, name: &str) -> Result<NewScimToken> {
    // The token can change any user's address, and a reset link goes to the new address.
    cx.require(Action::ManageSignIn)?;
    let name = text::line("/name", name, 1, 100)?;
    let secret = format!(
        "{PREFIX}{}_{}",
        cx.tenant()?.0.simple(),
        hex::encode(&platform::random::bytes::<32>()?)
    );
    let token = store::insert(cx, cx.new_id()?, &name, &secret::hash(secret.as_bytes())).await?;
    Ok(NewScimToken { token, secret })
}

/// Revokes a token, from the next request on.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn revoke_token(cx: &Cx, token: ScimTokenId) -> Result<()> {
    cx.require(Action::ManageSettings)?;
    if store::delete(cx, token).await? { Ok(()) } else { Err(id::not_found("token")) }
}

/// The context of a request with a valid token; only [`DirectoryContext::open`] creates one, so no
/// operation runs without.
pub struct DirectoryContext {
    cx: Cx,
}

impl DirectoryContext {
    /// The context of a directory's request, in one round trip: sets the tenant, checks token and
    /// tenant, notes actor and address for the audit log. A malformed token costs the same.
    ///
    /// # Errors
    /// `not_signed_in` if the token is wrong or was revoked, or the tenant is suspended.
    pub async fn open(source: Source, token: &str, origin: Origin) -> Result<Self> {
        let tenant = tenant_of(token).map_or_else(|| NO_ONE.parse(), Ok)?;
        let mut db = Db::new(source, None);
        if store::open(&mut db, tenant, &secret::hash(token.as_bytes()), &origin).await?.is_none() {
            let detail = "expected a bearer token that an administrator made for this directory; it is wrong or was revoked";
            return Err(Problem::new(Code::NotSignedIn, detail));
        }
        Ok(Self {
            cx: Cx {
                actor: Actor::Anonymous,
                request_id: origin.request_id,
                db,
                clock: Clock::current(),
            },
        })
    }

    /// The context of the request, with the tenant set.
    #[must_use]
    pub fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Waits for the client's body; [`Db::released_while`].
    pub async fn released_while<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.cx.db.released_while(waiting).await
    }
}

/// The tenant that a token names; the database checks the token itself.
fn tenant_of(token: &str) -> Option<TenantId> {
    let (tenant, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    (secret.len() == 64).then(|| tenant.parse().ok()).flatten()
}
