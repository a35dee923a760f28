//! Admission: how many requests a caller, a tenant, a client address and a component may have at
//! the same time, and which is next.
//!
//! A request takes a permit before an instance takes the request:
//!
//! ```text
//! admit() ── share left, host not full ──────────────────────> permit: working ── head ──> in flight ── end ──> released
//!    └─ else: queue of its tenant (or address) ── turn comes ──────^                                              │
//!         └─ queue full, or no turn within `wait` ──> 429 (own share) or 503 (busy)      next in the queues <─────┘
//! ```
//!
//! The queues take turns, so a thousand requests of one tenant delay one request of another only
//! once.

mod load;
mod requester;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::front_config::Shares;
use load::{Load, State};
use requester::Party;
pub(crate) use requester::{ComponentNumber, ComponentShares, Refusal, Requester};

/// A whole response of so many bytes is small.
const SMALL_BYTES: usize = 64 << 10;
/// How many different kinds of blocked requests of one queue are tried before the next queue.
const MAX_BLOCKED_KINDS: usize = 32;

/// The permits, and the waiting requests.
pub(crate) struct Admission {
    total: usize,
    wait: Duration,
    shares: Shares,
    components: Vec<ComponentShares>,
    state: Mutex<State>,
    /// Notified when the last request has ended.
    idle: Notify,
}

struct Waiter {
    requester: Requester,
    component: ComponentNumber,
    spaced: bool,
    granted: oneshot::Sender<Permit>,
}

/// Permission to run a request. Released when dropped.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    requester: Requester,
    component: ComponentNumber,
    working: bool,
    /// Bytes of its response, if that is whole.
    held: usize,
}

impl Admission {
    /// `total` permits; `wait` is how long a request waits for one. `components` in the order of
    /// their numbers.
    pub(crate) fn new(
        total: usize,
        wait: Duration,
        shares: Shares,
        components: Vec<ComponentShares>,
    ) -> Arc<Self> {
        let state =
            State { by_component: vec![Load::default(); components.len()], ..State::default() };
        Arc::new(Self {
            total,
            wait,
            shares,
            components,
            state: Mutex::new(state),
            idle: Notify::new(),
        })
    }

    #[cfg(test)]
    pub(crate) fn unlimited() -> Arc<Self> {
        let most = usize::MAX;
        let all = ComponentShares {
            caller_working: most,
            caller_spacing: Duration::ZERO,
            tenant_working: most,
            address_working: most,
            working: most,
            in_flight: most,
        };
        Self::new(most, Duration::from_secs(1), Shares::default(), vec![all])
    }

    /// A permit for a call by the host itself.
    pub(crate) async fn admit_host_call(
        self: &Arc<Self>,
        component: ComponentNumber,
    ) -> Result<Permit, Refusal> {
        self.admit(Requester::Host, component, false).await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code below panics half-way; the state is consistent even if another thread panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.lock().in_flight
    }

