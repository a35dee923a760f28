//! Operations of users on jobs.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, JobId},
};
use platform::Cx;
use spaces::Action;

use queue::{JobRecord, Status, wake};

use crate::store;

/// The jobs of the spaces that the caller is a member of, newest first.
///
/// # Errors
/// `invalid_query` for an unknown status.
pub async fn list_jobs(
    cx: &Cx,
    status: Option<&str>,
    request: PageRequest,
) -> Result<Page<JobRecord>> {
    let status = checked_status(status)?;
    let (items, total) = store::list(cx, status, request).await?;
    Ok(Page::cut(items, total, request, |job| Cursor { at: job.created_at, id: job.id.0 }))
}

/// A status of a query.
pub(crate) fn checked_status(status: Option<&str>) -> Result<Option<Status>> {
    let known = |text: &str| {
        Status::parse(text).ok_or_else(|| {
            let all: Vec<&str> = Status::ALL.iter().map(|s| s.as_str()).collect();
            Problem::new(
                Code::InvalidQuery,
                format!("status: expected one of {}, got `{text}`", all.join(", ")),
            )
        })
    };
    status.map(known).transpose()
}

/// One job.
///
/// # Errors
/// `not_found` if the caller is not a member of its space.
pub async fn get_job(cx: &Cx, job: JobId) -> Result<JobRecord> {
    store::get(cx, job).await?.ok_or_else(|| id::not_found("job"))
}

async fn editable(cx: &Cx, job: JobId) -> Result<JobRecord> {
    let job = get_job(cx, job).await?;
    let space = job.space_id.ok_or_else(|| id::not_found("job"))?;
    spaces::require(cx, space, Action::EditKnowledge).await?;
    Ok(job)
}

/// Cancels a job: a queued one at once, a running one as soon as its worker notices.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it has ended.
pub async fn cancel_job(cx: &Cx, job: JobId) -> Result<JobRecord> {
    let job = editable(cx, job).await?;
    let cancelled = store::cancel(cx, job.id)
        .await?
        .ok_or_else(|| ended(job.status, "there is nothing to cancel"))?;
    // The worker updates the document of the job.
    wake().await;
    Ok(cancelled)
}

/// Queues a job again that failed, died or was cancelled, with the full number of attempts.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it is queued, running or has succeeded, or another job
/// processes its document.
pub async fn retry_job(cx: &Cx, job: JobId) -> Result<JobRecord> {
    let job = editable(cx, job).await?;
    let again = store::retry(cx, job.id).await?.ok_or_else(|| not_retryable(job.status))?;
    wake().await;
    Ok(again)
}

/// The problem when a job cannot be queued again.
pub(crate) fn not_retryable(status: Status) -> Problem {
    let advice =
        "a failed, dead or cancelled job is tried again, where no other works on its document";
    ended(status, advice)
}

fn ended(status: Status, advice: &str) -> Problem {
    let reason = ReasonCode::JobState.with_value(status.as_str());
    Problem::conflict(reason, format!("the job is {}; {advice}", status.as_str()))
}
