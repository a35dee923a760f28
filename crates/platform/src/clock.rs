//! The wall clock: the system's, or one that a test has set.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use kernel::Timestamp;

/// Which clock a piece of work looks at. Clones are the same clock. Statements that call `now()`
/// look at the database's.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    /// Microseconds ahead of the system's; none: never moved.
    ahead: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// A clock that shows the system's time until [`Clock::advance`] moves it. For tests.
    #[must_use]
    pub fn movable() -> Self {
        Self { ahead: Some(Arc::default()) }
    }

    /// The clock of the running task: the one of its settings (`config::Settings::with_clock`),
    /// else the system's.
    #[must_use]
    pub fn current() -> Self {
        #[cfg(not(target_family = "wasm"))]
        if let Some(settings) = crate::config::Settings::current() {
            return settings.clock();
        }
        Self::default()
    }

    /// Moves the clock by so many seconds, for all its clones. The system's clock stays.
    pub fn advance(&self, seconds: i64) {
        if let Some(ahead) = &self.ahead {
            ahead.fetch_add(seconds.saturating_mul(1_000_000), Relaxed);
        }
    }

    /// Now, in microseconds since 1970 UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.load(Relaxed));
        Timestamp(micros.saturating_add(ahead))
    }
}

/// Now by the clock of the running task, in microseconds since 1970 UTC.
#[must_use]
pub fn now() -> Timestamp {
    Clock::current().now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together_and_the_systems_clock_does_not() {
        let (clock, system) = (Clock::movable(), Clock::default());
        let clone = clock.clone();
        clock.advance(3_600);
        system.advance(3_600);
        let ahead = (clone.now().0 - system.now().0) / 1_000_000;
        assert!((3_598..=3_600).contains(&ahead), "{ahead} s");
    }
}
