//! The context of a piece of work: who, for which tenant, with which database. The first parameter of every verb.

use kernel::{
    Code, Problem, Result, Timestamp,
    id::{TenantId, UserId},
};
use uuid::Uuid;

use crate::pg::{Db, Source};

/// The role of a user in the tenant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TenantRole {
    /// Uses what others set up.
    User,
    /// Manages users and spaces.
    Manager,
    /// Manages everything of the tenant.
    Admin,
}

impl TenantRole {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Reads [`TenantRole::as_str`]; anything unknown has the fewest rights.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "admin" => Self::Admin,
            "manager" => Self::Manager,
            _ => Self::User,
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A signed-in person.
    User {
        /// Who.
        id: UserId,
        /// With which role in the tenant.
        role: TenantRole,
    },
    /// The worker, on behalf of the tenant.
    Worker,
    /// Nobody yet: signing in.
    Anonymous,
}

/// The context of a request or a job.
pub struct Cx {
    /// Who acts.
    pub actor: Actor,
    /// Correlates log lines, problems and upstream calls.
    pub request_id: String,
    /// The database, as the tenant sees it.
    pub db: Db,
}

impl Cx {
    /// A context; the database connects when first used.
    #[must_use]
    pub fn new(source: Source, tenant: Option<TenantId>, actor: Actor, request_id: String) -> Self {
        Self { actor, request_id, db: Db::new(source, tenant) }
    }

    /// The tenant.
    ///
    /// # Errors
    /// `not_signed_in` before one is known.
    pub fn tenant(&self) -> Result<TenantId> {
        self.db.tenant().ok_or_else(not_signed_in)
    }

    /// The acting user.
    ///
    /// # Errors
    /// `not_signed_in` where it is not a person.
    pub fn user(&self) -> Result<UserId> {
        match self.actor {
            Actor::User { id, .. } => Ok(id),
            Actor::Worker | Actor::Anonymous => Err(not_signed_in()),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        crate::clock::now()
    }

    /// A new id.
    ///
    /// # Errors
    /// `internal` where the host gives no randomness.
    pub fn new_id<T: From<Uuid>>(&self) -> Result<T> {
        crate::random::id()
    }
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "sign in first: send the access token as a bearer token or a cookie")
}
