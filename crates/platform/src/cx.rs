//! The context of an operation: actor, tenant and database. The first parameter of every verb.

use access::{Action, Principal, SpaceAccess, SpaceRole, TenantRole};
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{OperatorId, TenantId, UserId},
};
use serde_json::json;
use uuid::Uuid;

use crate::clock::Clock;
use crate::pg::{Db, Entrance, Source, Ticket};

/// The actor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A signed-in user, or the holder of one of their keys.
    User {
        /// The user.
        id: UserId,
        /// Their rights.
        principal: Principal,
    },
    /// An operator of the installation, in the tenant.
    Operator {
        /// The operator.
        id: OperatorId,
    },
    /// The worker, on behalf of the tenant.
    Worker,
    /// Not signed in yet.
    Anonymous,
}

impl Actor {
    /// A user who signed in, with a built-in role.
    #[must_use]
    pub fn user(id: UserId, role: TenantRole) -> Self {
        Self::User { id, principal: role.into() }
    }

    /// How a connection of this actor enters a tenant.
    fn entrance(self) -> Entrance {
        match self {
            Self::Worker => Entrance::Worker,
            Self::User { .. } | Self::Operator { .. } | Self::Anonymous => Entrance::Found,
        }
    }
}

/// The origin of a request, for the audit log.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Correlates log lines, problems and upstream calls.
    pub request_id: String,
    /// The client's address: the peer's, or the one that a trusted proxy forwards.
    pub address: String,
    /// The `User-Agent`.
    pub user_agent: String,
}

impl Origin {
    /// The value of the connection setting `app.from`, which the audit log reads.
    #[must_use]
    pub fn session_setting(&self) -> String {
        json!({ "request_id": self.request_id, "address": self.address, "user_agent": self.user_agent }).to_string()
    }
}

impl From<String> for Origin {
    fn from(request_id: String) -> Self {
        Self { request_id, ..Self::default() }
    }
}

/// The context of a request or a job.
pub struct Cx {
    /// The actor.
    pub actor: Actor,
    /// Correlates log lines, problems and upstream calls.
    pub request_id: String,
    /// The database, as the tenant sees it.
    pub db: Db,
    /// What [`Cx::now`] looks at.
    pub clock: Clock,
}

impl Cx {
    /// A context; the database connects at first use. The worker enters any tenant; other
    /// actors need a look-up on the same source that found the tenant, or a ticket.
    #[must_use]
    pub fn new(
        source: Source,
        tenant: Option<TenantId>,
        actor: Actor,
        origin: impl Into<Origin>,
    ) -> Self {
        let origin = origin.into();
        let db = Db::new(source, tenant).through(actor.entrance(), origin.session_setting());
        Self { actor, request_id: origin.request_id, db, clock: Clock::current() }
    }

    /// The same context with the caller's ticket.
    #[must_use]
    pub fn with_ticket(self, ticket: Ticket) -> Self {
        Self { db: self.db.with_ticket(ticket), ..self }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same context with its own connection, which opens when first used and is independent of
    /// this one.
    #[must_use]
    pub fn with_own_connection(&self) -> Self {
        let (request_id, clock) = (self.request_id.clone(), self.clock.clone());
        Self { actor: self.actor, request_id, db: self.db.with_own_connection(), clock }
    }

    /// The rights of the acting user.
    ///
    /// # Errors
    /// `not_signed_in` if the actor is not a user.
    pub fn principal(&self) -> Result<Principal> {
        match self.actor {
            Actor::User { principal, .. } => Ok(principal),
            Actor::Operator { .. } | Actor::Worker | Actor::Anonymous => Err(not_signed_in()),
        }
    }

    /// The acting user in a space in which they have a role.
    ///
    /// # Errors
    /// `not_signed_in` if the actor is not a user.
    pub fn space_access(&self, role: SpaceRole) -> Result<SpaceAccess> {
        Ok(SpaceAccess { principal: self.principal()?, role })
    }

    /// Refuses an action that the acting user may not do in the tenant.
    ///
    /// # Errors
    /// `not_allowed`, `not_signed_in`.
    pub fn require(&self, action: Action) -> Result<()> {
        let who = self.principal()?;
        if access::may(who, None, action) {
            return Ok(());
        }
        let why = match who.only {
            Some(_) => {
                "is nothing that a key for one assistant may do; use another key, or sign in"
            }
            None => {
                "needs more rights than your role in this organisation has; ask an administrator"
            }
        };
        Err(Problem::new(Code::NotAllowed, format!("`{}` {why}", action.as_str())))
    }

    /// The tenant.
    ///
    /// # Errors
    /// `not_signed_in` before one is known.
    pub fn tenant(&self) -> Result<TenantId> {
        self.db.tenant().ok_or_else(not_signed_in)
    }

    /// The tenant's namespace in Redis keys.
    ///
    /// # Errors
    /// `internal` before a credential was checked.
    pub fn redis_namespace(&self) -> Result<&str> {
        self.db
            .redis_namespace()
            .ok_or_else(|| Problem::internal("redis: the tenant's namespace is not known yet"))
    }

    /// The acting user.
    ///
    /// # Errors
    /// `not_signed_in` if the actor is not a user.
    pub fn user(&self) -> Result<UserId> {
        match self.actor {
            Actor::User { id, .. } => Ok(id),
            Actor::Operator { .. } | Actor::Worker | Actor::Anonymous => Err(not_signed_in()),
        }
    }

    /// Now by the clock of this context; the database has its own.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id.
    ///
    /// # Errors
    /// `internal` if the host gives no randomness.
    pub fn new_id<T: From<Uuid>>(&self) -> Result<T> {
        crate::random::id()
    }
}

fn not_signed_in() -> Problem {
    Problem::new(
        Code::NotSignedIn,
        "sign in first: send the access token as a bearer token or a cookie",
    )
}
