//! What a worker does with jobs: takes them, says that it lives, and ends them.

use kernel::{
    Result, Timestamp,
    id::{JobId, TenantId},
};
use platform::{
    Cx,
    pg::{Db, Transaction, Value},
};
use uuid::Uuid;

use crate::{Ending, Failure, Job, store};

/// Short jobs and long ones have places of their own in a worker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Small documents, mails, exports: done within seconds. A job that takes longer moves to the other lane.
    Short,
    /// Everything else.
    Long,
}

impl Lane {
    /// As the database spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }
}

/// A worker's free places, by lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreePlaces {
    /// Of [`Lane::Short`].
    pub short: usize,
    /// Of [`Lane::Long`].
    pub long: usize,
}

/// A worker's right to a job. Everything it writes names the lease, and changes nothing where it is no longer held.
#[derive(Clone, PartialEq, Debug)]
pub struct Lease {
    /// The tenant whose job it is.
    pub tenant: TenantId,
    /// The job.
    pub job: JobId,
    /// Who holds it.
    pub worker: Uuid,
    /// Which attempt, counted from 1.
    pub attempt: i32,
    /// How many there may be.
    pub max_attempts: i32,
    /// Whose place it takes.
    pub lane: Lane,
    /// What to do.
    pub kind: String,
    /// With what.
    pub payload: serde_json::Value,
}

impl Lease {
    /// Job, worker and attempt: the parameters of a statement that may only work where the lease is held.
    #[must_use]
    pub fn fence(&self) -> [Value; 3] {
        [self.job.into(), self.worker.into(), self.attempt.into()]
    }
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beat {
    /// Go on.
    Held,
    /// Somebody wants the job to stop.
    CancelAsked,
    /// The lease is no longer held: stop, and write nothing.
    Lost,
}

/// Takes due jobs of all tenants for `seconds`, as many as there are free places. A tenant gets another place of a lane
/// only while it holds fewer than are free, so that none takes the last one. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn lease(db: &Db, worker: Uuid, free: FreePlaces, seconds: i32) -> Result<Vec<Lease>> {
    store::lease(db, worker, free, seconds).await
}

/// When the next job is due or the next lease runs out. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    store::next_due(db).await
}

/// Declares the jobs dead whose worker died on the last attempt, and names their tenants. `db` has no tenant.
///
/// # Errors
/// What the database says.
pub async fn bury(db: &Db) -> Result<Vec<(TenantId, JobId)>> {
    store::bury(db).await
}

/// A job, whoever may see it.
///
/// # Errors
/// What the database says.
pub async fn get(cx: &Cx, job: JobId) -> Result<Option<Job>> {
    store::get_any(cx, job).await
}

/// Keeps the lease for another `seconds`.
///
/// # Errors
/// What the database says.
pub async fn beat(cx: &Cx, lease: &Lease, seconds: i32) -> Result<Beat> {
    store::beat(cx, lease, seconds).await
}

/// Notes how far the job is; nothing where the lease is lost.
///
/// # Errors
/// What the database says.
pub async fn progress(cx: &Cx, lease: &Lease, percent: i32, step: &str) -> Result<Option<Job>> {
    store::progress(cx, lease, percent, step).await
}

/// Ends the job well; nothing where the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn succeed(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<Job>> {
    store::succeed(tx, lease).await
}

/// Keeps everybody else from changing the job until the transaction ends, and says whether somebody wants it to stop; nothing where the lease is lost.
///
/// # Errors
/// What the database says.
pub async fn hold(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<bool>> {
    store::hold(tx, lease).await
}

/// Ends an attempt that did not succeed; nothing where the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn end(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    ending: Ending,
    failure: Option<&Failure>,
) -> Result<Option<Job>> {
    store::end(tx, lease, ending, failure).await
}

/// Gives a job back unfinished: the worker stops, or the job belongs to another lane (`lane`; None keeps its lane). The
/// attempt does not count. None if the lease is lost (roll back then).
///
/// # Errors
/// What the database says.
pub async fn hand_back(tx: &mut Transaction<'_>, lease: &Lease, lane: Option<Lane>) -> Result<Option<Job>> {
    store::hand_back(tx, lease, lane).await
}
