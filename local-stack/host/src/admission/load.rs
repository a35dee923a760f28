//! Counters of requests in flight and waiting, per party and per component.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::{ComponentNumber, Party, Refusal, Requester, Waiter};

/// Bytes of whole responses that wait for their clients: of a caller or an address, of a tenant,
/// and of all. A client may take a minute for each of a response's pieces, so without a bound the
/// responses of one user would fill the host's memory.
const MOST_HELD: usize = 32 << 20;
const MOST_HELD_OF_TENANT: usize = 128 << 20;
const MOST_HELD_OF_ALL: usize = 256 << 20;
/// A party counts as active for this time after its last request started.
const ACTIVE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct State {
    /// The two parties that started a request last, newest first.
    pub(super) latest: [Option<(Party, Instant)>; 2],
    pub(super) in_flight: usize,
    /// Bytes of whole responses.
    pub(super) held: usize,
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
    /// Bytes of whole responses.
    held: usize,
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

    /// Counts a whole response of `bytes`, which is held until its client has read it. A response
    /// is never refused for its own size.
    pub(super) fn hold(&mut self, requester: Requester, bytes: usize) -> Result<(), Refusal> {
        let exceeds = |held: usize, most| held > 0 && held + bytes > most;
        if exceeds(self.held, MOST_HELD_OF_ALL) {
            return Err(Refusal::Busy);
        }
        for party in Self::parties(requester) {
            let most = match party {
                Party::Tenant(_) => MOST_HELD_OF_TENANT,
                _ => MOST_HELD,
            };
            if self.by_party.get(&party).is_some_and(|load| exceeds(load.held, most)) {
                return Err(Refusal::OwnShare);
            }
        }
        self.held += bytes;
        for party in Self::parties(requester) {
            self.by_party.entry(party).or_default().held += bytes;
        }
        Ok(())
    }

    pub(super) fn let_go(&mut self, requester: Requester, bytes: usize) {
        self.held -= bytes;
        for party in Self::parties(requester) {
            if let Some(load) = self.by_party.get_mut(&party) {
                load.held -= bytes;
            }
        }
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
