//! Counts a call while it runs: when the first text came, what was written, what the provider
//! reports.

use std::time::Duration;

use kernel::Timestamp;
use models::TokenUsage;
use platform::clock;

use crate::record::{CallOutcome, bounded};

/// The average characters of a token, for providers that do not count.
const CHARACTERS_PER_TOKEN: usize = 4;

/// An estimate of the tokens of a text.
#[must_use]
pub fn estimated_tokens(characters: usize) -> u64 {
    u64::try_from(characters.div_ceil(CHARACTERS_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// A call while it runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Meter {
    began: Timestamp,
    first_token: Option<Timestamp>,
    /// An estimate of the prompt.
    prompt_tokens: u64,
    /// Characters of the answer and its thoughts.
    written: usize,
    reported: Option<TokenUsage>,
}

impl Meter {
    /// A call that begins now. `prompt_tokens`: an estimate of the prompt.
    #[must_use]
    pub fn start(prompt_tokens: u64) -> Self {
        Self { began: clock::now(), first_token: None, prompt_tokens, written: 0, reported: None }
    }

    /// Adds text or thoughts of the model.
    pub fn wrote(&mut self, text: &str) {
        self.first_token.get_or_insert_with(clock::now);
        self.written += text.chars().count();
    }

    /// Takes a provider's report of the usage so far. A later report replaces it; an empty one is
    /// ignored.
    pub fn reported(&mut self, usage: TokenUsage) {
        if usage.prompt > 0 || usage.completion > 0 {
            self.reported = Some(bounded(usage));
        }
    }

    /// The time so far.
    #[must_use]
    pub fn latency(&self) -> Duration {
        since(self.began, clock::now())
    }

    /// The time to the first text.
    #[must_use]
    pub fn first_token(&self) -> Option<Duration> {
        self.first_token.map(|at| since(self.began, at))
    }

    /// The usage, and whether it is an estimate. An interrupted answer is billed as far as it was
    /// received: the provider read the prompt, and wrote that. A provider that failed before it
    /// wrote anything is billed what it reports, or nothing.
    #[must_use]
    pub fn tokens(&self, outcome: CallOutcome) -> (TokenUsage, bool) {
        let written = estimated_tokens(self.written);
        let estimate =
            TokenUsage { prompt: self.prompt_tokens, completion: written, ..TokenUsage::default() };
        match (outcome, self.reported) {
            (CallOutcome::Done, Some(usage)) => (usage, false),
            (CallOutcome::Failed(_) | CallOutcome::Error, reported) if self.written == 0 => {
                (reported.unwrap_or_default(), false)
            }
            // The report may be from before the end.
            (_, Some(usage)) => {
                let prompt = if usage.prompt == 0 { self.prompt_tokens } else { usage.prompt };
                (TokenUsage { prompt, completion: usage.completion.max(written), ..usage }, true)
            }
            (_, None) => (bounded(estimate), true),
        }
    }
}

fn since(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use models::ErrorKind;

    use super::*;

    fn usage(prompt: u64, completion: u64) -> TokenUsage {
        TokenUsage { prompt, completion, ..TokenUsage::default() }
    }

    #[test]
    fn what_the_provider_reports_counts() {
        let mut meter = Meter::start(100);
        meter.wrote("four");
        meter.reported(usage(90, 1));
        meter.reported(usage(90, 7));
        assert_eq!(meter.tokens(CallOutcome::Done), (usage(90, 7), false));
        assert!(meter.first_token().is_some());
    }

    #[test]
    fn what_it_does_not_report_is_estimated_and_marked() {
        let mut meter = Meter::start(100);
        meter.wrote("twelve chars");
        meter.reported(usage(0, 0));
        assert_eq!(meter.tokens(CallOutcome::Done), (usage(100, 3), true));
    }

    #[test]
    fn a_caller_who_leaves_pays_for_what_was_sent_and_received() {
        let mut meter = Meter::start(100);
        assert_eq!(
            meter.tokens(CallOutcome::CallerGone),
            (usage(100, 0), true),
            "before the first text"
        );
        meter.wrote("twelve chars");
        assert_eq!(meter.tokens(CallOutcome::CallerGone), (usage(100, 3), true));
        meter.reported(usage(90, 1));
        assert_eq!(
            meter.tokens(CallOutcome::CallerGone),
            (usage(90, 3), true),
            "the report was from the beginning"
        );
        assert_eq!(meter.tokens(CallOutcome::Failed(ErrorKind::Truncated)), (usage(90, 3), true));
    }

    #[test]
    fn a_provider_that_fails_before_it_writes_costs_nothing() {
        let mut meter = Meter::start(100);
        assert_eq!(meter.tokens(CallOutcome::Failed(ErrorKind::Server)), (usage(0, 0), false));
        meter.reported(usage(90, 2));
        assert_eq!(
            meter.tokens(CallOutcome::Failed(ErrorKind::ContentFilter)),
            (usage(90, 2), false),
            "unless it says so"
        );
    }
}
