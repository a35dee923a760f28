#![doc = include_str!("../README.md")]

mod checks;
mod openapi;
mod ready;
mod store;

const ROUTES: &[api::Route] = api::routes! {
    /// The process answers
    [GET public] "/api/v1/health" => ready::get_health;
    /// The process answers
    [GET public] "/api/health" => ready::get_health_short;
    /// Real checks; 503 with the same body when failed
    [GET public] "/api/v1/ready" => ready::get_ready;
    /// Real checks; 503 with the same body when failed
    [GET public] "/api/health/ready" => ready::get_health_ready;
    /// Real checks; 503 with the same body when failed
    [GET public] "/api/health/db" => ready::get_health_db;
    /// Real checks; 503 with the same body when failed
    [GET public] "/api/health/redis" => ready::get_health_redis;
    /// This document
    [GET public] "/api/v1/openapi.json" => openapi::get_openapi;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("health", ROUTES)
}

api::component!(super::router);
