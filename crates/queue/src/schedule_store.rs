//! The SQL of schedules: recurring jobs, and the installation's maintenance, which one worker at a
//! time runs under a lease.

use kernel::{Result, Timestamp};
use platform::pg::{Db, Value};
use uuid::Uuid;

/// A schedule whose next time is to be calculated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnplannedSchedule {
    /// The schedule's id.
    pub id: Uuid,
    /// Cron expression of five fields.
    pub cron: String,
    /// IANA time zone.
    pub time_zone: String,
    /// It runs up to so many seconds later, always by the same time.
    pub jitter_seconds: i32,
    /// Not sooner, if it ran before.
    pub not_before: Option<Timestamp>,
}

/// Schedules per statement.
const BATCH: i32 = 200;

/// Queues the jobs of due schedules; returns how many were due. A schedule that missed several
/// times runs once. `db` has no tenant, here and below.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn queue_jobs(db: &Db) -> Result<i64> {
    let mut queued = 0;
    loop {
        let now: i64 = db
            .one("select lookup.queue_scheduled_jobs($1) as queued", &[BATCH.into()])
            .await?
            .get("queued")?;
        queued += now;
        if now < BATCH.into() {
            return Ok(queued);
        }
    }
}

/// Schedules whose next time is unknown.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn unplanned(db: &Db) -> Result<Vec<UnplannedSchedule>> {
    let rows = db
        .query("select schedule_id, cron, time_zone, jitter_seconds, not_before from lookup.unplanned_schedules()", &[])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(UnplannedSchedule {
                id: row.get("schedule_id")?,
                cron: row.get("cron")?,
                time_zone: row.get("time_zone")?,
                jitter_seconds: row.get("jitter_seconds")?,
                not_before: row.get("not_before")?,
            })
        })
        .collect()
}

/// Sets when a schedule runs next, or why it cannot be calculated; then it does not run.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn plan(db: &Db, id: Uuid, next: std::result::Result<Timestamp, String>) -> Result<()> {
    let (at, error) = match next {
        Ok(at) => (Some(at), None),
        Err(error) => (None, Some(error)),
    };
    let params: [Value; 3] = [id.into(), at.into(), error.into()];
    db.execute("select lookup.plan_schedule($1, $2, $3)", &params).await?;
    Ok(())
}

/// Microseconds until a schedule needs a worker, by the clock of the database: until its time, or
/// none if its next time is unknown. Negative: since then. None: there is no schedule.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn until_next(db: &Db) -> Result<Option<i64>> {
    db.one("select lookup.until_next_schedule() as micros", &[]).await?.get("micros")
}

/// Leases a due maintenance for `seconds`; returns its kind. None if nothing is due, or another
/// worker runs it.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn lease_maintenance(db: &Db, worker: Uuid, seconds: i32) -> Result<Option<String>> {
    let sql = "select kind from lookup.lease_maintenance($1, $2)";
    db.optional(sql, &[worker.into(), seconds.into()]).await?.map(|row| row.get("kind")).transpose()
}

/// Extends the lease of a maintenance by `seconds`; false if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn extend_maintenance(db: &Db, worker: Uuid, kind: &str, seconds: i32) -> Result<bool> {
    let sql = "select lookup.extend_maintenance($1, $2, $3) as held";
    db.one(sql, &[worker.into(), kind.into(), seconds.into()]).await?.get("held")
}

/// Ends a maintenance; it runs again at its next time, or in five minutes if it `failed`.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn end_maintenance(db: &Db, worker: Uuid, kind: &str, failed: bool) -> Result<()> {
    db.execute(
        "select lookup.end_maintenance($1, $2, $3)",
        &[worker.into(), kind.into(), failed.into()],
    )
    .await?;
    Ok(())
}
