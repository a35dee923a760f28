//! What the worker measures of models and quotas. The components that ask models have no scrape:
//! what they record is counted here, in the order in which it was recorded.

use kernel::Result;
use models::{BreakerState, Breakers};
use platform::telemetry::{BoundedLabel, Counters, Gauges, Histograms, Registry};
use tokio::sync::Mutex;
use usage::measure::{self, CallPosition, CallSample, SETTLED};

use crate::run::Worker;

/// Names of models: each tenant may have some.
const MAX_MODELS: usize = 64;
/// Calls that one count takes at most; more wait for the next.
const MAX_CALLS: i32 = 10_000;
/// Circuit breakers that are looked at.
const MAX_BREAKERS: i32 = 64;

/// The metrics of models and quotas.
pub(crate) struct UsageMetrics {
    known: Gauges<0>,
    calls: Counters<2>,
    retries: Counters<1>,
    tokens: Counters<2>,
    nanodollars: Counters<1>,
    unpriced: Counters<1>,
    seconds: Histograms<1>,
    first_token: Histograms<1>,
    breakers: Gauges<1>,
    quotas: Gauges<3>,
    refusals: Gauges<2>,
    reservations: Gauges<1>,
    alerts: Gauges<1>,
    models: BoundedLabel,
    /// The calls before it are counted. None: nothing was counted yet.
    position: Mutex<Option<CallPosition>>,
}

impl UsageMetrics {
    pub(crate) fn new(r: &mut Registry) -> Self {
        Self {
            known: r.gauges("usage_known", "1 if the last scrape could count usage, else 0", []),
            calls: r.counters("model_calls", "Calls of models, and how", ["model", "outcome"]),
            retries: r.counters("model_retries", "Calls after the first of a question", ["model"]),
            tokens: r.counters("model_tokens", "Tokens that models used", ["model", "kind"]),
            nanodollars: r.counters("model_cost_nanodollars", "What calls cost", ["model"]),
            unpriced: r.counters("model_unpriced_calls", "Calls without a price", ["model"]),
            seconds: r.long_histograms("model_call_seconds", "How long calls took", ["model"]),
            first_token: r.long_histograms(
                "model_first_token_seconds",
                "How long the first text took",
                ["model"],
            ),
            breakers: r.gauges(
                "model_breaker",
                "Circuit breakers of models called in the last hour: 0 closed, 1 half-open, 2 open",
                ["model"],
            ),
            quotas: r.gauges(
                "quotas",
                "Quotas by how they stand in their period",
                ["subject", "measure", "state"],
            ),
            refusals: r.gauges(
                "quota_refusals",
                "Questions that quotas refused in their current periods",
                ["subject", "measure"],
            ),
            reservations: r.gauges(
                "quota_reservations",
                "Reservations that are open, and those of a day that expired",
                ["state"],
            ),
            alerts: r.gauges("quota_alerts", "Alerts of quotas of the last day", ["threshold"]),
            models: BoundedLabel::new(MAX_MODELS),
            position: Mutex::default(),
        }
    }

    /// Counts what was recorded since the last time, and how things stand.
    pub(crate) async fn count(&self, worker: &Worker) -> Result<()> {
        let counted = self.try_count(worker).await;
        self.known.set([], i64::from(counted.is_ok()));
        counted
    }

    async fn try_count(&self, worker: &Worker) -> Result<()> {
        let db = worker.db();
        let mut position = self.position.lock().await;
        match *position {
            // The first scrape of a worker: it counts from here on.
            None => *position = Some(measure::end(&db, SETTLED).await?),
            Some(from) => {
                let (calls, to) = measure::calls_after(&db, from, SETTLED, MAX_CALLS).await?;
                calls.iter().for_each(|call| self.observe(call));
                *position = Some(to);
            }
        }
        let counts = measure::quota_counts(&db).await?;
        let events = measure::quota_events(&db).await?;
        let models = measure::called_models(&db, MAX_BREAKERS).await?;
        self.quotas.clear();
        self.refusals.clear();
        for count in counts {
            let (subject, measure) = (count.subject, count.measure);
            self.refusals.add([subject.clone().into(), measure.clone().into()], count.refused);
            let labels = [subject.into(), measure.into(), count.state.into()];
            self.quotas.set(labels, count.quotas);
        }
        self.reservations.set(["open".into()], events.open);
        self.reservations.set(["expired".into()], events.expired);
        self.alerts.set(["near".into()], events.near);
        self.alerts.set(["used_up".into()], events.used_up);
        let breakers = Breakers::open().await;
        self.breakers.clear();
        for (id, name) in models {
            let Some(state) = breakers.state(&id.to_string()).await else { break };
            // Of several models of one name, the worst.
            let state = match state {
                BreakerState::Closed => 0,
                BreakerState::HalfOpen => 1,
                BreakerState::Open => 2,
            };
            self.breakers.raise([self.models.of(&name)], state);
        }
        Ok(())
    }

    fn observe(&self, call: &CallSample) {
        let model = self.models.of(&call.model);
        self.calls.count([model.clone(), call.outcome.clone().into()]);
        if call.attempt > 1 {
            self.retries.count([model.clone()]);
        }
        for (kind, tokens) in [
            ("prompt", call.prompt_tokens),
            ("cached_read", call.cached_read_tokens),
            ("completion", call.completion_tokens),
            ("reasoning", call.reasoning_tokens),
        ] {
            self.tokens.add([model.clone(), kind.into()], tokens);
        }
        match call.nanodollars {
            Some(cost) => self.nanodollars.add([model.clone()], cost),
            None => self.unpriced.count([model.clone()]),
        }
        self.seconds.observe([model.clone()], call.latency);
        if let Some(first) = call.first_token {
            self.first_token.observe([model], first);
        }
    }
}
