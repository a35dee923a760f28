//! Which workers live.

use kernel::Result;
use platform::pg::Db;
use uuid::Uuid;

use crate::store;

/// Says that a worker lives, and forgets those that have been silent for a day.
///
/// # Errors
/// What the database says.
pub async fn say_alive(db: &Db, worker: Uuid) -> Result<()> {
    store::say_alive(db, worker).await
}

/// Says that a worker has stopped.
///
/// # Errors
/// What the database says.
pub async fn say_stopped(db: &Db, worker: Uuid) -> Result<()> {
    store::say_stopped(db, worker).await
}
