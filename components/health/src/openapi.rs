//! `GET /api/v1/openapi.json`: the contract.

use api::{Call, Json, Reply};
use http::header;
use kernel::{Problem, Result};
use platform::serve;
use serde_json::{Map, Value};

const DOCUMENT: &str = include_str!("../../../openapi/openapi.json");

pub(crate) async fn get_openapi(_call: Call) -> Result<Json<Map<String, Value>>> {
    http::Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "public, max-age=300")
        .body(serve::full(DOCUMENT))
        .map(Reply::new)
        .map_err(Problem::internal)
}
