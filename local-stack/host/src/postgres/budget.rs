//! The connection budget: how many connections to Postgres this process has, over all components.
//!
//! ```text
//! budget = 80:  ├ guaranteed: `minimum` (2) for each of 14 components ┤├────── shared: 52 ──────┤
//!
//! request() ── idle connection of the same pool ─────────────────────────────────> connection
//!    ├─ a guaranteed place of the component, or a shared one ──> place ─ connect ──> connection
//!    └─ else: queue of the component                               ^                    │
//!         ├─ put_back() by the same pool ──> connection            │               put_back()
//!         └─ closes one for it ──> close ──> place given back ─────┘                    │
//!              ^ the idle connection that was unused longest ───────────────────────── idle
//!              ^ the returned connection of a component that has two places more
//! ```
//!
//! * **The limit is hard.** A connection holds its place from before it is opened until after its
//!   socket is closed, in every way that it can end: the place is dropped after it. The server
//!   still counts a closed connection until its process notices: a moment, or as long as the
//!   statement takes that its guest left behind.
//! * **Turns.** A free place goes to the waiting component that has the fewest places; among
//!   equals, to the one whose last turn is longest ago. A component that has more than a waiting
//!   one keeps its connections while it uses them, and gives one up when it returns it. So
//!   components that want more than there is end with equal numbers, and none loses a place to one
//!   that has as many.
//! * **Nested calls cannot deadlock.** A request may hold a connection of one component and wait
//!   for one of another (chat calls gateway, which opens its own). Guaranteed places are never
//!   lent. So the last component of such a chain, which waits for no other, always has places that
//!   only its own requests hold; they end, its next ones follow, then those of the component before
//!   it, and so on up the chain. Only requests of one component that each wait for a second
//!   connection of the same component can still block each other, as in any pool; their wait ends
//!   after `wait_seconds`.
//!
//! Every change runs `settle` under the one lock; connections are granted and closed outside of it,
//! because dropping a place takes the lock again.

mod state;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::oneshot;

use crate::admission::ComponentNumber;
use state::{Idle, State, Waiter};

/// A pool: only its own connections can be reused for it.
pub(super) type PoolNumber = u64;

/// The places of a process. `C` is a connection.
pub(super) struct Budget<C> {
    limit: usize,
    /// Closes a connection, then drops its place.
    close: fn(PooledConnection<C>),
    next_pool: AtomicU64,
    state: Mutex<State<C>>,
}

/// Permission to have one connection. Given back when dropped.
pub(super) struct ConnectionPermit<C> {
    budget: Weak<Budget<C>>,
    component: ComponentNumber,
    /// Its connection is closed for a waiting request.
    evicted: bool,
}

/// An open connection and its place. The order of the fields matters: the connection is dropped
/// first.
pub(super) struct PooledConnection<C> {
    pub(super) connection: C,
    pub(super) place: ConnectionPermit<C>,
}

/// What a request for a connection gets.
pub(super) enum BudgetGrant<C> {
    /// An open connection of its pool.
    Connection(PooledConnection<C>),
    /// The place for a new one.
    Permit(ConnectionPermit<C>),
}

/// A request for a connection, answered at once or later.
pub(super) enum Request<C> {
    Granted(BudgetGrant<C>),
    Waits(Waiting<C>),
}

/// A request in the queue of its component. Dropping it leaves the queue.
pub(super) struct Waiting<C> {
    budget: Arc<Budget<C>>,
    component: ComponentNumber,
    number: u64,
    granted: oneshot::Receiver<BudgetGrant<C>>,
}

/// What is done outside of the lock.
struct Outbox<C> {
    granted: Vec<(oneshot::Sender<BudgetGrant<C>>, BudgetGrant<C>)>,
    evicted: Vec<PooledConnection<C>>,
}

/// The places of all components.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BudgetUsage {
    pub(crate) limit: usize,
    /// Of open connections, and of those that are being opened or closed.
    pub(crate) used: usize,
    /// Requests that wait for a place.
    pub(crate) waiting: usize,
}

