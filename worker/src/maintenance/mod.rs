//! Maintenance of the installation: each task is a row of `schedules` that one worker at a time
//! runs.
//!
//! ```text
//! ┌─> plan schedules without a next time ─> queue jobs of due schedules ─> lease each due task ──┐
//! │                            each leased task on its own: run ─> end, extend the lease meanwhile │
//! └── wait: until the next schedule is due, for a wake (Redis), or for a task that ends <────────┘
//! ```
//!
//! The tick of the component `scheduler` wakes when something is due, in case a worker's clock is
//! wrong, or a schedule was changed while it waits.

mod messages;
mod tasks;

use std::{sync::Arc, time::Duration};

use kernel::{Problem, Result};
use platform::log::{self, Level};
use queue::schedule;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{run::Worker, schedules, waker::Waker};
pub(crate) use tasks::{mark_dead, reconcile};

/// The longest time between two looks, with or without a wake.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// The shortest one: a due task may be locked by another worker.
const MIN_PAUSE: Duration = Duration::from_millis(200);
/// Before the next look if one failed.
const RETRY: Duration = Duration::from_secs(10);
/// Duration of a task's lease in seconds, counted from the last heartbeat.
const LEASE_SECONDS: i32 = 60;
/// A task that takes longer is stopped, and continues at its next time.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How often the lease is extended.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);

/// Runs tasks when they are due, until the worker stops.
pub(crate) async fn run_maintenance(worker: Arc<Worker>) {
    let mut waker = Waker::new(queue::SCHEDULE_WAKE_LIST);
    let mut running = JoinSet::new();
    loop {
        while running.try_join_next().is_some() {}
        let pause = match look(&worker, &mut running).await {
            Ok(micros) => pause(micros),
            Err(_) => RETRY,
        };
        tokio::select! {
            _ = waker.wait(pause) => {}
            // Its next time is to be calculated.
            Some(_) = running.join_next() => {}
        }
    }
}

/// Queues and starts what is due; returns the microseconds until the next schedule is.
async fn look(worker: &Arc<Worker>, running: &mut JoinSet<()>) -> Result<Option<i64>> {
    // A failure of one does not stop the others.
    let queued = queue_jobs(worker).await.inspect_err(|problem| {
        warn("schedules were not looked at; trying again within 10 s", "schedules", problem);
    });
    lease_due(worker, running).await.inspect_err(|problem| {
        warn("maintenance was not looked for; trying again within 10 s", "schedules", problem);
    })?;
    queued?;
    let db = worker.db();
    schedule::until_next(&db).await
}

fn pause(micros: Option<i64>) -> Duration {
    let until = micros.map_or(MAX_PAUSE, |micros| {
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    });
    until.clamp(MIN_PAUSE, MAX_PAUSE)
}

async fn queue_jobs(worker: &Worker) -> Result<()> {
    let db = worker.db();
    schedules::plan(&db).await?;
    if schedule::queue_jobs(&db).await? > 0 {
        queue::wake().await;
    }
    schedules::plan(&db).await
}

/// Spawns each due task, so that a long one does not delay others. The lease keeps a kind from
/// running twice.
async fn lease_due(worker: &Arc<Worker>, running: &mut JoinSet<()>) -> Result<()> {
    let db = worker.db();
    while let Some(kind) = schedule::lease_maintenance(&db, worker.id, LEASE_SECONDS).await? {
        let worker = worker.clone();
        running.spawn(async move { run_task(&worker, &kind).await });
    }
    Ok(())
}

async fn run_task(worker: &Worker, kind: &str) {
    let failed = tokio::select! {
        done = tokio::time::timeout(TIMEOUT, tasks::run(worker, kind)) => match done {
            Ok(Ok(())) => false,
            Ok(Err(problem)) => {
                warn("maintenance failed; it is tried again in five minutes", kind, &problem);
                true
            }
            // Its work so far is committed; the rest follows at its next time.
            Err(_) => {
                let cause = Problem::internal(format!("it took longer than {TIMEOUT:?}"));
                warn("maintenance was ended; it goes on at its next time", kind, &cause);
                false
            }
        },
        () = keep_lease(worker, kind) => false,
    };
    if let Err(problem) = schedule::end_maintenance(&worker.db(), worker.id, kind, failed).await {
        warn("the end of a maintenance was not written; its lease runs out", kind, &problem);
    }
}

/// Extends the lease until it is lost.
async fn keep_lease(worker: &Worker, kind: &str) {
    let db = worker.db();
    let mut every = tokio::time::interval(HEARTBEAT_EVERY);
    every.tick().await;
    loop {
        every.tick().await;
        match schedule::extend_maintenance(&db, worker.id, kind, LEASE_SECONDS).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(problem) => warn("the lease of a maintenance was not extended", kind, &problem),
        }
        db.release().await;
    }
}

fn warn(message: &str, kind: &str, problem: &Problem) {
    log::line(
        Level::Warn,
        "worker",
        message,
        &[("kind", json!(kind)), ("cause", json!(problem.to_string()))],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_when_the_next_schedule_is_due_within_bounds() {
        assert_eq!(pause(Some(1_500_000)), Duration::from_millis(1_500));
        assert_eq!(pause(Some(-1_500_000)), MIN_PAUSE);
        for far in [None, Some(i64::MAX)] {
            assert_eq!(pause(far), MAX_PAUSE);
        }
    }
}
