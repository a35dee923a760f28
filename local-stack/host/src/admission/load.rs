//! Counters of requests in flight and waiting, per party and per component.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::{ComponentNumber, Party, Requester, Waiter};

/// A party counts as active for this time after its last request started.
const ACTIVE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct State {
    /// The two parties that started a request last, newest first.
    pub(super) latest: [Option<(Party, Instant)>; 2],
    pub(super) in_flight: usize,
    pub(super) waiting: usize,
    pub(super) by_component: Vec<Load>,
    pub(super) by_party: HashMap<Party, PartyLoad>,
    pub(super) turns: VecDeque<Party>,
    pub(super) queues: HashMap<Party, VecDeque<Waiter>>,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Load {
    pub(super) working: usize,
    pub(super) in_flight: usize,
}

#[derive(Debug, Default)]
pub(super) struct PartyLoad {
    pub(super) in_flight: usize,
    /// The queue of its requests.
    pub(super) queue: Option<Party>,
    pub(super) working: HashMap<ComponentNumber, usize>,
    /// When the newest request to each component started.
    pub(super) started: HashMap<ComponentNumber, Instant>,
}

impl State {
    fn parties(requester: Requester) -> impl Iterator<Item = Party> {
        let parties = match requester {
            Requester::Host => [None, None],
            Requester::Address(client) => [Some(Party::Address(client)), None],
            Requester::Caller(caller) => {
                [Some(Party::Caller(caller.caller)), Some(Party::Tenant(caller.tenant))]
            }
        };
        parties.into_iter().flatten()
    }

    pub(super) fn take(&mut self, requester: Requester, component: ComponentNumber, spaced: bool) {
        self.in_flight += 1;
        if let Some(party) = Self::parties(requester).next() {
            let [newest, older] = &mut self.latest;
            if newest.is_some_and(|(other, _)| other != party) {
                *older = *newest;
            }
            *newest = Some((party, Instant::now()));
        }
        if let Some(load) = self.by_component.get_mut(usize::from(component)) {
            load.working += 1;
            load.in_flight += 1;
        }
        for party in Self::parties(requester) {
            let load = self.by_party.entry(party).or_default();
            load.in_flight += 1;
            load.queue = Some(requester.queue());
            *load.working.entry(component).or_default() += 1;
            if spaced {
                load.started.insert(component, Instant::now());
            }
        }
    }

    /// Whether the next request of a caller must wait because its last one started within
    /// `spacing`, and other active parties benefit from the wait.
    pub(super) fn is_spaced(
        &self,
        caller: u128,
        component: ComponentNumber,
        spacing: Duration,
    ) -> bool {
        let caller = Party::Caller(caller);
        let started = self.by_party.get(&caller).and_then(|load| load.started.get(&component));
        let active =
            |(party, at): &(Party, Instant)| *party != caller && at.elapsed() < ACTIVE.max(spacing);
        started.is_some_and(|at| at.elapsed() < spacing) && self.latest.iter().flatten().any(active)
    }

    pub(super) fn release(
        &mut self,
        requester: Requester,
        component: ComponentNumber,
        working: bool,
        in_flight: bool,
    ) {
        self.in_flight -= usize::from(in_flight);
        if let Some(load) = self.by_component.get_mut(usize::from(component)) {
            load.working -= usize::from(working);
            load.in_flight -= usize::from(in_flight);
        }
        for party in Self::parties(requester) {
            let Some(load) = self.by_party.get_mut(&party) else { continue };
            load.in_flight -= usize::from(in_flight);
            if working && let Some(count) = load.working.get_mut(&component) {
                *count -= 1;
                if *count == 0 {
                    load.working.remove(&component);
                }
            }
            // A waiting caller keeps its spacing even if none of its requests is in flight.
            let waits =
                matches!(party, Party::Caller(_)) && self.queues.contains_key(&requester.queue());
            if load.in_flight == 0 && !waits {
                self.by_party.remove(&party);
            }
        }
    }
}
