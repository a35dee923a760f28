#![doc = include_str!("../README.md")]

mod job;
mod permit;
mod stream_events;

const ROUTES: &[api::Route] = api::routes! {
    [GET KnowledgeRead] "/api/v1/events" => stream_events::stream_events;
    [GET KnowledgeRead] "/api/v1/jobs" => job::list_jobs;
    [GET KnowledgeRead] "/api/v1/jobs/{job_id}" => job::get_job;
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/cancel" => job::cancel_job;
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/retry" => job::retry_job;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("events", ROUTES)
}

api::component!(super::router);
