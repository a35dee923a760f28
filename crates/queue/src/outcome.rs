//! The retry policy for jobs that did not succeed. Pure.

use std::time::Duration;

/// The outcome of an attempt that did not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A retry after a pause.
    Retry(Duration),
    /// A retry would not help.
    Failed,
    /// The last attempt failed.
    Dead,
    /// It was cancelled.
    Cancelled,
}

/// Backoff after the first attempt.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Factor from one backoff to the next.
const GROWTH: u32 = 6;
/// Upper bound of the backoff.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

impl Outcome {
    /// The outcome of attempt `attempt` (counted from 1) that failed. `chance` is any byte: it adds
    /// jitter of up to half the backoff, so that jobs which failed together are not retried
    /// together.
    #[must_use]
    pub fn of(retryable: bool, attempt: i32, max_attempts: i32, chance: u8) -> Self {
        match (retryable, attempt < max_attempts) {
            (false, _) => Self::Failed,
            (true, false) => Self::Dead,
            (true, true) => Self::Retry(pause(attempt, chance)),
        }
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Retry(_))
    }
}

fn pause(attempt: i32, chance: u8) -> Duration {
    let doublings = u32::try_from(attempt - 1).unwrap_or_default();
    let full = FIRST_PAUSE.saturating_mul(GROWTH.saturating_pow(doublings)).min(LONGEST_PAUSE);
    full / 2 + full * u32::from(chance) / 510
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_at_fault_fails_at_once_and_the_last_attempt_is_dead() {
        assert_eq!(Outcome::of(false, 1, 3, 0), Outcome::Failed);
        assert_eq!(Outcome::of(true, 3, 3, 0), Outcome::Dead);
        assert_eq!(Outcome::of(true, 4, 3, 0), Outcome::Dead);
    }

    #[test]
    fn pauses_grow_with_attempts_differ_by_chance_and_stay_below_an_hour() {
        let pause = |attempt, chance| match Outcome::of(true, attempt, i32::MAX, chance) {
            Outcome::Retry(pause) => pause.as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!((pause(1, 0), pause(1, 255)), (2_500, 5_000));
        assert_eq!((pause(2, 0), pause(2, 255)), (15_000, 30_000));
        assert_eq!((pause(50, 0), pause(i32::MAX - 1, 255)), (1_800_000, 3_600_000));
    }
}
