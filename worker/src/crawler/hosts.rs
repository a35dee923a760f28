//! Which request may go now: each host's rules and pace.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crawl::{
    HostPace, Origin, PaceEvent, PaceOptions, PageUrl, Permission, Robots, StopReason, Verdict,
};
use platform::clock;

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
    /// Its host's rules forbid it, or could not be read.
    Forbidden(Verdict),
    /// Its host was given up.
    GivenUp(StopReason),
}

/// The hosts of a run.
pub(super) struct Hosts {
    pace: PaceOptions,
    known: HashMap<Origin, Host>,
}

impl Hosts {
    pub(super) fn new(pace: PaceOptions) -> Self {
        Self { pace, known: HashMap::new() }
    }

    /// What may be done about a URL; [`Turn::Go`] counts as begun.
    pub(super) fn turn(&mut self, url: &PageUrl, agent: &str) -> Turn {
        let pace = self.pace;
        let mut is_new = false;
        let host = self.known.entry(url.origin()).or_insert_with(|| {
            is_new = true;
            Host { pace: HostPace::new(pace), rules: None, missing: None }
        });
        if is_new {
            return Turn::AskRules;
        }
        let Some(rules) = &host.rules else { return Turn::Wait(LONGEST_WAIT) };
        let verdict = rules.verdict(agent, url);
        if !verdict.is_allowed() {
            return Turn::Forbidden(verdict);
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
        agent: &str,
    ) {
        if let Some(host) = self.known.get_mut(origin) {
            host.pace.set_crawl_delay(rules.crawl_delay(agent));
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
