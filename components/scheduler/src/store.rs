//! The SQL of the scheduler.

use kernel::{Result, Timestamp};
use platform::pg::Db;

/// When the next waiting job is due; nothing where none waits.
pub(crate) async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.one("select lookup.next_due() as due", &[]).await?.get("due")
}