    /// Waits until no request is in flight.
    pub(crate) async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if self.in_flight() == 0 {
                return;
            }
            idle.await;
        }
    }

    /// A permit for a request to `component`, at once or when its turn comes. `spaced`: it starts
    /// no sooner than the spacing after the caller's last start.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        requester: Requester,
        component: ComponentNumber,
        spaced: bool,
    ) -> Result<Permit, Refusal> {
        let granted = {
            let mut state = self.lock();
            match self.blocked(&state, requester, component, spaced) {
                None => {
                    self.take(&mut state, requester, component, spaced);
                    return Ok(Permit {
                        admission: self.clone(),
                        requester,
                        component,
                        working: true,
                        held: 0,
                    });
                }
                Some(refusal) => {
                    self.enqueue(&mut state, requester, component, spaced).ok_or(refusal)?
                }
            }
        };
        if let Ok(Ok(permit)) = tokio::time::timeout(self.wait, granted).await {
            return Ok(permit);
        }
        // The receiver is gone: the next pass over the queue removes the waiter.
        Err(self.blocked(&self.lock(), requester, component, spaced).unwrap_or(Refusal::Busy))
    }

    fn enqueue(
        &self,
        state: &mut State,
        requester: Requester,
        component: ComponentNumber,
        spaced: bool,
    ) -> Option<oneshot::Receiver<Permit>> {
        let party = requester.queue();
        if let Some(queue) = state.queues.get_mut(&party) {
            let before = queue.len();
            queue.retain(|waiter| !waiter.granted.is_closed());
            state.waiting -= before - queue.len();
        }
        let of_party = state.queues.get(&party).map_or(0, VecDeque::len);
        // One caller must leave colleagues room in the queue of their tenant.
        let of_caller = |queue: &VecDeque<Waiter>| {
            queue.iter().filter(|waiter| waiter.requester == requester).count()
        };
        let caller_full = matches!(requester, Requester::Caller(_))
            && state.queues.get(&party).map_or(0, of_caller) >= self.shares.waiting.div_ceil(4);
        if caller_full
            || of_party >= self.shares.waiting
            || state.waiting >= self.shares.waiting_total
        {
            return None;
        }
        let (granted, receiver) = oneshot::channel();
        state.queues.entry(party).or_default().push_back(Waiter {
            requester,
            component,
            spaced,
            granted,
        });
        if of_party == 0 && !state.turns.contains(&party) {
            state.turns.push_back(party);
        }
        state.waiting += 1;
        Some(receiver)
    }

    /// Why a request may not start now; `None` if it may.
    fn blocked(
        &self,
        state: &State,
        requester: Requester,
        component: ComponentNumber,
        spaced: bool,
    ) -> Option<Refusal> {
        let own = |party, working: usize, in_flight: usize| {
            let load = state.by_party.get(&party);
            let working_now =
                load.and_then(|load| load.working.get(&component)).copied().unwrap_or(0);
            working_now >= working || load.is_some_and(|load| load.in_flight >= in_flight)
        };
        let (Some(shares), Some(load)) = (
            self.components.get(usize::from(component)),
            state.by_component.get(usize::from(component)),
        ) else {
            return Some(Refusal::Busy);
        };
        let own_share = match requester {
            Requester::Host => false,
            Requester::Address(client) => {
                own(Party::Address(client), shares.address_working, self.shares.address)
            }
            Requester::Caller(caller) => {
                (spaced && state.is_spaced(caller.caller, component, shares.caller_spacing))
                    || own(Party::Caller(caller.caller), shares.caller_working, self.shares.caller)
                    || own(Party::Tenant(caller.tenant), shares.tenant_working, self.shares.tenant)
            }
        };
        if own_share {
            return Some(Refusal::OwnShare);
        }
        let full = state.in_flight >= self.total
            || load.working >= shares.working
            || load.in_flight >= shares.in_flight;
        full.then_some(Refusal::Busy)
    }

    /// Grants free permits to waiting requests, one queue at a time.
    fn grant(self: &Arc<Self>, state: &mut State) -> Vec<(oneshot::Sender<Permit>, Permit)> {
        let mut out = Vec::new();
        let mut passed_over = 0;
        while passed_over < state.turns.len() {
            let Some(party) = state.turns.pop_front() else { break };
            let Some(mut queue) = state.queues.remove(&party) else { continue };
            let before = queue.len();
            queue.retain(|waiter| !waiter.granted.is_closed());
            state.waiting -= before - queue.len();
            let next = self.next_of(state, &queue);
            match next.and_then(|at| queue.remove(at)) {
                Some(Waiter { requester, component, spaced, granted }) => {
                    state.waiting -= 1;
                    self.take(state, requester, component, spaced);
                    out.push((
                        granted,
                        Permit {
                            admission: self.clone(),
                            requester,
                            component,
                            working: true,
                            held: 0,
                        },
                    ));
                    passed_over = 0;
                }
                None => passed_over += 1,
            }
            if queue.is_empty() {
                // Entries are kept for the spacing of callers that wait in a queue.
                state.by_party.retain(|_, load| load.in_flight > 0 || load.queue != Some(party));
            } else {
                state.queues.insert(party, queue);
                state.turns.push_back(party);
            }
        }
        out
    }

    /// The first waiting request that may start.
    fn next_of(&self, state: &State, queue: &VecDeque<Waiter>) -> Option<usize> {
        let mut blocked = Vec::new();
        for (at, waiter) in queue.iter().enumerate() {
            let kind = (waiter.requester, waiter.component, waiter.spaced);
            if blocked.contains(&kind) {
                continue;
            }
            if self.blocked(state, waiter.requester, waiter.component, waiter.spaced).is_none() {
                return Some(at);
            }
            blocked.push(kind);
            if blocked.len() == MAX_BLOCKED_KINDS {
                return None;
            }
        }
        None
    }

    /// Takes a permit. The caller's next request may start when the spacing after this one is over:
    /// no permit is released then, so a timer triggers the check.
    fn take(
        self: &Arc<Self>,
        state: &mut State,
        requester: Requester,
        component: ComponentNumber,
        spaced: bool,
    ) {
        state.take(requester, component, spaced);
        let spacing = self
            .components
            .get(usize::from(component))
            .map_or(Duration::ZERO, |it| it.caller_spacing);
        if spacing.is_zero() || !spaced || !matches!(requester, Requester::Caller(_)) {
            return;
        }
        let admission = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(spacing).await;
            let granted = {
                let mut state = admission.lock();
                if state.waiting == 0 { Vec::new() } else { admission.grant(&mut state) }
            };
            deliver(granted);
        });
    }

    /// Releases a permit, or its working half, and starts the next request.
    fn release(self: &Arc<Self>, permit: &Permit, working: bool, in_flight: bool) {
        let granted = {
            let mut state = self.lock();
            if in_flight && permit.held > 0 {
                state.let_go(permit.requester, permit.held);
            }
            state.release(permit.requester, permit.component, working, in_flight);
            if in_flight && state.in_flight == 0 {
                self.idle.notify_waiters();
            }
            if state.waiting == 0 { Vec::new() } else { self.grant(&mut state) }
        };
        deliver(granted);
    }
}

/// Outside of the lock: a permit whose waiter is gone is released by its drop.
fn deliver(granted: Vec<(oneshot::Sender<Permit>, Permit)>) {
    for (sender, permit) in granted {
        let _ = sender.send(permit);
    }
}

impl Permit {
    /// Counts the bytes of a response that the host has as a whole, until the permit is dropped.
    /// Small ones are not counted: the number of requests in flight bounds them.
    ///
    /// # Errors
    /// Other responses of the caller, tenant or address, or of all, wait for their clients.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= SMALL_BYTES {
            return Ok(());
        }
        self.admission.lock().hold(self.requester, bytes)?;
        self.held += bytes;
        Ok(())
    }

    /// The response head is there: the request only sends its body from now on.
    pub(crate) fn with_head(mut self) -> Self {
        if std::mem::take(&mut self.working) {
            self.admission.clone().release(&self, true, false);
        }
        self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.clone().release(self, self.working, true);
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
