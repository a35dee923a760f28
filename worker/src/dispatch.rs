//! Takes due jobs and runs them, so many at a time; waits for a wake where none is due.

use std::{sync::Arc, time::Duration};

use jobs::{Lease, WAKE_LIST, queue};
use kernel::Result;
use platform::{
    log::{self, Level},
    redis::{Redis, Reply},
};
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use crate::{mails, run::Worker, task, tend};

/// Seconds that a job belongs to a worker that says nothing.
pub(crate) const LEASE_SECONDS: i32 = 60;
/// The worker looks by itself so often, whatever Redis says or does not say.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// And never more often than this.
const LOOK_AT_MOST: Duration = Duration::from_millis(200);
/// Without Redis there is no wake; the pause before trying it again.
const WITHOUT_REDIS: Duration = Duration::from_secs(1);
/// What running jobs get to hand back their lease when the worker stops.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// Runs jobs until the worker is told to stop; jobs that run then are handed back.
pub(crate) async fn until_shutdown(worker: Arc<Worker>, slots: usize) {
    let mut shutdown = worker.shutdown.clone();
    let mut running = JoinSet::new();
    tokio::select! {
        () = forever(&worker, slots, &mut running) => {}
        () = shutdown.asked() => {}
    }
    let ended = tokio::time::timeout(LAST_WORDS, async { while running.join_next().await.is_some() {} });
    if ended.await.is_err() {
        log::line(Level::Warn, "worker", "some jobs did not stop in time; their leases run out by themselves", &[]);
    }
}

async fn forever(worker: &Arc<Worker>, slots: usize, running: &mut JoinSet<()>) {
    let free = Arc::new(Semaphore::new(slots));
    let mut waker = Waker(None);
    let mut woken = false;
    loop {
        let permits = free_slots(&free).await;
        while running.try_join_next().is_some() {}
        mails::queue_resets(worker).await;
        match take(worker, permits.len()).await {
            Ok(leases) if leases.is_empty() => {
                drop(permits);
                if woken {
                    // Woken, but not for a job to do: one that waited was cancelled.
                    tend::settle_known(worker).await;
                }
                woken = waker.wait(pause(worker).await).await;
            }
            Ok(leases) => {
                for (lease, permit) in leases.into_iter().zip(permits) {
                    running.spawn(begin(worker.clone(), lease, permit));
                }
            }
            Err(problem) => {
                drop(permits);
                log::line(
                    Level::Warn,
                    "worker",
                    "no job could be taken; trying again",
                    &[("cause", json!(problem.to_string()))],
                );
                tokio::time::sleep(WITHOUT_REDIS).await;
            }
        }
    }
}

/// Waits until a slot is free, and takes all that are.
async fn free_slots(free: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let mut permits: Vec<OwnedSemaphorePermit> = free.clone().acquire_owned().await.into_iter().collect();
    while let Ok(permit) = free.clone().try_acquire_owned() {
        permits.push(permit);
    }
    permits
}

async fn take(worker: &Worker, limit: usize) -> Result<Vec<Lease>> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    queue::lease(&worker.db(), worker.id, limit, LEASE_SECONDS).await
}

async fn begin(worker: Arc<Worker>, lease: Lease, slot: OwnedSemaphorePermit) {
    worker.tenants.remember(lease.tenant);
    task::run(&worker, &lease).await;
    drop(slot);
}

/// How long nothing is due, within bounds. Where something is overdue that could not be taken, somebody died over it.
async fn pause(worker: &Worker) -> Duration {
    let Ok(Some(due)) = queue::next_due(&worker.db()).await else { return LOOK_EVERY };
    let wait = Duration::from_micros(u64::try_from(due.0 - platform::clock::now().0).unwrap_or(0));
    if wait.is_zero() {
        tend::bury(worker).await;
    }
    wait.clamp(LOOK_AT_MOST, LOOK_EVERY)
}

/// A connection of its own, because waiting holds it up.
struct Waker(Option<Redis>);

impl Waker {
    /// Waits for a wake, or so long; says whether there was one.
    async fn wait(&mut self, at_most: Duration) -> bool {
        let woken = async {
            let redis = match self.0.take() {
                Some(redis) => redis,
                None => Redis::open().await?,
            };
            let seconds = format!("{:.3}", at_most.as_secs_f64());
            let reply = redis.command("BLPOP", &[WAKE_LIST.as_bytes(), seconds.as_bytes()]).await?;
            self.0 = Some(redis);
            Ok::<_, kernel::Problem>(!matches!(reply.as_slice(), [] | [Reply::Nil]))
        };
        // A Redis that hangs must not keep the worker from looking.
        match tokio::time::timeout(at_most + WITHOUT_REDIS, woken).await {
            Ok(Ok(woken)) => return woken,
            Ok(Err(_)) => tokio::time::sleep(at_most.min(WITHOUT_REDIS)).await,
            Err(_) => self.0 = None,
        }
        false
    }
}
