//! The heartbeats of workers.

use kernel::Result;
use platform::pg::Db;
use uuid::Uuid;

use crate::store;

/// Writes a worker's heartbeat, and removes those older than a day.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn heartbeat(db: &Db, worker: Uuid) -> Result<()> {
    store::heartbeat(db, worker).await
}

/// Removes a worker's heartbeat as it stops.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn remove_heartbeat(db: &Db, worker: Uuid) -> Result<()> {
    store::remove_heartbeat(db, worker).await
}
