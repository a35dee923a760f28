//! Maintenance of the installation: each task is a row of `schedules` that one worker at a time runs.
//!
//! ```text
//! every 10 s ─> plan schedules without a next time ─> queue jobs of due schedules ─> lease a due task ─> run ─> end
//!                                                                                       └─ extend the lease beside it
//! ```

mod tasks;

use std::{sync::Arc, time::Duration};

use kernel::Result;
use platform::log::{self, Level};
use queue::schedule;
use serde_json::json;

use crate::{run::Worker, schedules};
pub(crate) use tasks::{mark_dead, reconcile};

/// How often a worker looks for tasks that are due.
const EVERY: Duration = Duration::from_secs(10);
/// Seconds that a task belongs to a worker that says nothing.
const LEASE_SECONDS: i32 = 60;
/// How often the lease is extended.
const BEAT_EVERY: Duration = Duration::from_secs(15);

/// Looks for due tasks and runs them until the worker stops.
pub(crate) async fn run_maintenance(worker: Arc<Worker>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        if let Err(problem) = run_due(&worker).await {
            warn("maintenance was not looked for; trying again in 10 s", "schedules", &problem);
        }
    }
}

async fn run_due(worker: &Worker) -> Result<()> {
    let db = worker.db();
    schedules::plan(&db).await?;
    if schedule::queue_jobs(&db).await? > 0 {
        queue::wake().await;
    }
    while let Some(kind) = schedule::lease_maintenance(&db, worker.id, LEASE_SECONDS).await? {
        tokio::select! {
            done = tasks::run(worker, &kind) => {
                if let Err(problem) = done {
                    warn("maintenance failed; it comes again at its next time", &kind, &problem);
                }
            }
            () = keep_lease(worker, &kind) => {}
        }
        schedule::end_maintenance(&db, worker.id, &kind).await?;
    }
    schedules::plan(&db).await
}

/// Extends the lease until it is lost.
async fn keep_lease(worker: &Worker, kind: &str) {
    let db = worker.db();
    let mut every = tokio::time::interval(BEAT_EVERY);
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

fn warn(message: &str, kind: &str, problem: &kernel::Problem) {
    log::line(Level::Warn, "worker", message, &[("kind", json!(kind)), ("cause", json!(problem.to_string()))]);
}
