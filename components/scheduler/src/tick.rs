//! `POST /internal/tick`: wake the worker when work is due.

use api::{Call, Response};
use identity::mac;
use kernel::{Code, Problem, Result};
use platform::{
    clock, config,
    pg::{Db, Source},
    redis::Redis,
};
use serde_json::json;

use crate::store;

pub(crate) async fn tick(call: Call) -> Result<Response> {
    let expected = config::required("internal_key").await?;
    let given = call.header("x-internal-key").unwrap_or_default();
    if !mac::constant_time_eq(given.as_bytes(), expected.as_bytes()) {
        // The route does not exist for anybody else.
        return Err(Problem::new(Code::NoSuchRoute, "there is no such route; /api/v1/openapi.json lists them all"));
    }
    let db = Db::new(Source::from_config().await?, None);
    let due = store::next_due(&db).await?.is_some_and(|at| at <= clock::now());
    if due {
        Redis::open().await?.command("LPUSH", &[b"jobs:wake", b"1"]).await?;
    }
    api::ok(&json!({ "woken": due }))
}
