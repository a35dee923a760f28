//! Leases due jobs and runs them in the slots of each lane; waits for a wake if none is due.
//!
//! ```text
//!          ┌──> wait for a free slot of any lane <────────────┐
//!          │        │                                         │
//!          │     queue::lease(free slots of each lane)        │
//!          │        │              │              │           │
//!          │      error          none            some         │
//!          │        │              │              │           │
//!          │     pause 1 s    after a wake:    take the slot, │
//!          │        │         reconcile        spawn ─────────┤
//!          └────────┘              │              │           │
//!                       wait: for a wake (Redis), │           │
//!                       the next due time, or a ──┼───────────┘
//!                       job that ends             │
//!                                                 v
//!                                task::run, with the slot until it ends
//! ```
//!
//! Only this loop takes slots, so one that it saw free is still free. A wake says that something
//! may be due; without Redis, the due times and [`POLL_EVERY`] are enough.

use std::{sync::Arc, time::Duration};

use platform::log::{self, Level};
use queue::{FreeSlots, Lane, Lease, WAKE_LIST};
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use crate::{jobs::send_email, maintenance, run::Worker, task, waker::Waker};

/// Duration of a lease in seconds, counted from the last heartbeat.
pub(crate) const LEASE_SECONDS: i32 = 60;
/// How often the worker polls the queue, with or without a wake.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// The shortest time between two polls.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The pause before the next attempt when no job could be leased.
const RETRY: Duration = Duration::from_secs(1);
/// How long running jobs may take to release their leases when the worker stops.
const DRAIN_GRACE: Duration = Duration::from_secs(4);

/// The slots of each lane.
#[derive(Clone, Debug)]
struct Slots {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    mail: Arc<Semaphore>,
    crawl: Arc<Semaphore>,
}

impl Slots {
    fn new(slots: FreeSlots) -> Self {
        let of = |lane| Arc::new(Semaphore::new(slots.of(lane)));
        Self {
            short: of(Lane::Short),
            long: of(Lane::Long),
            mail: of(Lane::Mail),
            crawl: of(Lane::Crawl),
        }
    }

    fn of(&self, lane: Lane) -> &Arc<Semaphore> {
        match lane {
            Lane::Short => &self.short,
            Lane::Long => &self.long,
            Lane::Mail => &self.mail,
            Lane::Crawl => &self.crawl,
        }
    }

    fn free(&self) -> FreeSlots {
        let of = |lane| self.of(lane).available_permits();
        FreeSlots {
            short: of(Lane::Short),
            long: of(Lane::Long),
            mail: of(Lane::Mail),
            crawl: of(Lane::Crawl),
        }
    }

    /// Takes a slot of this lane. Only [`forever`] takes slots, and never more than it saw free.
    fn take(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        self.of(lane).clone().try_acquire_owned().ok()
    }

    /// Waits until a slot of any lane is free.
    async fn wait(&self) {
        tokio::select! {
            _ = self.short.acquire() => {}
            _ = self.long.acquire() => {}
            _ = self.mail.acquire() => {}
            _ = self.crawl.acquire() => {}
        }
    }
}

/// Runs jobs until the worker stops; running jobs are released then.
pub(crate) async fn until_shutdown(worker: Arc<Worker>, slots: FreeSlots) {
    let mut shutdown = worker.shutdown.clone();
    let mut running = JoinSet::new();
    let slots = Slots::new(slots);
    tokio::select! {
        () = forever(&worker, &slots, &mut running) => {}
        () = shutdown.asked() => {}
    }
    let ended =
        tokio::time::timeout(DRAIN_GRACE, async { while running.join_next().await.is_some() {} });
    if ended.await.is_err() {
        log::line(
            Level::Warn,
            "worker",
            "some jobs did not stop in time; their leases run out by themselves",
            &[],
        );
    }
}

async fn forever(worker: &Arc<Worker>, slots: &Slots, running: &mut JoinSet<()>) {
    let mut waker = Waker::new(WAKE_LIST);
    let mut woken = false;
    loop {
        slots.wait().await;
        while running.try_join_next().is_some() {}
        send_email::queue_resets(worker).await;
        match queue::lease(&worker.db(), worker.id, slots.free(), LEASE_SECONDS).await {
            Ok(leases) if leases.is_empty() => {
                if woken {
                    // The wake was not for a due job: a queued one was cancelled.
                    if let Err(problem) = maintenance::reconcile(worker).await {
                        log::line(
                            Level::Warn,
                            "worker",
                            "documents were not reconciled",
                            &[("cause", json!(problem.to_string()))],
                        );
                    }
                }
                let pause = pause(worker).await;
                woken = tokio::select! {
                    woken = waker.wait(pause) => woken,
                    // The slot may be what a queued job of the same tenant needs.
                    Some(_) = running.join_next() => false,
                };
            }
            Ok(leases) => {
                for lease in leases {
                    match slots.take(lease.lane) {
                        Some(slot) => _ = running.spawn(begin(worker.clone(), lease, slot)),
                        // The slot of a job that has just ended is not free yet.
                        None => task::put_back(worker, &lease).await,
                    }
                }
            }
            Err(problem) => {
                log::line(
                    Level::Warn,
                    "worker",
                    "no job could be taken; trying again",
                    &[("cause", json!(problem.to_string()))],
                );
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn begin(worker: Arc<Worker>, lease: Lease, slot: OwnedSemaphorePermit) {
    task::run(&worker, &lease).await;
    drop(slot);
}

/// Time until the next job is due, within bounds. An overdue job that was not leased waits for its
/// tenant's turn or to run alone, or it crashed its last worker.
async fn pause(worker: &Worker) -> Duration {
    let Ok(Some(due)) = queue::next_due(&worker.db()).await else { return POLL_EVERY };
    let wait = Duration::from_micros(u64::try_from(due.0 - platform::clock::now().0).unwrap_or(0));
    if wait.is_zero() {
        maintenance::mark_dead(worker).await;
    }
    wait.clamp(MIN_POLL_INTERVAL, POLL_EVERY)
}