/// The places of one component.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MemberUsage {
    pub(super) places: usize,
    pub(super) idle: usize,
    /// As many places as it can have.
    pub(super) limit: usize,
}

impl<C> Budget<C> {
    /// `close` closes a connection and then drops its place.
    pub(super) fn new(limit: usize, close: fn(PooledConnection<C>)) -> Arc<Self> {
        Arc::new(Self { limit, close, next_pool: AtomicU64::new(0), state: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        // No code below panics half-way; the state is consistent even if another thread panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves places for `component`, before it requests any.
    pub(super) fn guarantee(&self, component: ComponentNumber, places: usize) -> Result<()> {
        let mut state = self.lock();
        let sum = state.guaranteed + places;
        ensure!(
            sum <= self.limit,
            "[outbound_pg] budget = {}: expected at least {places} (`minimum`) for each component \
             that may reach Postgres; raise the budget or lower the minimum",
            self.limit
        );
        state.guaranteed = sum;
        state.member(component).guaranteed += places;
        Ok(())
    }

    /// The number of a new pool.
    pub(super) fn pool(&self) -> PoolNumber {
        self.next_pool.fetch_add(1, Ordering::Relaxed)
    }

    /// A connection of `pool`, or a place for one, or a turn in the queue.
    pub(super) fn request(
        self: &Arc<Self>,
        component: ComponentNumber,
        pool: PoolNumber,
    ) -> Request<C> {
        let mut state = self.lock();
        let member = state.member(component);
        if let Some(at) = member.idle.iter().rposition(|idle| idle.pool == pool)
            && let Some(idle) = member.idle.remove(at)
        {
            return Request::Granted(BudgetGrant::Connection(idle.held));
        }
        if self.has_place(&state, component) {
            return Request::Granted(BudgetGrant::Permit(self.take(&mut state, component)));
        }
        let (sender, granted) = oneshot::channel();
        let number = state.next_waiter;
        state.next_waiter += 1;
        state.waiting += 1;
        state.member(component).waiters.push_back(Waiter { number, pool, granted: sender });
        let outbox = self.settle(&mut state);
        drop(state);
        self.deliver(outbox);
        Request::Waits(Waiting { budget: self.clone(), component, number, granted })
    }

    /// Returns a clean connection of `pool`: to the next request for it, or to the idle ones,
    /// unless a component with fewer places waits.
    pub(super) fn put_back(self: &Arc<Self>, pool: PoolNumber, mut held: PooledConnection<C>) {
        let component = held.place.component;
        let mut state = self.lock();
        let mut outbox = Outbox { granted: Vec::new(), evicted: Vec::new() };
        let poorer = state.has_poorer(component);
        let member = state.member(component);
        let next = member.waiters.iter().position(|waiter| waiter.pool == pool);
        if poorer {
            member.given_up += 1;
            state.closing += 1;
            held.place.evicted = true;
            outbox.evicted.push(held);
        } else if let Some(waiter) = next.and_then(|at| member.waiters.remove(at)) {
            state.waiting -= 1;
            outbox.granted.push((waiter.granted, BudgetGrant::Connection(held)));
        } else {
            member.idle.push_back(Idle { pool, since: Instant::now(), held });
            outbox = self.settle(&mut state);
        }
        drop(state);
        self.deliver(outbox);
    }

    /// Closes the idle connections of `pool`.
    pub(super) fn close_pool(&self, component: ComponentNumber, pool: PoolNumber) {
        self.close_idle(component, |idle| idle.pool == pool);
    }

    /// Closes the connections of `component` that were idle for longer than `longest`.
    pub(super) fn close_unused(&self, component: ComponentNumber, longest: Duration) {
        self.close_idle(component, |idle| idle.since.elapsed() >= longest);
    }

    fn close_idle(&self, component: ComponentNumber, closes: impl Fn(&Idle<C>) -> bool) {
        let mut state = self.lock();
        let member = state.member(component);
        let (closed, kept) = std::mem::take(&mut member.idle).into_iter().partition(closes);
        member.idle = kept;
        drop(state);
        let closed: VecDeque<Idle<C>> = closed;
        closed.into_iter().for_each(|idle| (self.close)(idle.held));
    }

    /// How many places there are, and who waits.
    pub(super) fn usage(&self) -> BudgetUsage {
        let state = self.lock();
        let used = state.members.values().map(|member| member.places).sum();
        BudgetUsage { limit: self.limit, used, waiting: state.waiting }
    }

    /// The places of one component.
    pub(super) fn usage_of(&self, component: ComponentNumber) -> MemberUsage {
        let mut state = self.lock();
        let shared = self.limit - state.guaranteed;
        let member = state.member(component);
        MemberUsage {
            places: member.places,
            idle: member.idle.len(),
            limit: member.guaranteed + shared,
        }
    }

    /// How many connections `component` gave up for others since the last call.
    pub(super) fn take_given_up(&self, component: ComponentNumber) -> u64 {
        std::mem::take(&mut self.lock().member(component).given_up)
    }

    fn has_place(&self, state: &State<C>, component: ComponentNumber) -> bool {
        let own = state.members.get(&component);
        own.is_some_and(|it| it.places < it.guaranteed)
            || state.shared < self.limit - state.guaranteed
    }

    fn take(
        self: &Arc<Self>,
        state: &mut State<C>,
        component: ComponentNumber,
    ) -> ConnectionPermit<C> {
        let member = state.member(component);
        member.places += 1;
        let shared = usize::from(member.holds_shared());
        state.shared += shared;
        ConnectionPermit { budget: Arc::downgrade(self), component, evicted: false }
    }

    /// Grants free places to waiting requests; picks idle connections to close for the others.
    fn settle(self: &Arc<Self>, state: &mut State<C>) -> Outbox<C> {
        let mut outbox = Outbox { granted: Vec::new(), evicted: Vec::new() };
        while state.waiting > 0 {
            let order = state.by_turn();
            let Some(next) = order.into_iter().find(|it| self.has_place(state, *it)) else { break };
            let Some(waiter) = state.member(next).waiters.pop_front() else { break };
            state.waiting -= 1;
            state.turn += 1;
            state.member(next).last_turn = state.turn;
            outbox.granted.push((waiter.granted, BudgetGrant::Permit(self.take(state, next))));
        }
        while state.waiting > state.closing {
            let order = state.by_turn();
            let Some(held) = order.into_iter().find_map(|it| state.evict_for(it)) else { break };
            outbox.evicted.push(held);
        }
        outbox
    }

    /// Outside of the lock: what was granted to a request that is gone is given back by its drop.
    fn deliver(&self, outbox: Outbox<C>) {
        for (sender, granted) in outbox.granted {
            let _ = sender.send(granted);
        }
        outbox.evicted.into_iter().for_each(self.close);
    }

    fn give_back(self: &Arc<Self>, place: &ConnectionPermit<C>) {
        let mut state = self.lock();
        let member = state.member(place.component);
        let shared = usize::from(member.holds_shared());
        member.places -= 1;
        state.shared -= shared;
        state.closing -= usize::from(place.evicted);
        let outbox = self.settle(&mut state);
        drop(state);
        self.deliver(outbox);
    }
}

impl<C> Drop for ConnectionPermit<C> {
    fn drop(&mut self) {
        if let Some(budget) = self.budget.upgrade() {
            budget.give_back(self);
        }
    }
}

impl<C> Future for Waiting<C> {
    /// Nothing only if the budget is gone.
    type Output = Option<BudgetGrant<C>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let granted = ready!(Pin::new(&mut self.granted).poll(cx));
        Poll::Ready(granted.ok())
    }
}

impl<C> Drop for Waiting<C> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        let waiters = &mut state.member(self.component).waiters;
        let before = waiters.len();
        waiters.retain(|waiter| waiter.number != self.number);
        let left = before - waiters.len();
        state.waiting -= left;
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
