#![doc = include_str!("../README.md")]

mod event;
mod job;
mod organisation_job;
mod permit;
mod stream_events;

const ROUTES: &[api::Route] = api::routes! {
    /// Job and document progress (SSE, resumable)
    [GET KnowledgeRead] "/api/v1/events" => stream_events::stream_events;
    /// List jobs of the spaces the caller is in
    [GET KnowledgeRead] "/api/v1/jobs" ? job::JobsParameters => job::list_jobs;
    /// Get a job
    [GET KnowledgeRead] "/api/v1/jobs/{job_id}" => job::get_job;
    /// Cancel a queued or running job
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/cancel" => job::cancel_job;
    /// Queue a failed or dead job again
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/retry" => job::retry_job;
    /// List the jobs of the organisation, newest first; `status=failed` also lists dead ones
    [GET AdminRead] "/api/v1/admin/jobs" ? job::JobsParameters => organisation_job::list_organisation_jobs;
    /// Queue a job of the organisation again that failed, is dead or was cancelled
    [POST AdminWrite] "/api/v1/admin/jobs/{job_id}/retry" => organisation_job::retry_organisation_job;
    /// Take a failed or dead job off the list: it is cancelled, and can still be retried
    [POST AdminWrite] "/api/v1/admin/jobs/{job_id}/discard" => organisation_job::discard_organisation_job;
    /// How many jobs of the organisation wait, run and have failed
    [GET AdminRead] "/api/v1/admin/queue" => organisation_job::get_queue_summary;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("events", ROUTES)
}

api::component!(super::router);
