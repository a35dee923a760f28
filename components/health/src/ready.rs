//! Health and readiness.

use std::collections::BTreeMap;

use api::{Call, Response};
use http::StatusCode;
use kernel::Result;
use serde::Serialize;

use crate::checks::{self, Check, Status};

#[derive(Serialize)]
struct Health {
    status: Status,
}

#[derive(Serialize)]
struct Readiness {
    status: Status,
    checks: BTreeMap<&'static str, Check>,
}

pub(crate) async fn get_health(_call: Call) -> Result<Response> {
    api::ok(&Health { status: Status::Ok })
}

fn respond(checks: BTreeMap<&'static str, Check>) -> Result<Response> {
    let status = checks.values().map(|c| c.status).max().unwrap_or(Status::Ok);
    let code = if status == Status::Failed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    api::json(code, &Readiness { status, checks })
}

pub(crate) async fn get_ready(_call: Call) -> Result<Response> {
    respond(
        [("database", checks::database().await), ("redis", checks::redis().await), ("worker", checks::worker().await)]
            .into(),
    )
}

pub(crate) async fn get_health_db(_call: Call) -> Result<Response> {
    respond([("database", checks::database().await)].into())
}

pub(crate) async fn get_health_redis(_call: Call) -> Result<Response> {
    respond([("redis", checks::redis().await)].into())
}
