//! What a directory (Entra ID, Okta) does by SCIM: it looks after users and groups of the tenant whose token it shows.

mod groups;
mod tokens;
mod users;

use kernel::{Code, Problem, Result, id::TenantId};
use platform::{
    Actor, Cx, Origin,
    pg::{Db, Source},
};

use crate::{session, store::directory as store};

pub use groups::{DirectoryGroup, DirectoryMember};
pub use tokens::{NewToken, Token, create_token, list_tokens, revoke_token};
pub use users::DirectoryUser;

/// How every token begins, so that one that leaks is recognised.
const PREFIX: &str = "tscim_";

/// The tenant of a token that names none: there is no such tenant.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A stretch of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

/// Whoever showed a good token; only [`Directory::open`] makes one, so nothing here is done without.
pub struct Directory {
    cx: Cx,
}

impl Directory {
    /// The directory whose token this is, in one round trip: tenant set, token and tenant checked, who acts from where noted for the
    /// audit log. A malformed token costs the same.
    ///
    /// # Errors
    /// `not_signed_in` where the token is wrong or was revoked, or the tenant is suspended.
    pub async fn open(source: Source, token: &str, origin: Origin) -> Result<Self> {
        let tenant = tenant_of(token).map_or_else(|| NOBODY.parse(), Ok)?;
        let mut db = Db::new(source, None);
        if store::open(&mut db, tenant, &session::hash(token.as_bytes()), &origin).await?.is_none() {
            let detail =
                "expected a bearer token that an administrator made for this directory; it is wrong or was revoked";
            return Err(Problem::new(Code::NotSignedIn, detail));
        }
        Ok(Self { cx: Cx { actor: Actor::Anonymous, request_id: origin.request_id, db } })
    }

    /// Waits for what the client sends; [`Db::released_while`].
    pub async fn released_while<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.cx.db.released_while(waiting).await
    }
}

/// The tenant that a token names; whether the token is good is the database's to say.
fn tenant_of(token: &str) -> Option<TenantId> {
    let (tenant, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    (secret.len() == 64).then(|| tenant.parse().ok()).flatten()
}

/// A contradiction about what must be unique: the field says which member.
pub(crate) fn taken(pointer: &'static str, detail: &'static str) -> Problem {
    let mut problem = Problem::new(Code::Conflict, detail);
    problem.fields.push(kernel::Field { pointer: pointer.into(), detail: detail.to_owned() });
    problem
}
