//! What follows a failed attempt: the same again after a wait, the next model, or the end. Pure.

use std::time::Duration;

use crate::{FailOver, ProviderError};

/// How often and how long one model is asked again.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The most of the first wait; each later one may be twice as long.
    pub base: Duration,
    /// The most of any wait that we choose.
    pub cap: Duration,
    /// The longest wait that a provider may ask for; beyond it the next model is asked at once.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts, as the official clients; waits up to 8 s of our own, up to 20 s if the
    /// provider asks.
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
            longest_wait: Duration::from_secs(20),
        }
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// The same model again, after this.
    Retry(Duration),
    /// The next model of the alias.
    FailOver,
    /// The next model of the alias that has a larger window.
    FailOverToLargerWindow,
    /// The failure is the answer.
    GiveUp,
}

impl RetryPolicy {
    /// `attempt`: how many were made on this model, from 1. `began`: something of the answer was
    /// sent on, after which nothing is repeated, since the client would get two beginnings.
    /// `jitter`: random in 0 to 1.
    #[must_use]
    pub fn next_step(
        &self,
        error: &ProviderError,
        attempt: u32,
        began: bool,
        jitter: f64,
    ) -> NextStep {
        if began {
            return NextStep::GiveUp;
        }
        let is_transient = error.advice.should_retry.unwrap_or_else(|| error.kind.is_transient());
        if is_transient && attempt < self.attempts {
            let wait = self.backoff(attempt, jitter);
            // What the provider asks for is the least: the jitter on top keeps those who were
            // refused together apart.
            let wait =
                error.retry_after().map_or(wait, |least| least.saturating_add(wait.min(self.base)));
            if error.retry_after().is_none_or(|least| least <= self.longest_wait) {
                return NextStep::Retry(wait);
            }
        }
        match error.kind.fail_over() {
            FailOver::Any => NextStep::FailOver,
            FailOver::LargerWindow => NextStep::FailOverToLargerWindow,
            FailOver::No => NextStep::GiveUp,
        }
    }

    /// Full jitter: anything from nothing to the bound of this attempt.
    fn backoff(&self, attempt: u32, jitter: f64) -> Duration {
        let bound =
            self.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.cap);
        bound.mul_f64(if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 })
    }
}
