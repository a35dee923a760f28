#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod job;
mod place;
mod stream_events;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET KnowledgeRead] "/api/v1/events" => stream_events::stream_events;
    [GET KnowledgeRead] "/api/v1/jobs" => job::list_jobs;
    [GET KnowledgeRead] "/api/v1/jobs/{job_id}" => job::get_job;
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/cancel" => job::cancel_job;
    [POST KnowledgeWrite] "/api/v1/jobs/{job_id}/retry" => job::retry_job;
};

async fn handle(request: Request) -> Response {
    api::serve("events", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
