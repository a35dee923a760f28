//! The rules of a run's hosts: for so many hosts, and within so many bytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crawl::{Origin, Robots};

/// Bytes of all rules of a run.
const MOST_BYTES: usize = 16 << 20;

/// The rules that a run has asked for.
pub(super) struct KnownRules {
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: HashMap<Origin, Arc<Robots>>,
    bytes: usize,
}

impl KnownRules {
    /// Rules of at most so many hosts.
    pub(super) fn of(most: usize) -> Self {
        Self { most, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known; None if it is to be asked for. Beyond the bounds nothing is asked for any
    /// more.
    pub(super) fn get(&self, origin: &Origin) -> Option<Arc<Robots>> {
        let state = self.lock();
        if let Some(known) = state.rules.get(origin) {
            return Some(known.clone());
        }
        self.is_full(&state).then(|| Arc::new(Robots::NotFetched))
    }

    /// Keeps what came, unless others have used up the room meanwhile.
    pub(super) fn put(&self, origin: Origin, robots: Robots) -> Arc<Robots> {
        let mut state = self.lock();
        if let Some(known) = state.rules.get(&origin) {
            return known.clone();
        }
        if self.is_full(&state) {
            return Arc::new(Robots::NotFetched);
        }
        state.bytes = state.bytes.saturating_add(robots.size());
        let robots = Arc::new(robots);
        state.rules.insert(origin, robots.clone());
        robots
    }

    fn is_full(&self, state: &State) -> bool {
        state.rules.len() >= self.most || state.bytes >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crawl::{PageUrl, RobotsTxt};

    fn origin(n: usize) -> Origin {
        PageUrl::parse(&format!("http://{n}.example.org/")).unwrap().origin()
    }

    #[test]
    fn rules_of_many_hosts_are_kept_within_bytes_and_number() {
        let few = KnownRules::of(2);
        for n in 0..2 {
            assert_eq!(few.get(&origin(n)), None);
            few.put(origin(n), Robots::Absent);
        }
        assert_eq!(*few.get(&origin(2)).unwrap(), Robots::NotFetched);
        assert_eq!(*few.put(origin(2), Robots::Absent), Robots::NotFetched);
        assert_eq!(*few.get(&origin(1)).unwrap(), Robots::Absent);

        let large: String =
            (0..28).map(|n| format!("disallow: /{n}{}\n", "x".repeat(16_000))).collect();
        let large = RobotsTxt::parse(format!("user-agent: *\n{large}").as_bytes(), "FooBot");
        let most = MOST_BYTES / large.size() + 1;
        let many = KnownRules::of(1_000);
        for n in 0..most {
            assert_eq!(many.get(&origin(n)), None, "{n}");
            many.put(origin(n), Robots::Rules(large.clone()));
        }
        assert_eq!(*many.get(&origin(most)).unwrap(), Robots::NotFetched);
    }
}
