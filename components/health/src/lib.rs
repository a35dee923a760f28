#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod checks;
mod openapi;
mod ready;
mod store;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET public] "/api/v1/health" => ready::get_health;
    [GET public] "/api/health" => ready::get_health;
    [GET public] "/api/v1/ready" => ready::get_ready;
    [GET public] "/api/health/ready" => ready::get_ready;
    [GET public] "/api/health/db" => ready::get_health_db;
    [GET public] "/api/health/redis" => ready::get_health_redis;
    [GET public] "/api/v1/openapi.json" => openapi::get_openapi;
};

async fn handle(request: Request) -> Response {
    api::serve("health", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
