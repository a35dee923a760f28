//! What the worker measures of usage and quotas, over all tenants. Nothing of it names a tenant.

use std::time::Duration;

use kernel::{Result, Timestamp, id::ModelId};
use platform::pg::Db;
use uuid::Uuid;

use crate::store::measure as store;

/// How long a call must be recorded before it is counted: its transaction may still run.
pub const SETTLED: Duration = Duration::from_secs(5);

/// A place in the calls, in the order in which they were recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallPosition {
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
}

/// A call that was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSample {
    /// The model, as its provider names it.
    pub model: String,
    /// From 1 within one question.
    pub attempt: i32,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Of these: read from the provider's cache.
    pub cached_read_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Of these: thoughts.
    pub reasoning_tokens: u64,
    /// The cost, rounded to 10⁻⁹ US dollars; none: it has no price.
    pub nanodollars: Option<u64>,
    /// From the request to the end.
    pub latency: Duration,
    /// From the request to the first text.
    pub first_token: Option<Duration>,
    /// `done`, `caller_gone`, or the kind of the failure.
    pub outcome: String,
}

/// How many quotas stand how in their current period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaCount {
    /// The kind of their subject.
    pub subject: String,
    /// What they count.
    pub measure: String,
    /// `open`, `near` or `used_up`.
    pub state: String,
    /// So many.
    pub quotas: i64,
    /// Questions that they refused in the period.
    pub refused: i64,
}

/// What happened to reservations and alerts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotaEvents {
    /// Reservations of questions that are being answered.
    pub open: i64,
    /// Reservations of the last day that expired: their process died.
    pub expired: i64,
    /// Alerts of the last day, of quotas that are not used up yet.
    pub near: i64,
    /// Alerts of the last day, of quotas that are used up.
    pub used_up: i64,
}

/// The end of what has been recorded for `settled`.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn end(db: &Db, settled: Duration) -> Result<CallPosition> {
    store::end(db, settled).await
}

/// At most `limit` calls after a place, and the place after them.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn calls_after(
    db: &Db,
    position: CallPosition,
    settled: Duration,
    limit: i32,
) -> Result<(Vec<CallSample>, CallPosition)> {
    store::calls_after(db, position, settled, limit).await
}

/// The models of rows that were called in the last hour, with their names; the newest `limit`.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn called_models(db: &Db, limit: i32) -> Result<Vec<(ModelId, String)>> {
    store::called_models(db, limit).await
}

/// How the quotas of all tenants stand.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn quota_counts(db: &Db) -> Result<Vec<QuotaCount>> {
    store::quota_counts(db).await
}

/// What happened to the reservations and alerts of all tenants.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn quota_events(db: &Db) -> Result<QuotaEvents> {
    store::quota_events(db).await
}
