#![doc = include_str!("../README.md")]

mod search;

const ROUTES: &[api::Route] = api::routes! {
    /// Hybrid search over what the caller may read
    [POST Search] "/api/v1/search" => search::search;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("search", ROUTES)
}

api::component!(super::router);
