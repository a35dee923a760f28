#![doc = include_str!("../README.md")]

mod store;
mod tick;

const ROUTES: &[api::Route] = api::routes! {
    /// Queue the jobs of schedules that are due
    [POST internal] "/internal/tick" => tick::tick;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("scheduler", ROUTES)
}

api::component!(super::router);
