//! Waking a worker.

use platform::{
    log::{self, Level},
    redis::Redis,
};
use serde_json::json;

/// The Redis list that an idle worker waits on.
pub const WAKE_LIST: &str = "jobs:wake";

/// Wakes a worker. It never fails the request that queued a job: the worker polls every few seconds
/// anyway.
pub async fn wake() {
    let woken = async {
        let redis = Redis::open().await?;
        redis.command("LPUSH", &[WAKE_LIST.as_bytes(), b"1"]).await?;
        // Without a worker the list would grow.
        redis.command("LTRIM", &[WAKE_LIST.as_bytes(), b"0", b"99"]).await
    };
    if let Err(problem) = woken.await {
        log::line(
            Level::Warn,
            "jobs",
            "no worker was woken; one looks by itself within seconds",
            &[("cause", json!(problem.to_string()))],
        );
    }
}
