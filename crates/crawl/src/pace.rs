//! Politeness as a pure state machine: when the next request to a host may go, and when to give up
//! on it.

use std::time::Duration;

use kernel::Timestamp;

/// How a host is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceOptions {
    /// The pause between the beginnings of two requests, at least. 1 s by default; an operator may
    /// lower it for hosts that are the tenant's own.
    pub delay: Duration,
    /// The longest pause that a slow host or its `robots.txt` can bring about.
    pub longest_delay: Duration,
    /// Requests at the same time.
    pub connections: u32,
    /// The pause after a 429 or 503 without `Retry-After`, which doubles each time.
    pub pause: Duration,
    /// The longest pause that `Retry-After` can ask for; a host that asks for more ends the run.
    pub longest_pause: Duration,
    /// Refusals (429, 503) in a row after which the run ends as partial.
    pub strikes: u32,
    /// Failures of the host in a row (no connection, 5xx) after which the run ends as partial.
    pub failures: u32,
}

impl Default for PaceOptions {
    /// 1 s (at most 30 s), 2 connections, pauses of 10 s to 15 min, 3 strikes, 10 failures.
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
            connections: 2,
            pause: Duration::from_secs(10),
            longest_pause: Duration::from_secs(15 * 60),
            strikes: 3,
            failures: 10,
        }
    }
}

/// Whether a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Now; it is counted as begun, and [`HostPace::finished`] has to follow.
    Go,
    /// Not before this time.
    Wait(Timestamp),
    /// Not before a running request has finished.
    Busy,
    /// No more in this run, which is partial.
    Stop(StopReason),
}

/// Why a host gets no more requests in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// It refused too often in a row, or asked for a pause that is longer than a run should wait.
    Refused,
    /// It failed too often in a row.
    Failing,
}

impl StopReason {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] = &["host_refuses", "host_failing"];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "host_refuses",
            Self::Failing => "host_failing",
        }
    }
}

/// How a request ended, as far as the pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaceEvent {
    /// The host answered, whatever it said of the page.
    Answered,
    /// 429 or 503, with the pause that it asks for.
    Refused(Option<Duration>),
    /// No connection, no answer in time, or 5xx.
    Failed,
    /// The request was never sent or was given up by us.
    Dropped,
}

impl PaceEvent {
    /// What the outcome of a request says of its host.
    #[must_use]
    pub fn of(outcome: &crate::Outcome) -> Self {
        use crate::Outcome;
        match outcome {
            Outcome::Page(_) | Outcome::Unchanged { .. } | Outcome::Gone { .. } => Self::Answered,
            Outcome::Refused { retry_after, .. } => Self::Refused(*retry_after),
            Outcome::Blocked(_) => Self::Dropped,
            Outcome::Failed(reason) if reason.is_transient() => Self::Failed,
            Outcome::Failed(_) => Self::Answered,
        }
    }
}

/// The pace of one host. The clock is the caller's: all times are passed in.
#[derive(Debug, Clone)]
pub struct HostPace {
    options: PaceOptions,
    /// What `robots.txt` asks for.
    crawl_delay: Duration,
    latency: Duration,
    last_start: Option<Timestamp>,
    paused_until: Option<Timestamp>,
    running: u32,
    strikes: u32,
    failures: u32,
    stopped: Option<StopReason>,
}

impl HostPace {
    /// The pace of a host that was not asked yet.
    #[must_use]
    pub fn new(options: PaceOptions) -> Self {
        Self {
            options,
            crawl_delay: Duration::ZERO,
            latency: Duration::ZERO,
            last_start: None,
            paused_until: None,
            running: 0,
            strikes: 0,
            failures: 0,
            stopped: None,
        }
    }

    /// Takes the pause that `robots.txt` asks for; with one, requests go one by one.
    pub fn set_crawl_delay(&mut self, delay: Option<Duration>) {
        self.crawl_delay = delay.unwrap_or_default();
    }

    /// The pause between two requests as it is now: the longest of ours, that of `robots.txt`, and
    /// how long the last answer took.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.options.delay.max(self.crawl_delay).max(self.latency.min(self.options.longest_delay))
    }

    /// Asks for a request.
    pub fn begin(&mut self, now: Timestamp) -> Permission {
        if let Some(reason) = self.stopped {
            return Permission::Stop(reason);
        }
        // After a refusal or a failure one request feels the way.
        let is_careful = self.strikes > 0 || self.failures > 0 || !self.crawl_delay.is_zero();
        if self.running >= if is_careful { 1 } else { self.options.connections.max(1) } {
            return Permission::Busy;
        }
        let next = self.last_start.map(|start| plus(start, self.delay()));
        match next.max(self.paused_until) {
            Some(at) if at > now => Permission::Wait(at),
            _ => {
                self.running += 1;
                self.last_start = Some(now);
                Permission::Go
            }
        }
    }

    /// Takes the end of a request that [`HostPace::begin`] let go.
    pub fn finished(&mut self, now: Timestamp, latency: Duration, event: PaceEvent) {
        self.running = self.running.saturating_sub(1);
        match event {
            PaceEvent::Answered => {
                self.latency = latency;
                (self.strikes, self.failures) = (0, 0);
            }
            PaceEvent::Refused(asked) => {
                self.strikes = self.strikes.saturating_add(1);
                let pause = asked.unwrap_or_else(|| doubled(self.options.pause, self.strikes));
                if self.strikes >= self.options.strikes || pause > self.options.longest_pause {
                    self.stopped = Some(StopReason::Refused);
                }
                self.pause(now, pause.min(self.options.longest_pause));
            }
            PaceEvent::Failed => {
                self.latency = latency;
                self.failures = self.failures.saturating_add(1);
                if self.failures >= self.options.failures {
                    self.stopped = Some(StopReason::Failing);
                }
                self.pause(
                    now,
                    doubled(self.options.delay, self.failures).min(self.options.longest_delay),
                );
            }
            PaceEvent::Dropped => {}
        }
    }

    fn pause(&mut self, now: Timestamp, pause: Duration) {
        self.paused_until = self.paused_until.max(Some(plus(now, pause)));
    }
}

/// The circuit breaker of a website, between its runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Runs in a row that ended without a page because the host could not be reached or refused.
    pub failures: u32,
}

impl Breaker {
    /// Runs in a row that may fail before scheduled ones pause.
    pub const THRESHOLD: u32 = 3;

    /// The next try of a website whose run failed at `now`: nothing while the schedule may continue
    /// as it is, then after one hour, twice that, up to a week. A run by hand is always allowed,
    /// and a success closes the breaker.
    #[must_use]
    pub fn next_try(self, now: Timestamp) -> Option<Timestamp> {
        const HOUR: Duration = Duration::from_secs(3600);
        const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
        let over = self.failures.checked_sub(Self::THRESHOLD)?;
        Some(plus(now, doubled(HOUR, over.saturating_add(1)).min(WEEK)))
    }
}

/// `base`, doubled for each time after the first.
fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1 << times.saturating_sub(1).min(20))
}

fn plus(time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(time.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
}
