//! The circuit breaker of a model: a model that keeps failing is not asked for a while, and then by
//! one caller. Its state is in Redis, so that all instances share it. Without Redis every model is
//! asked.

use std::time::Duration;

use platform::redis::{Redis, Reply};

use crate::{ErrorKind, timeout::within};

/// The timeout of Redis.
const LIMIT: Duration = Duration::from_millis(300);

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerPolicy {
    /// How long calls are counted before they are forgotten.
    pub window: Duration,
    /// The failures that open it, if they are more than half of the calls.
    pub failures: u32,
    /// How long it is open at first; twice as long each time that the attempt afterwards fails.
    pub first: Duration,
    /// How long it is open at most.
    pub longest: Duration,
    /// How long one caller may try while it is half-open, before another may.
    pub probe: Duration,
}

impl Default for BreakerPolicy {
    /// Five failures within a minute; 5 s, up to a minute.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(60),
            failures: 5,
            first: Duration::from_secs(5),
            longest: Duration::from_secs(60),
            probe: Duration::from_secs(30),
        }
    }
}

/// How a breaker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakerState {
    /// The model is asked.
    Closed,
    /// The next call is an attempt.
    HalfOpen,
    /// The model is not asked.
    Open,
}

/// The breakers of all models, through one connection.
pub struct Breakers {
    redis: Option<Redis>,
    policy: BreakerPolicy,
}

impl Breakers {
    /// Connects; the variable `redis_url` names the server.
    pub async fn open() -> Self {
        Self::with(BreakerPolicy::default()).await
    }

    /// The same with another policy.
    pub async fn with(policy: BreakerPolicy) -> Self {
        Self { redis: within(LIMIT, Redis::open()).await.and_then(Result::ok), policy }
    }

    /// Whether the model may be asked: None, or how long its breaker stays open. `model` is the id
    /// of a row.
    pub async fn wait(&self, model: &str) -> Option<Duration> {
        let probe = millis(self.policy.probe);
        self.call("tessera_ask_breaker", model, &[&probe]).await
    }

    /// Counts a call of the model. Returns how long its breaker is open if this call opened it.
    pub async fn report(&self, model: &str, failure: Option<ErrorKind>) -> Option<Duration> {
        let failed = if failure.is_some_and(ErrorKind::is_outage) { "1" } else { "0" };
        let BreakerPolicy { window, failures, first, longest, .. } = self.policy;
        let numbers = [
            failed.to_owned(),
            millis(window),
            failures.to_string(),
            millis(first),
            millis(longest),
        ];
        self.call("tessera_report_to_breaker", model, &numbers.each_ref().map(String::as_str)).await
    }

    /// How a model's breaker stands, without taking the attempt of a half-open one; None without
    /// Redis.
    pub async fn state(&self, model: &str) -> Option<BreakerState> {
        let redis = self.redis.as_ref()?;
        let key = format!("breaker:{model}");
        let till = within(LIMIT, redis.command("HMGET", &[key.as_bytes(), b"till"])).await?.ok()?;
        let till = till.first()?.text().and_then(|text| text.parse::<i64>().ok());
        let Some(till) = till.filter(|till| *till > 0) else {
            return Some(BreakerState::Closed);
        };
        // By the clock that set it.
        let now = within(LIMIT, redis.command("TIME", &[])).await?.ok()?;
        let seconds: i64 = now.first()?.text()?.parse().ok()?;
        let is_open = till > seconds.saturating_mul(1_000);
        Some(if is_open { BreakerState::Open } else { BreakerState::HalfOpen })
    }

    async fn call(&self, function: &str, model: &str, args: &[&str]) -> Option<Duration> {
        let key = format!("breaker:{model}");
        let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
        let reply =
            within(LIMIT, self.redis.as_ref()?.call(function, &[&key], &args)).await?.ok()?;
        match reply.first()? {
            Reply::Int(wait @ 1..) => Some(Duration::from_millis(wait.unsigned_abs())),
            _ => None,
        }
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}
