#![doc = include_str!("../README.md")]

mod event;
mod job;
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
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("events", ROUTES)
}

api::component!(super::router);
