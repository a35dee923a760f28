//! Order of embedding: tenants take turns, and within a tenant the document with the fewest batches
//! so far goes first.
//!
//! ```text
//! document A (tenant 1) ─batch─┐
//! document B (tenant 1) ─batch─┼─> waiting ──pick()──> at most SIMULTANEOUS batches in the model
//! document C (tenant 2) ─batch─┘
//! ```
//! Least attained service within a tenant: a short note is embedded at once while a book is being
//! indexed. Idle work gets a turn only while no document waits.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::id::TenantId;
use tokio::sync::oneshot;

/// Batches in the model at the same time: two keep its threads busy, more would only queue there in
/// order of arrival.
const SIMULTANEOUS: usize = 2;
/// Tenants without waiting documents whose last turn is remembered.
const REMEMBERED: usize = 1000;

struct Waiter {
    tenant: TenantId,
    /// Earlier batches of its document; none: it waits until no document does.
    attained: Option<u64>,
    turn: oneshot::Sender<Turn>,
}

struct State {
    free: usize,
    /// In order of arrival.
    waiting: Vec<Waiter>,
    /// When each tenant had its last turn, counted in turns.
    last: BTreeMap<TenantId, u64>,
    turns: u64,
}

/// The scheduler of one worker.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

/// Permission to embed one batch; the next one starts when it is dropped.
pub(crate) struct Turn(Turns);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            free: SIMULTANEOUS,
            waiting: Vec::new(),
            last: BTreeMap::new(),
            turns: 0,
        })))
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent whenever the lock is released; no code in between can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn. `attained` counts the earlier batches of the document.
    pub(crate) async fn next(&self, tenant: TenantId, attained: u64) -> Turn {
        self.wait(tenant, Some(attained)).await
    }

    /// Waits for a turn that no document needs.
    pub(crate) async fn idle(&self, tenant: TenantId) -> Turn {
        self.wait(tenant, None).await
    }

    async fn wait(&self, tenant: TenantId, attained: Option<u64>) -> Turn {
        let (turn, given) = oneshot::channel();
        self.lock().waiting.push(Waiter { tenant, attained, turn });
        self.start();
        match given.await {
            Ok(turn) => turn,
            // Unreachable while `self` exists: waiters are only removed to get a turn.
            Err(_) => std::future::pending().await,
        }
    }

    /// Starts waiting batches while turns are free.
    fn start(&self) {
        loop {
            let Some(waiter) = self.take_next() else { return };
            // A waiter that was cancelled returns its turn, which is dropped here outside the lock.
            let _ = waiter.turn.send(Turn(self.clone()));
        }
    }

    fn take_next(&self) -> Option<Waiter> {
        let mut state = self.lock();
        state.waiting.retain(|waiter| !waiter.turn.is_closed());
        if state.free == 0 {
            return None;
        }
        let next = state
            .waiting
            .iter()
            .enumerate()
            .min_by_key(|(place, waiter)| {
                let is_idle = waiter.attained.is_none();
                (is_idle, state.last.get(&waiter.tenant).copied(), waiter.attained, *place)
            })
            .map(|(place, _)| place)?;
        let waiter = state.waiting.remove(next);
        state.free -= 1;
        if waiter.attained.is_none() {
            return Some(waiter);
        }
        state.turns += 1;
        let now = state.turns;
        if state.last.len() >= REMEMBERED {
            let oldest = now.saturating_sub(REMEMBERED as u64);
            state.last.retain(|_, turn| *turn > oldest);
        }
        state.last.insert(waiter.tenant, now);
        Some(waiter)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(n: u128) -> TenantId {
        TenantId(uuid::Uuid::from_u128(n))
    }

    /// Polls once, so that the waiter is in the queue.
    async fn ask(
        turns: &Turns,
        who: u128,
        attained: u64,
    ) -> std::pin::Pin<Box<dyn std::future::Future<Output = Turn> + Send>> {
        let turns = turns.clone();
        let mut asking: std::pin::Pin<Box<dyn std::future::Future<Output = Turn> + Send>> =
            Box::pin(async move { turns.next(tenant(who), attained).await });
        assert!(futures::poll!(&mut asking).is_pending());
        asking
    }

    #[tokio::test]
    async fn another_tenant_goes_before_the_next_batch_of_a_busy_one() {
        let turns = Turns::default();
        let first = turns.next(tenant(1), 0).await;
        let _second = turns.next(tenant(1), 1).await;
        let mut busy = ask(&turns, 1, 2).await;
        let mut other = ask(&turns, 2, 900).await;
        drop(first);
        let other = futures::poll!(&mut other);
        assert!(other.is_ready());
        assert!(futures::poll!(&mut busy).is_pending());
    }

    #[tokio::test]
    async fn the_document_with_the_fewest_batches_goes_first_within_a_tenant() {
        let turns = Turns::default();
        let first = turns.next(tenant(1), 0).await;
        let _second = turns.next(tenant(1), 1).await;
        let mut book = ask(&turns, 1, 50).await;
        let mut note = ask(&turns, 1, 0).await;
        drop(first);
        // Held, or the book would get the turn of the note.
        let note = futures::poll!(&mut note);
        assert!(note.is_ready());
        assert!(futures::poll!(&mut book).is_pending());
    }

    #[tokio::test]
    async fn idle_work_waits_until_no_document_does() {
        let turns = Turns::default();
        let first = turns.next(tenant(1), 0).await;
        let _second = turns.next(tenant(1), 1).await;
        let mut idle = Box::pin(turns.idle(tenant(2)));
        assert!(futures::poll!(&mut idle).is_pending());
        let mut book = ask(&turns, 1, 900).await;
        drop(first);
        let std::task::Poll::Ready(turn) = futures::poll!(&mut book) else {
            panic!("the document has the turn")
        };
        assert!(futures::poll!(&mut idle).is_pending());
        drop(turn);
        assert!(futures::poll!(&mut idle).is_ready());
    }

    #[tokio::test]
    async fn a_cancelled_waiter_takes_no_turn() {
        let turns = Turns::default();
        let first = turns.next(tenant(1), 0).await;
        let _second = turns.next(tenant(1), 1).await;
        drop(ask(&turns, 1, 0).await);
        let mut last = ask(&turns, 1, 5).await;
        drop(first);
        assert!(futures::poll!(&mut last).is_ready());
    }
}
