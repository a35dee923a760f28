//! Which request may go now: each host's rules and pace.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use crawl::{HostPace, Origin, PaceEvent, PaceOptions, Permission, Robots, StopReason, Verdict};
use platform::clock;

use super::Item;

/// Without anything to wait for, the loop looks again after this.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

struct Host {
    pace: HostPace,
    rules: Option<Arc<Robots>>,
    missing: Option<String>,
}

/// What may be done about a URL.
pub(super) enum Turn {
    /// The rules of its host are to be asked for.
    AskRules,
    /// It may be fetched now.
    Go,
    /// Not yet.
    Wait(Duration),
    /// Its host's rules forbid it, could not be read, or are one host's too many.
    Forbidden(Verdict),
    /// Its host was given up.
    GivenUp(StopReason),
}

/// The hosts of a run.
pub(super) struct Hosts {
    pace: PaceOptions,
    most: usize,
    known: HashMap<Origin, Host>,
}

impl Hosts {
    /// At most so many.
    pub(super) fn new(pace: PaceOptions, most: usize) -> Self {
        Self { pace, most, known: HashMap::new() }
    }

    /// What may be done about a URL; [`Turn::Go`] counts as begun.
    pub(super) fn turn(&mut self, item: &mut Item) -> Turn {
        let (pace, known) = (self.pace, self.known.len());
        let host = match self.known.entry(item.url.origin()) {
            Entry::Occupied(host) => host.into_mut(),
            Entry::Vacant(_) if known >= self.most => return Turn::Forbidden(Verdict::NotFetched),
            Entry::Vacant(host) => {
                host.insert(Host { pace: HostPace::new(pace), rules: None, missing: None });
                return Turn::AskRules;
            }
        };
        let Some(rules) = &host.rules else { return Turn::Wait(LONGEST_WAIT) };
        // Once: a URL may wait here for many turns, and there may be many rules.
        if !item.is_allowed {
            let verdict = rules.verdict(&item.url);
            if !verdict.is_allowed() {
                return Turn::Forbidden(verdict);
            }
            item.is_allowed = true;
        }
        match host.pace.begin(clock::now()) {
            Permission::Go => Turn::Go,
            Permission::Busy => Turn::Wait(LONGEST_WAIT),
            Permission::Stop(reason) => Turn::GivenUp(reason),
            Permission::Wait(at) => {
                let wait = u64::try_from(at.0 - clock::now().0).unwrap_or_default();
                Turn::Wait(Duration::from_micros(wait).min(LONGEST_WAIT))
            }
        }
    }

    /// The rules of a host have come. `missing`: how its pages look that are not there, if it sends
    /// them as if they were.
    pub(super) fn set_rules(
        &mut self,
        origin: &Origin,
        rules: Arc<Robots>,
        missing: Option<String>,
    ) {
        if let Some(host) = self.known.get_mut(origin) {
            host.pace.set_crawl_delay(rules.crawl_delay());
            (host.rules, host.missing) = (Some(rules), missing);
        }
    }

    pub(super) fn finished(&mut self, origin: &Origin, latency: Duration, event: PaceEvent) {
        if let Some(host) = self.known.get_mut(origin) {
            host.pace.finished(clock::now(), latency, event);
        }
    }

    /// Whether a page looks as those of its host do that are not there.
    pub(super) fn looks_missing(&self, origin: &Origin, fingerprint: &str) -> bool {
        self.known.get(origin).and_then(|host| host.missing.as_deref()) == Some(fingerprint)
    }
}
