//! Who holds the places of the budget, and who waits for them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use tokio::sync::oneshot;

use super::{BudgetGrant, PoolNumber, PooledConnection};
use crate::admission::ComponentNumber;

pub(super) struct State<C> {
    pub(super) members: BTreeMap<ComponentNumber, Member<C>>,
    /// The sum of the guaranteed places.
    pub(super) guaranteed: usize,
    /// Places in use beyond the guaranteed ones of their components.
    pub(super) shared: usize,
    pub(super) waiting: usize,
    /// Connections that are being closed for waiting requests.
    pub(super) closing: usize,
    pub(super) turn: u64,
    pub(super) next_waiter: u64,
}

/// A component.
pub(super) struct Member<C> {
    pub(super) guaranteed: usize,
    pub(super) places: usize,
    /// In the order of their last use.
    pub(super) idle: VecDeque<Idle<C>>,
    pub(super) waiters: VecDeque<Waiter<C>>,
    pub(super) last_turn: u64,
    /// Connections closed for others since the last scrape.
    pub(super) given_up: u64,
}

pub(super) struct Idle<C> {
    pub(super) pool: PoolNumber,
    pub(super) since: Instant,
    pub(super) held: PooledConnection<C>,
}

pub(super) struct Waiter<C> {
    pub(super) number: u64,
    pub(super) pool: PoolNumber,
    pub(super) granted: oneshot::Sender<BudgetGrant<C>>,
}

impl<C> Default for State<C> {
    fn default() -> Self {
        Self {
            members: BTreeMap::new(),
            guaranteed: 0,
            shared: 0,
            waiting: 0,
            closing: 0,
            turn: 0,
            next_waiter: 0,
        }
    }
}

impl<C> Default for Member<C> {
    fn default() -> Self {
        Self {
            guaranteed: 0,
            places: 0,
            idle: VecDeque::new(),
            waiters: VecDeque::new(),
            last_turn: 0,
            given_up: 0,
        }
    }
}

impl<C> Member<C> {
    pub(super) fn holds_shared(&self) -> bool {
        self.places > self.guaranteed
    }
}

impl<C> State<C> {
    pub(super) fn member(&mut self, component: ComponentNumber) -> &mut Member<C> {
        self.members.entry(component).or_default()
    }

    /// The waiting components, those with the fewest places first.
    pub(super) fn by_turn(&self) -> Vec<ComponentNumber> {
        let waiting = self.members.iter().filter(|(_, member)| !member.waiters.is_empty());
        let mut order: Vec<_> =
            waiting.map(|(number, it)| (it.places, it.last_turn, *number)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, number)| number).collect()
    }

    /// Whether a place of `component` that becomes free helps a component that waits and would
    /// still have fewer places.
    pub(super) fn has_poorer(&self, component: ComponentNumber) -> bool {
        let Some(own) = self.members.get(&component).filter(|own| own.holds_shared()) else {
            return false;
        };
        self.waiting > self.closing
            && self.members.values().any(|it| !it.waiters.is_empty() && it.places + 1 < own.places)
    }

    /// The idle connection that is closed for a request of `component`: one of its own other pools,
    /// else the one of all components that was unused longest. A guaranteed place is of no use to
    /// others.
    pub(super) fn evict_for(&mut self, component: ComponentNumber) -> Option<PooledConnection<C>> {
        let own = self.member(component);
        let victim = if own.idle.is_empty() {
            let shared = self.members.iter().filter(|(_, member)| member.holds_shared());
            let oldest = shared.filter_map(|(number, it)| Some((it.idle.front()?.since, *number)));
            oldest.min()?.1
        } else {
            component
        };
        let member = self.member(victim);
        let mut held = member.idle.pop_front()?.held;
        member.given_up += u64::from(victim != component);
        held.place.evicted = true;
        self.closing += 1;
        Some(held)
    }
}
