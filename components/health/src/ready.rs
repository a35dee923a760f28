//! Health and readiness.

use std::collections::BTreeMap;

use api::{Call, Json, Reply, kind::Status as Answered};
use contract::Schema;
use kernel::Result;
use serde::Serialize;

use crate::checks::{self, Check, Status};

contract::words! {
    Alive = ["ok"];
}

/// 503 with the same body, where a check failed.
type Probe = Reply<(Answered<200, Readiness>, Answered<503, Readiness>)>;

#[derive(Schema, Serialize)]
pub(crate) struct Health {
    #[schema(as = Alive)]
    status: Status,
}

#[derive(Schema, Serialize)]
pub(crate) struct Readiness {
    status: Status,
    checks: BTreeMap<&'static str, Check>,
}

pub(crate) async fn get_health(_call: Call) -> Result<Json<Health>> {
    api::ok(&Health { status: Status::Ok })
}

fn respond(checks: BTreeMap<&'static str, Check>) -> Result<Probe> {
    let status = checks.values().map(|c| c.status).max().unwrap_or(Status::Ok);
    let readiness = Readiness { status, checks };
    if status == Status::Failed {
        return api::json::<503, _>(&readiness).map(Reply::into_kind);
    }
    api::ok(&readiness).map(Reply::into_kind)
}

/// The short path.
pub(crate) use get_health as get_health_short;

/// The short path.
pub(crate) use get_ready as get_health_ready;

pub(crate) async fn get_ready(_call: Call) -> Result<Probe> {
    respond(
        [
            ("database", checks::database().await),
            ("redis", checks::redis().await),
            ("worker", checks::worker().await),
        ]
        .into(),
    )
}

pub(crate) async fn get_health_db(_call: Call) -> Result<Probe> {
    respond([("database", checks::database().await)].into())
}

pub(crate) async fn get_health_redis(_call: Call) -> Result<Probe> {
    respond([("redis", checks::redis().await)].into())
}
