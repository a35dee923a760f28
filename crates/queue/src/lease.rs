//! The worker's side of the queue: lease jobs, extend the leases, end the jobs.

use kernel::{
    Result, Timestamp,
    id::{JobId, TenantId},
};
use platform::{
    Cx,
    pg::{Db, Transaction, Value},
    telemetry::TraceContext,
};
use uuid::Uuid;

use crate::{Failure, FreeSlots, JobRecord, Lane, Outcome, Status, store};

/// A worker's right to a job. Every write of the worker names the lease, and changes nothing if it
/// is no longer held.
#[derive(Clone, PartialEq, Debug)]
pub struct Lease {
    /// The tenant that owns the job.
    pub tenant: TenantId,
    /// The job.
    pub job: JobId,
    /// The worker that holds it.
    pub worker: Uuid,
    /// Which attempt, counted from 1; a crash of the worker also ends one.
    pub attempt: i32,
    /// How many of the earlier attempts ended with a crash of their worker.
    pub crashes: i32,
    /// How many attempts may fail.
    pub max_attempts: i32,
    /// The lane whose slot it takes.
    pub lane: Lane,
    /// The kind, [`crate::Job::KIND`].
    pub kind: String,
    /// The payload, a [`crate::Job`].
    pub payload: serde_json::Value,
    /// The span that queued it; none: nothing that is traced did.
    pub trace: Option<TraceContext>,
}

impl Lease {
    /// Which attempt that can fail, counted from 1: crashes of workers do not count as failures.
    #[must_use]
    pub fn failable_attempt(&self) -> i32 {
        self.attempt - self.crashes
    }

    /// Job, worker and attempt: the parameters of a statement that may only write while the lease
    /// is held.
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
    /// The lease is no longer held: stop and write nothing.
    Lost,
}

/// Leases due jobs of all tenants for `seconds`, as many as there are free slots. A tenant gets
/// another slot of a lane only while it holds fewer than are free, so that no tenant takes the last
/// one. A job that crashed two workers is leased alone. `db` has no tenant.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn lease(db: &Db, worker: Uuid, free: FreeSlots, seconds: i32) -> Result<Vec<Lease>> {
    store::lease(db, worker, free, seconds).await
}

/// How many jobs of a kind and lane stand how, over all tenants.
#[derive(Clone, PartialEq, Debug)]
pub struct QueueState {
    /// [`crate::Job::KIND`].
    pub kind: String,
    /// None: the size of its document decides.
    pub lane: Option<Lane>,
    /// `queued` and due, `running` or `dead`.
    pub status: Status,
    /// How many.
    pub jobs: i64,
    /// Seconds that the oldest of them is due, runs or is dead.
    pub oldest_seconds: f64,
}

/// What waits, runs and is dead. `db` has no tenant.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn state(db: &Db) -> Result<Vec<QueueState>> {
    store::state(db).await
}

/// When the next job is due or the next lease runs out. `db` has no tenant.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    store::next_due(db).await
}

/// Marks jobs dead that crashed their worker three times while running alone; returns them with
/// their tenants. `db` has no tenant.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn mark_dead(db: &Db) -> Result<Vec<(TenantId, JobId)>> {
    store::mark_dead(db).await
}

/// Reads a job without a check of rights.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn get(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    store::get_any(cx, job).await
}

/// Extends the lease by `seconds`.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn extend_lease(cx: &Cx, lease: &Lease, seconds: i32) -> Result<HeartbeatOutcome> {
    store::extend_lease(cx, lease, seconds).await
}

/// Writes the progress of the job; None if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn progress(
    cx: &Cx,
    lease: &Lease,
    percent: i32,
    step: &str,
) -> Result<Option<JobRecord>> {
    store::progress(cx, lease, percent, step).await
}

/// Ends the job with success; None if the lease is lost (the caller rolls back then).
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn succeed(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<JobRecord>> {
    store::succeed(tx, lease).await
}

/// Locks the job until the transaction ends; true if its cancellation was requested, None if the
/// lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn hold(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<bool>> {
    store::hold(tx, lease).await
}

/// Ends an attempt that did not succeed; None if the lease is lost (the caller rolls back then).
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn end(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    outcome: Outcome,
    failure: Option<&Failure>,
) -> Result<Option<JobRecord>> {
    store::end(tx, lease, outcome, failure).await
}

/// Notes that the job got further than any attempt before: what failed or crashed until now counts
/// no longer. For jobs that continue where they were. False if the lease is lost (roll back then).
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn got_further(tx: &mut Transaction<'_>, lease: &Lease) -> Result<bool> {
    store::got_further(tx, lease).await
}

/// Releases a job unfinished: the worker stops, or the job belongs to another lane (`lane`; None
/// keeps its lane). The attempt does not count. None if the lease is lost (roll back then).
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn release(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    lane: Option<Lane>,
) -> Result<Option<JobRecord>> {
    store::release(tx, lease, lane).await
}
