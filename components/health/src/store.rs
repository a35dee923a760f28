//! The SQL of the health checks.

use kernel::Result;
use platform::pg::Db;

/// Seconds since a worker was last seen; nothing where none ever was.
pub(crate) async fn worker_silence(db: &Db) -> Result<Option<f64>> {
    let sql =
        "select extract(epoch from now() - max(seen_at))::float8 as silence from worker_heartbeats";
    db.one(sql, &[]).await?.get("silence")
}

/// Whether the database answers a question.
pub(crate) async fn answers(db: &Db) -> Result<bool> {
    db.one("select 1 as one", &[]).await?.get::<i32>("one").map(|one| one == 1)
}
