//! Operators: people or programs that run the installation. Their keys are valid for
//! `/api/v1/sysadmin` only, and no tenant's credential is.

use kernel::{
    Code, Problem, Result, Timestamp, hex,
    id::{OperatorId, TenantId},
    text,
};
use platform::{
    Actor, Cx, Origin,
    clock::Clock,
    pg::{Db, Source},
};
use uuid::Uuid;

use crate::{secret, store::operators as store};

/// The prefix of every operator's key.
pub const PREFIX: &str = "tso_";
const SECRET_BYTES: usize = 32;

/// A person who runs the installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Ids sort by the time of creation (UUID v7).
    pub id: OperatorId,
    /// A person's or a program's name: each has their own key.
    pub name: String,
    /// When the key was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}

/// The context of an operator's request.
pub struct OperatorContext {
    /// The operator whose key it is.
    pub operator: Operator,
    /// The origin of the request.
    pub origin: Origin,
    /// A connection without a tenant.
    pub db: Db,
    source: Source,
    /// Of the key: the database asks for it again at each entrance to a tenant.
    secret: Vec<u8>,
}

impl OperatorContext {
    /// A context in one tenant, in which the audit log names the operator. The database checks the
    /// key again.
    ///
    /// # Errors
    /// `not_signed_in` if the key has been revoked meanwhile.
    pub async fn in_tenant(&self, tenant: TenantId) -> Result<Cx> {
        let mut db = Db::new(self.source.clone(), None);
        let id = self.operator.id;
        store::enter(&mut db, tenant, id, &self.secret, &self.origin).await?.ok_or_else(refused)?;
        let request_id = self.origin.request_id.clone();
        Ok(Cx { actor: Actor::Operator { id }, request_id, db, clock: Clock::current() })
    }
}

/// Creates an operator; the key is returned once, and never stored.
///
/// # Errors
/// `invalid_body`; `conflict` if the name is taken.
pub async fn add(db: &Db, name: &str) -> Result<String> {
    let name = text::line("/name", name, 1, 100)?;
    let id: OperatorId = platform::random::id()?;
    let secret = platform::random::bytes::<SECRET_BYTES>()?;
    store::insert(db, id, &name, &secret::hash(&secret)).await?;
    Ok(format!("{PREFIX}{}{}", hex::encode(&secret), hex::encode(id.0.as_bytes())))
}

/// All operators, newest first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list(db: &Db) -> Result<Vec<Operator>> {
    store::list(db).await
}

/// Revokes an operator's key; false if there is no operator of that name.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn revoke(db: &Db, name: &str) -> Result<bool> {
    store::revoke(db, name).await
}

/// Authenticates an operator's request.
///
/// # Errors
/// `not_signed_in` for every fault of the key.
pub async fn authenticate(source: Source, text: &str, origin: Origin) -> Result<OperatorContext> {
    let bytes = text
        .strip_prefix(PREFIX)
        .filter(|hex| hex.len() == 96)
        .and_then(hex::decode)
        .ok_or_else(refused)?;
    let (secret, id) = bytes.split_at_checked(SECRET_BYTES).ok_or_else(refused)?;
    let id = OperatorId(Uuid::from_slice(id).map_err(|_| refused())?);
    let db = Db::new(source.clone(), None);
    let operator = store::open(&db, id, secret).await?.ok_or_else(refused)?;
    Ok(OperatorContext { operator, origin, db, source, secret: secret.to_vec() })
}

fn refused() -> Problem {
    let detail = "expected an operator's key as a bearer token; it begins with tso_";
    Problem::new(Code::NotSignedIn, detail)
}
