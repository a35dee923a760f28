//! Waking a worker.

use platform::{
    log::{self, Level},
    redis::Redis,
};
use serde_json::json;

/// The Redis list that an idle worker waits on.
pub const WAKE_LIST: &str = "jobs:wake";
/// The Redis list that workers wait on between two schedules.
pub const SCHEDULE_WAKE_LIST: &str = "schedules:wake";

/// Wakes a worker. It never fails the request that queued a job: the worker polls every few seconds
/// anyway.
pub async fn wake() {
    push(WAKE_LIST, b"99").await;
}

/// Wakes a worker for schedules: maintenance is due, or a next time is to be calculated. One wake
/// is enough for all of them.
pub async fn wake_for_schedules() {
    push(SCHEDULE_WAKE_LIST, b"0").await;
}

/// Adds a wake. Without a worker the list would grow, so nothing stays behind position `last`.
async fn push(list: &'static str, last: &'static [u8]) {
    let woken = async {
        let redis = Redis::open().await?;
        redis.command("LPUSH", &[list.as_bytes(), b"1"]).await?;
        redis.command("LTRIM", &[list.as_bytes(), b"0", last]).await
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
