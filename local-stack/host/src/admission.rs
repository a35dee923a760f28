//! Admission: how many requests a caller, a tenant, a client address and a component may have at the same time, and who is next.
//!
//! A request takes a permit before an instance takes it. "Working" lasts until its response head, "in flight" until its response has
//! ended. Who has no share left, or finds the host full, waits in a queue of the own tenant (or address); when a place becomes free the
//! queues take turns, so a thousand requests of one wait behind one request of another only once.

mod load;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::caller::Caller;
use crate::client::Client;
use crate::front_config::Shares;
use load::{Load, State};

/// Of one party's waiting requests that may not begin, so many different ones are looked at.
const LOOK_AT: usize = 32;

/// Number of a component.
pub(crate) type ComponentNumber = u16;

/// Who asks, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The host itself.
    Inside,
    /// Nobody in particular: no credential, or one that no component has accepted yet.
    Address(Client),
    /// A credential that a component has accepted lately.
    Known(Caller),
}

/// What shares are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Party {
    Inside,
    Address(Client),
    Caller(u128),
    Tenant(u128),
}

impl Who {
    /// Whose turn it uses up.
    fn queue(self) -> Party {
        match self {
            Self::Inside => Party::Inside,
            Self::Address(client) => Party::Address(client),
            Self::Known(caller) => Party::Tenant(caller.tenant),
        }
    }
}

/// The places of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComponentShares {
    pub(crate) caller_working: usize,
    /// Between the starts of two requests of one caller, while one of them is in flight or waits and others are active;
    /// zero: none.
    pub(crate) caller_spacing: Duration,
    pub(crate) tenant_working: usize,
    pub(crate) address_working: usize,
    pub(crate) working: usize,
    pub(crate) in_flight: usize,
}

/// Why a request may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The caller, tenant or address has as many as it may.
    OwnShare,
    /// The host or the component has as many as it may.
    Busy,
}

/// The places, and who waits for one.
pub(crate) struct Admission {
    total: usize,
    wait: Duration,
    shares: Shares,
    components: Vec<ComponentShares>,
    state: Mutex<State>,
    /// Woken when the last request has ended.
    idle: Notify,
}

struct Waiter {
    who: Who,
    component: ComponentNumber,
    spaced: bool,
    granted: oneshot::Sender<Permit>,
}

/// A place. Given back when dropped.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    who: Who,
    component: ComponentNumber,
    working: bool,
}

