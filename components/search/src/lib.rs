#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod search;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [POST Search] "/api/v1/search" => search::search;
};

async fn handle(request: Request) -> Response {
    api::serve("search", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
