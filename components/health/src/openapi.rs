//! `GET /api/v1/openapi.json`: the contract.

use api::{Call, Response};
use http::header;
use kernel::{Problem, Result};
use platform::serve;

const DOCUMENT: &str = include_str!("../../../openapi/openapi.json");

pub(crate) async fn get_openapi(_call: Call) -> Result<Response> {
    http::Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "public, max-age=300")
        .body(serve::full(DOCUMENT))
        .map_err(Problem::internal)
}
