//! `POST /internal/tick`: queue the jobs of due schedules, and wake a worker when jobs or
//! maintenance are due.

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

/// Twice the time between two ticks. What has been due for longer waits for a slot or a worker,
/// which looks by itself.
const JUST_NOW_MICROS: i64 = 2_000_000;

#[derive(Schema, Serialize)]
pub(crate) struct TickReport {
    /// Jobs of schedules.
    queued: i64,
    /// Whether a worker was woken: jobs or maintenance are due.
    woken: bool,
}

pub(crate) async fn tick(_call: Call) -> Result<Json<TickReport>> {
    let db = Db::new(Source::from_config().await?, None);
    let queued = schedule::queue_jobs(&db).await?;
    let job = store::next_due(&db).await?.map(|at| at.0 - clock::now().0);
    let jobs = queued > 0 || is_due_just_now(job);
    if jobs {
        queue::wake().await;
    }
    // Also if a job was queued: the next time of its schedule is to be calculated.
    let schedules = is_due_just_now(schedule::until_next(&db).await?);
    if schedules {
        schedule::wake().await;
    }
    api::ok(&TickReport { queued, woken: jobs || schedules })
}

/// `micros`: until it is due.
fn is_due_just_now(micros: Option<i64>) -> bool {
    micros.is_some_and(|micros| (-JUST_NOW_MICROS..=0).contains(&micros))
}
