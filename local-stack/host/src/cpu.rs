//! CPU time of guests per request, measured with the thread's CPU clock, so that waiting for a busy
//! machine costs nothing.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use wasmtime::component::GuestTaskId;

/// Added to the limit of a request for each MiB of its bodies, so that large transfers do not count
/// as loops.
const PER_MIB: Duration = Duration::from_millis(50);
/// This fraction (1/n) of a request's lifetime is added to its limit: a stream that is open for an
/// hour is not a loop.
const LIFETIME_PARTS: u32 = 60;
/// Nanoseconds without a known task are divided among the requests once they reach this.
const DIVIDED_FROM: u64 = 10_000_000;

thread_local! {
    /// CPU time of this thread at the last measurement, in nanoseconds.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// CPU time of this thread since the last call, in nanoseconds.
///
/// Every poll of an instance begins and ends with a call, and the first one's result is dropped: so
/// no time is counted twice, and none of connections or other instances.
pub(crate) fn lap() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let now = u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(now.tv_nsec).unwrap_or(0);
    // The first call on a thread has no earlier value.
    LAST.with(|last| match last.replace(now) {
        0 => 0,
        before => now.saturating_sub(before),
    })
}

/// The CPU time of one request.
pub(crate) struct CpuBudget {
    limit: Duration,
    began: Instant,
    used: AtomicU64,
    body_bytes: AtomicU64,
}

impl CpuBudget {
    /// `limit` without the additions for bytes and lifetime.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            began: Instant::now(),
            used: AtomicU64::new(0),
            body_bytes: AtomicU64::new(0),
        }
    }

    /// Counts bytes of the request or response body.
    pub(crate) fn add_body_bytes(&self, bytes: usize) {
        self.body_bytes.fetch_add(bytes as u64, Relaxed);
    }

    fn charge(&self, nanos: u64) {
        self.used.fetch_add(nanos, Relaxed);
    }

    /// Whether it has used up its limit.
    pub(crate) fn is_used_up(&self) -> bool {
        let mib = u32::try_from(self.body_bytes.load(Relaxed) >> 20).unwrap_or(u32::MAX);
        let limit =
            self.limit + PER_MIB.saturating_mul(mib) + self.began.elapsed() / LIFETIME_PARTS;
        Duration::from_nanos(self.used.load(Relaxed)) > limit
    }
}

/// The requests of one instance, and their CPU time.
#[derive(Default)]
pub(crate) struct CpuAccounts {
    /// Strong references: the client may be gone while its task still computes. An instance takes a
    /// bounded number of requests.
    by_task: Mutex<HashMap<GuestTaskId, Arc<CpuBudget>>>,
    /// The requests that a client still waits for.
    live: Mutex<Vec<Weak<CpuBudget>>>,
    undivided: AtomicU64,
}

impl CpuAccounts {
    /// Registers a request that runs as `task`.
    pub(crate) fn add(&self, task: GuestTaskId, budget: &Arc<CpuBudget>) {
        lock(&self.by_task).insert(task, budget.clone());
        let mut live = lock(&self.live);
        live.retain(|budget| budget.strong_count() > 1);
        live.push(Arc::downgrade(budget));
    }

    /// Charges `nanos` to the request of the running task; true when it has used up its time.
    pub(crate) fn charge(&self, task: Option<GuestTaskId>, nanos: u64) -> bool {
        let budget = task.and_then(|task| lock(&self.by_task).get(&task).cloned());
        match budget {
            Some(budget) => {
                budget.charge(nanos);
                budget.is_used_up()
            }
            None => self.divide(nanos),
        }
    }

    /// Charges `nanos` that no task is known for: equal parts for the requests in the instance.
    /// True when that uses up the time of one of them.
    pub(crate) fn divide(&self, nanos: u64) -> bool {
        if self.undivided.fetch_add(nanos, Relaxed) + nanos < DIVIDED_FROM {
            return false;
        }
        let all = self.undivided.swap(0, Relaxed);
        let live: Vec<Arc<CpuBudget>> = lock(&self.live)
            .iter()
            .filter(|budget| budget.strong_count() > 1)
            .filter_map(Weak::upgrade)
            .collect();
        let part = all / (live.len() as u64).max(1);
        live.iter().fold(false, |used_up, budget| {
            budget.charge(part);
            used_up | budget.is_used_up()
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Every change is a single insertion, so the state is consistent after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(millis: u64) -> Arc<CpuBudget> {
        Arc::new(CpuBudget::new(Duration::from_millis(millis)))
    }

    #[test]
    fn time_without_a_known_task_is_divided_among_the_requests() {
        let accounts = CpuAccounts::default();
        let budgets = [budget(1_000), budget(1_000)];
        let _of_tasks = budgets.clone();
        for budget in &budgets {
            lock(&accounts.live).push(Arc::downgrade(budget));
        }
        assert!(!accounts.divide(5_000_000), "too little to divide yet");
        assert!(!accounts.divide(1_000_000_000));
        assert_eq!(budgets.each_ref().map(|budget| budget.used.load(Relaxed)), [502_500_000; 2]);
        assert!(accounts.divide(1_100_000_000), "half of it is more than either has left");
    }

    #[test]
    fn bytes_add_to_the_limit() {
        let budget = budget(100);
        budget.charge(150_000_000);
        assert!(budget.is_used_up());
        budget.add_body_bytes(2 << 20);
        assert!(!budget.is_used_up());
    }
}
