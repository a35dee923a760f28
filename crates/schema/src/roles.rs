//! The database roles and their passwords.

use std::collections::BTreeMap;
use std::fmt;

/// Owns every table and runs the migrations.
pub const OWNER_ROLE: &str = "tessera_owner";
/// Owns the few look-ups that run before a tenant is known (`security definer`); it cannot log in.
pub const LOOKUP_ROLE: &str = "tessera_lookup";
/// Owns the functions that write the audit log; it cannot log in.
pub const AUDIT_ROLE: &str = "tessera_audit";
/// The native worker's role.
pub const WORKER_ROLE: &str = "tessera_worker";
/// The components that connect to the database, each with a role of its own.
pub const COMPONENTS: [&str; 14] = [
    "auth",
    "passwords",
    "admin",
    "scim",
    "sysadmin",
    "workspace",
    "upload",
    "search",
    "chat",
    "openai",
    "gateway",
    "events",
    "health",
    "scheduler",
];

/// The database role of a component, e.g. `tessera_auth`.
#[must_use]
pub fn component_role(component: &str) -> String {
    format!("tessera_{component}")
}

/// The limits of a component's statements, for `alter role`: no request may hold a connection, or a
/// lock, for as long as it likes. The owner and the worker have none; a statement that deletes very
/// much sets its own (`platform::pg::Db::execute_at_length`).
pub const BOUNDS: [(&str, &str); 3] = [
    // Requests take milliseconds; the longest, a search of a million chunks or a filter over the
    // complete audit log, a few seconds.
    ("statement_timeout", "15s"),
    // The audit log of an organisation is locked at the end of each change, and for seconds while a
    // space with thousands of documents is deleted.
    ("lock_timeout", "10s"),
    // A component that traps or is cut off in a transaction must not hold its locks. No component
    // waits for a client in one.
    ("idle_in_transaction_session_timeout", "5s"),
];

/// Components that search. Their roles keep the plan of a statement: to plan a search each time,
/// which Postgres would choose, costs a third of it.
pub(super) const SEARCHING: [&str; 3] = ["search", "chat", "openai"];

/// One password per role that logs in. An empty one leaves an existing role unchanged.
#[derive(Clone, PartialEq, Eq)]
pub struct Passwords(BTreeMap<String, String>);

impl Passwords {
    /// Calls `secret` for the password of every role.
    pub fn from_fn(mut secret: impl FnMut(&str) -> String) -> Self {
        let roles = [OWNER_ROLE.to_owned(), WORKER_ROLE.to_owned()].into_iter();
        let roles = roles.chain(COMPONENTS.iter().map(|name| component_role(name)));
        Self(roles.map(|role| (role.clone(), secret(&role))).collect())
    }

    /// The password of `role`; empty for a role that does not log in, which no server accepts.
    #[must_use]
    pub fn of(&self, role: &str) -> &str {
        self.0.get(role).map_or("", String::as_str)
    }

    /// Every role that logs in, with its password.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(role, password)| (role.as_str(), password.as_str()))
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// `name` as a quoted SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a quoted SQL string.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
