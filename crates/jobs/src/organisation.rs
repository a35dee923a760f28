//! The jobs of the organisation, for its administrators: without titles and texts of documents,
//! which belong to the spaces.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, JobId},
};
use platform::Cx;
use queue::{JobRecord, wake};
use spaces::Action;

use crate::{store, verbs};

/// What waits, runs and needs a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueSummary {
    /// Jobs that wait for their time or a worker.
    pub queued: i64,
    /// Jobs that a worker has.
    pub running: i64,
    /// Jobs that failed for good, and were neither retried nor discarded.
    pub failed: i64,
    /// Since when the oldest job waits that is due.
    pub oldest_due_at: Option<Timestamp>,
}

/// The jobs of the organisation, newest first; those that failed with those that are dead.
///
/// # Errors
/// `not_allowed`; `invalid_query` for an unknown status.
pub async fn list_organisation_jobs(
    cx: &Cx,
    status: Option<&str>,
    request: PageRequest,
) -> Result<Page<JobRecord>> {
    cx.require(Action::ManageSettings)?;
    let status = verbs::checked_status(status)?;
    let (items, total) = store::list_all(cx, status, request).await?;
    Ok(Page::cut(items, total, request, |job| Cursor { at: job.created_at, id: job.id.0 }))
}

/// How much waits and runs in the organisation.
///
/// # Errors
/// `not_allowed`.
pub async fn get_queue_summary(cx: &Cx) -> Result<QueueSummary> {
    cx.require(Action::ManageSettings)?;
    store::summary(cx).await
}

/// As [`crate::retry_job`], in a space of which the caller need not be a member.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if it has not failed, belongs to no space, or another job
/// processes its document.
pub async fn retry_organisation_job(cx: &Cx, job: JobId) -> Result<JobRecord> {
    cx.require(Action::ManageSettings)?;
    let found = store::get_any(cx, job).await?.ok_or_else(|| id::not_found("job"))?;
    let again = match found.space_id {
        Some(_) => store::retry(cx, found.id).await?,
        // Its subject, such as an export, has ended with it.
        None => None,
    };
    let again = again.ok_or_else(|| verbs::not_retryable(found.status))?;
    wake().await;
    Ok(again)
}

/// Takes a job that failed for good off the list of those that need a person. It is `cancelled`
/// then, and keeps its error; it can still be retried.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if it has not failed.
pub async fn discard_organisation_job(cx: &Cx, job: JobId) -> Result<JobRecord> {
    cx.require(Action::ManageSettings)?;
    let found = store::get_any(cx, job).await?.ok_or_else(|| id::not_found("job"))?;
    store::discard(cx, found.id).await?.ok_or_else(|| {
        let detail = format!(
            "the job is {}; only one that failed or is dead can be discarded",
            found.status.as_str()
        );
        Problem::conflict(ReasonCode::JobState.with_value(found.status.as_str()), detail)
    })
}