impl Admission {
    /// `total` places; `wait` is how long a request waits for one. `components` in the order of their numbers.
    pub(crate) fn new(total: usize, wait: Duration, shares: Shares, components: Vec<ComponentShares>) -> Arc<Self> {
        let state = State { by_component: vec![Load::default(); components.len()], ..State::default() };
        Arc::new(Self { total, wait, shares, components, state: Mutex::new(state), idle: Notify::new() })
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

    /// A place for a call that the host makes by itself.
    pub(crate) async fn admit_inside(self: &Arc<Self>, component: ComponentNumber) -> Result<Permit, Refusal> {
        self.admit(Who::Inside, component, false).await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing below panics half-way; what a panicking thread elsewhere leaves is whole.
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

    /// A place for a request of `who` to `component`, at once or when it is its turn. `spaced`: it keeps its distance to the
    /// caller's last one.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        who: Who,
        component: ComponentNumber,
        spaced: bool,
    ) -> Result<Permit, Refusal> {
        let granted = {
            let mut state = self.lock();
            match self.blocked(&state, who, component, spaced) {
                None => {
                    self.take(&mut state, who, component, spaced);
                    return Ok(Permit { admission: self.clone(), who, component, working: true });
                }
                Some(refusal) => self.enqueue(&mut state, who, component, spaced).ok_or(refusal)?,
            }
        };
        if let Ok(Ok(permit)) = tokio::time::timeout(self.wait, granted).await {
            return Ok(permit);
        }
        // The receiver is gone: whoever looks at the queue next removes the waiter.
        Err(self.blocked(&self.lock(), who, component, spaced).unwrap_or(Refusal::Busy))
    }

    fn enqueue(
        &self,
        state: &mut State,
        who: Who,
        component: ComponentNumber,
        spaced: bool,
    ) -> Option<oneshot::Receiver<Permit>> {
        let party = who.queue();
        if let Some(queue) = state.queues.get_mut(&party) {
            let before = queue.len();
            queue.retain(|waiter| !waiter.granted.is_closed());
            state.waiting -= before - queue.len();
        }
        let of_party = state.queues.get(&party).map_or(0, VecDeque::len);
        // One caller leaves colleagues room in the queue of their tenant.
        let of_caller = |queue: &VecDeque<Waiter>| queue.iter().filter(|waiter| waiter.who == who).count();
        let caller_full = matches!(who, Who::Known(_))
            && state.queues.get(&party).map_or(0, of_caller) >= self.shares.waiting.div_ceil(4);
        if caller_full || of_party >= self.shares.waiting || state.waiting >= self.shares.waiting_total {
            return None;
        }
        let (granted, receiver) = oneshot::channel();
        state.queues.entry(party).or_default().push_back(Waiter { who, component, spaced, granted });
        if of_party == 0 && !state.turns.contains(&party) {
            state.turns.push_back(party);
        }
        state.waiting += 1;
        Some(receiver)
    }

    /// What keeps a request from beginning.
    fn blocked(&self, state: &State, who: Who, component: ComponentNumber, spaced: bool) -> Option<Refusal> {
        let own = |party, working: usize, in_flight: usize| {
            let load = state.by_party.get(&party);
            let working_now = load.and_then(|load| load.working.get(&component)).copied().unwrap_or(0);
            working_now >= working || load.is_some_and(|load| load.in_flight >= in_flight)
        };
        let (Some(shares), Some(load)) =
            (self.components.get(usize::from(component)), state.by_component.get(usize::from(component)))
        else {
            return Some(Refusal::Busy);
        };
        let own_share = match who {
            Who::Inside => false,
            Who::Address(client) => own(Party::Address(client), shares.address_working, self.shares.address),
            Who::Known(caller) => {
                (spaced && state.is_spaced(caller.caller, component, shares.caller_spacing))
                    || own(Party::Caller(caller.caller), shares.caller_working, self.shares.caller)
                    || own(Party::Tenant(caller.tenant), shares.tenant_working, self.shares.tenant)
            }
        };
        if own_share {
            return Some(Refusal::OwnShare);
        }
        let full =
            state.in_flight >= self.total || load.working >= shares.working || load.in_flight >= shares.in_flight;
        full.then_some(Refusal::Busy)
    }

    /// Gives free places to those that wait, one of each party at a time.
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
                Some(Waiter { who, component, spaced, granted }) => {
                    state.waiting -= 1;
                    self.take(state, who, component, spaced);
                    out.push((granted, Permit { admission: self.clone(), who, component, working: true }));
                    passed_over = 0;
                }
                None => passed_over += 1,
            }
            if queue.is_empty() {
                // Kept for the distance of those who waited.
                state.by_party.retain(|_, load| load.in_flight > 0);
            } else {
                state.queues.insert(party, queue);
                state.turns.push_back(party);
            }
        }
        out
    }

    /// The first of the waiting that may begin; of those that may not, so many different ones are looked at.
    fn next_of(&self, state: &State, queue: &VecDeque<Waiter>) -> Option<usize> {
        let mut blocked = Vec::new();
        for (at, waiter) in queue.iter().enumerate() {
            let kind = (waiter.who, waiter.component, waiter.spaced);
            if blocked.contains(&kind) {
                continue;
            }
            if self.blocked(state, waiter.who, waiter.component, waiter.spaced).is_none() {
                return Some(at);
            }
            blocked.push(kind);
            if blocked.len() == LOOK_AT {
                return None;
            }
        }
        None
    }

    /// Takes a place. The caller's next request begins when the spacing after this one is over: no permit is given back
    /// then, so a timer looks.
    fn take(self: &Arc<Self>, state: &mut State, who: Who, component: ComponentNumber, spaced: bool) {
        state.take(who, component, spaced);
        let spacing = self.components.get(usize::from(component)).map_or(Duration::ZERO, |it| it.caller_spacing);
        if spacing.is_zero() || !spaced || !matches!(who, Who::Known(_)) {
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

    /// Gives back a place, or its working half, and lets the next begin.
    fn release(self: &Arc<Self>, permit: &Permit, working: bool, in_flight: bool) {
        let granted = {
            let mut state = self.lock();
            state.give_back(permit.who, permit.component, working, in_flight);
            if in_flight && state.in_flight == 0 {
                self.idle.notify_waiters();
            }
            if state.waiting == 0 { Vec::new() } else { self.grant(&mut state) }
        };
        deliver(granted);
    }
}

/// Outside of the lock: a permit that nobody takes any more is given back by its drop.
fn deliver(granted: Vec<(oneshot::Sender<Permit>, Permit)>) {
    for (sender, permit) in granted {
        let _ = sender.send(permit);
    }
}

impl Permit {
    /// The response head is there: what remains is to send the rest.
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
