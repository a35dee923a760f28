//! What goes wrong at the database, and the problem that it becomes.

use std::fmt;

use kernel::{Code, Problem};

/// The SQLSTATE of a statement that found no room on the disk. Its transaction is rolled back.
const DISK_FULL: &str = "53100";

/// A driver's failure: whether a retry may help, and the message.
#[derive(Debug)]
pub struct Error {
    /// The server could not be reached, or the connection broke.
    pub unavailable: bool,
    /// Five characters, if the server answered.
    pub sqlstate: Option<String>,
    /// The message of the driver or the server. For the log.
    pub message: String,
}

impl Error {
    /// Of our own making.
    pub(super) fn of(message: &str) -> Self {
        Self { unavailable: false, sqlstate: None, message: message.to_owned() }
    }

    /// The constraint that a unique violation names.
    #[must_use]
    pub fn unique_violation(&self) -> Option<&str> {
        if self.sqlstate.as_deref() != Some("23505") {
            return None;
        }
        self.message.split_once("constraint \"")?.1.split_once('"').map(|(name, _)| name)
    }

    /// Whether a referenced row does not exist (any more).
    #[must_use]
    pub fn is_missing_reference(&self) -> bool {
        self.sqlstate.as_deref() == Some("23503")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sqlstate.as_deref().unwrap_or("-----"), self.message)
    }
}

/// Whether the server ends the connection with this code: it shuts down, or a transaction was idle
/// for too long.
pub(crate) fn is_connection_terminated(sqlstate: &str) -> bool {
    sqlstate.starts_with("57P") || matches!(sqlstate, "25P03" | "25P04")
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let state = error.sqlstate.as_deref().unwrap_or_default();
        if state == DISK_FULL {
            let detail = "the disk of the database is full, so nothing was stored; tell the operator, and try again once there is room";
            return Problem::new(Code::StorageFull, detail).caused_by(error);
        }
        let detail = match state {
            // The bounds of a component's role (`crates/schema/src/roles.rs`).
            "57014" => {
                "the database took longer over this than a request may; ask for less at once, or try again later"
            }
            "55P03" => {
                "another request is changing the same data and has not finished; try again shortly"
            }
            // 53xxx: out of resources; 40xxx: deadlock or serialisation.
            _ if error.unavailable
                || is_connection_terminated(state)
                || state.starts_with("53")
                || state.starts_with("40") =>
            {
                return Problem::unavailable("the database", error);
            }
            _ => return Problem::internal(format!("postgres: {error}")),
        };
        Problem::new(Code::Unavailable, detail).caused_by(error)
    }
}
