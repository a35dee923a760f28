//! The worker's side of the queue: lease jobs, extend the leases, end the jobs.

use kernel::{
    Result, Timestamp,
    id::{JobId, TenantId},
};
use platform::{
    Cx,
    pg::{Db, Transaction, Value},
};
use uuid::Uuid;

use crate::{Failure, FreeSlots, JobRecord, Lane, Outcome, store};

/// A worker's right to a job. Everything it writes names the lease, and changes nothing if it is no longer held.
#[derive(Clone, PartialEq, Debug)]
pub struct Lease {
    /// The tenant whose job it is.
    pub tenant: TenantId,
    /// The job.
    pub job: JobId,
    /// Who holds it.
    pub worker: Uuid,
    /// Which attempt, counted from 1; a crash of the worker ends one, too.
    pub attempt: i32,
    /// How many of the earlier attempts ended with the death of their worker.
    pub crashes: i32,
    /// How many attempts may fail.
    pub max_attempts: i32,
    /// The lane whose slot it takes.
    pub lane: Lane,
    /// What to do.
    pub kind: String,
    /// With what.
    pub payload: serde_json::Value,
}

impl Lease {
    /// Which attempt that can fail, counted from 1: crashes of workers are no failures of the job.
    #[must_use]
    pub fn failable_attempt(&self) -> i32 {
        self.attempt - self.crashes
    }

    /// Job, worker and attempt: the parameters of a statement that may only work while the lease is held.
    #[must_use]
    pub fn fence(&self) -> [Value; 3] {
        [self.job.into(), self.worker.into(), self.attempt.into()]
    }
}

/// Result of [`extend_lease`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeartbeatOutcome {
    /// The lease was extended.
    Held,
    /// Cancellation of the job was requested.
    CancelAsked,
    /// The lease is no longer held: stop, and write nothing.
    Lost,
}

/// Takes due jobs of all tenants for `seconds`, as many as there are free slots. A tenant gets another slot of a lane
/// only while it holds fewer than are free, so that none takes the last one. A job over which two workers died is leased
/// alone. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn lease(db: &Db, worker: Uuid, free: FreeSlots, seconds: i32) -> Result<Vec<Lease>> {
    store::lease(db, worker, free, seconds).await
}

/// When the next job is due or the next lease runs out. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    store::next_due(db).await
}

/// Marks jobs dead that crashed their worker three times while it ran nothing else; returns them with their tenants. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn mark_dead(db: &Db) -> Result<Vec<(TenantId, JobId)>> {
    store::mark_dead(db).await
}

/// A job, without a check of rights.
///
/// # Errors
/// What the database says.
pub async fn get(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    store::get_any(cx, job).await
}

/// Extends the lease by `seconds`.
///
/// # Errors
/// What the database says.
pub async fn extend_lease(cx: &Cx, lease: &Lease, seconds: i32) -> Result<HeartbeatOutcome> {
    store::extend_lease(cx, lease, seconds).await
}

/// Writes the progress of the job; None if the lease is lost.
///
/// # Errors
/// What the database says.
pub async fn progress(cx: &Cx, lease: &Lease, percent: i32, step: &str) -> Result<Option<JobRecord>> {
    store::progress(cx, lease, percent, step).await
}

/// Ends the job with success; None if the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn succeed(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<JobRecord>> {
    store::succeed(tx, lease).await
}

/// Locks the job until the transaction ends; true if its cancellation was requested, None if the lease is lost.
///
/// # Errors
/// What the database says.
pub async fn hold(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<bool>> {
    store::hold(tx, lease).await
}

/// Ends an attempt that did not succeed; None if the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn end(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    outcome: Outcome,
    failure: Option<&Failure>,
) -> Result<Option<JobRecord>> {
    store::end(tx, lease, outcome, failure).await
}

/// Notes that the job got further than any attempt before: what failed or crashed until now counts no longer. For jobs that go on where they
/// were. False if the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn got_further(tx: &mut Transaction<'_>, lease: &Lease) -> Result<bool> {
    store::got_further(tx, lease).await
}

/// Releases a job unfinished: the worker stops, or the job belongs to another lane (`lane`; None keeps its lane). The
/// attempt does not count. None if the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn release(tx: &mut Transaction<'_>, lease: &Lease, lane: Option<Lane>) -> Result<Option<JobRecord>> {
    store::release(tx, lease, lane).await
}
