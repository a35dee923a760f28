//! `POST /internal/tick`: queue the jobs of due schedules, and wake the worker when work is due.

use api::{Call, Json};
use contract::Schema;
use kernel::Result;
use platform::{
    clock,
    pg::{Db, Source},
};
use queue::schedule;
use serde::Serialize;

use crate::store;

/// Twice the time between two ticks.
const JUST_NOW_MICROS: i64 = 2_000_000;

#[derive(Schema, Serialize)]
pub(crate) struct TickReport {
    /// Jobs of schedules.
    queued: i64,
    /// Whether the worker was woken.
    woken: bool,
}

pub(crate) async fn tick(_call: Call) -> Result<Json<TickReport>> {
    let db = Db::new(Source::from_config().await?, None);
    let queued = schedule::queue_jobs(&db).await?;
    // A job that has been due for longer waits for a slot, and the worker polls for it.
    let now = clock::now();
    let due =
        store::next_due(&db).await?.is_some_and(|at| at <= now && at.0 >= now.0 - JUST_NOW_MICROS);
    if queued > 0 || due {
        queue::wake().await;
    }
    api::ok(&TickReport { queued, woken: queued > 0 || due })
}
