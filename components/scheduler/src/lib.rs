#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod store;
mod tick;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [POST public] "/internal/tick" => tick::tick;
};

async fn handle(request: Request) -> Response {
    api::serve("scheduler", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
