//! Records of calls, written when a call ends, however it ends.

use std::time::Duration;

use kernel::{
    Kind, Result,
    id::{ModelId, ProviderId, UserId},
};
use models::{Attribution, CallPurpose, Cost, ErrorKind, PriceList, TokenUsage};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::json;
use uuid::Uuid;

use crate::{reservation::Reservation, store::calls as store};

/// Pauses in milliseconds while the database is away: a call that was paid for is recorded if it
/// comes back within half a minute.
const PAUSES: [u64; 6] = [100, 400, 1_500, 4_000, 8_000, 16_000];
/// More tokens of each kind than any call has: a provider that reports more does not count.
const TOKENS_LIMIT: u64 = 1_000_000_000;

/// The model that was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct CalledModel {
    /// Its row; None: the model of the variables.
    pub id: Option<ModelId>,
    /// As the provider names it.
    pub name: String,
    /// The row of its provider.
    pub provider_id: Option<ProviderId>,
    /// The provider's name.
    pub provider: String,
    /// Its prices; None: it is built in and free.
    pub prices: Option<PriceList>,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallOutcome {
    /// The model was done.
    Done,
    /// The caller left, or stopped the answer.
    CallerGone,
    /// The provider failed.
    Failed(ErrorKind),
    /// The provider failed; the log has the cause.
    Error,
}

impl CallOutcome {
    /// The name that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::CallerGone => "caller_gone",
            Self::Failed(kind) => kind.as_str(),
            Self::Error => "error",
        }
    }
}

/// One call of a provider.
#[derive(Clone, PartialEq, Debug)]
pub struct UsageRecord {
    /// Who asked. The database takes the user of the ticket, where it has one.
    pub user: UserId,
    /// Where the question came from.
    pub attribution: Attribution,
    /// The model that was asked.
    pub model: CalledModel,
    /// From 1 within one question, over all its models.
    pub attempt: u32,
    /// What was used.
    pub tokens: TokenUsage,
    /// Of a rerank: what its provider bills beside tokens.
    pub searches: u64,
    /// Of a transcription: what its provider bills beside tokens.
    pub audio_seconds: u64,
    /// The provider did not report it.
    pub is_estimated: bool,
    /// From the request to the end.
    pub latency: Duration,
    /// From the request to the first text or thought.
    pub first_token: Option<Duration>,
    /// How it ended.
    pub outcome: CallOutcome,
}

impl UsageRecord {
    /// The cost and its state; none: what was used has no price.
    fn cost(&self) -> (Option<Cost>, &'static str) {
        let Some(prices) = &self.model.prices else { return (Some(Cost::ZERO), "free") };
        let is_used =
            self.tokens.prompt > 0 || self.tokens.completion > 0 || self.audio_seconds > 0;
        let cost = match self.attribution.purpose {
            CallPurpose::Rerank => prices.cost_of_rerank(self.searches(), self.tokens.prompt),
            CallPurpose::Transcription => {
                prices.cost_of_transcription(self.audio_seconds(), &self.tokens)
            }
            CallPurpose::Chat | CallPurpose::Title | CallPurpose::Rewrite => {
                prices.cost(&self.tokens)
            }
        };
        match cost {
            Ok(cost) if cost == Cost::ZERO && is_used => (Some(cost), "free"),
            Ok(cost) => (Some(cost.min(Cost::LARGEST)), "priced"),
            Err(_) => (None, "unpriced"),
        }
    }

    fn searches(&self) -> u64 {
        self.searches.min(TOKENS_LIMIT)
    }

    fn audio_seconds(&self) -> u64 {
        self.audio_seconds.min(TOKENS_LIMIT)
    }

    /// The shape that `record_usage` takes.
    pub(crate) fn to_json(&self, id: Uuid) -> serde_json::Value {
        let (cost, cost_state) = self.cost();
        let TokenUsage { prompt, cached_read, cached_write, completion, reasoning, .. } =
            self.tokens;
        let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        json!({
            "id": id,
            "user_id": self.user,
            "api_key_id": self.attribution.api_key_id,
            "space_id": self.attribution.space_id,
            "assistant_id": self.attribution.assistant_id,
            "conversation_id": self.attribution.conversation_id,
            "message_id": self.attribution.message_id,
            "model_id": self.model.id,
            "model_name": self.model.name,
            "provider_id": self.model.provider_id,
            "provider_name": self.model.provider,
            "purpose": self.attribution.purpose.as_str(),
            "attempt": self.attempt,
            "prompt_tokens": prompt,
            "cached_read_tokens": cached_read,
            "cached_write_tokens": cached_write,
            "completion_tokens": completion,
            "reasoning_tokens": reasoning,
            "searches": self.searches(),
            "audio_seconds": self.audio_seconds(),
            "tokens_estimated": self.is_estimated,
            "cost": cost.map(|cost| cost.to_string()),
            "cost_state": cost_state,
            "latency_ms": millis(self.latency),
            "first_token_ms": self.first_token.map(millis),
            "outcome": self.outcome.as_str(),
        })
    }
}

/// Numbers that a record can hold, whatever a provider reports.
pub(crate) fn bounded(usage: TokenUsage) -> TokenUsage {
    let bound = |tokens: u64| tokens.min(TOKENS_LIMIT);
    TokenUsage {
        prompt: bound(usage.prompt),
        cached_read: bound(usage.cached_read),
        cached_write: bound(usage.cached_write),
        cached_write_hour: bound(usage.cached_write_hour),
        prompt_audio: bound(usage.prompt_audio),
        prompt_image: bound(usage.prompt_image),
        completion: bound(usage.completion),
        reasoning: bound(usage.reasoning),
        completion_audio: bound(usage.completion_audio),
        completion_image: bound(usage.completion_image),
        tier: usage.tier,
    }
}

/// Records a call and counts it in the quotas of its reservation. `is_last`: no further attempt
/// follows, and the reservation ends. Tries for half a minute while the database is away; if it
/// stays away, the log has the numbers.
pub async fn record(cx: &Cx, reservation: &Reservation, record: &UsageRecord, is_last: bool) {
    if let Err(problem) = try_record(cx, reservation, record, is_last).await {
        let members = [
            ("request_id", json!(cx.request_id)),
            ("tenant_id", json!(cx.tenant().map(|tenant| tenant.to_string()).ok())),
            ("record", record.to_json(reservation.id)),
            ("cause", json!(problem.to_string())),
        ];
        log::line(Level::Error, "usage", "a call was not recorded", &members);
    }
    cx.db.release().await;
}

async fn try_record(
    cx: &Cx,
    reservation: &Reservation,
    record: &UsageRecord,
    is_last: bool,
) -> Result<()> {
    let id: Uuid = cx.new_id()?;
    let shape = record.to_json(id);
    for pause in PAUSES {
        match store::record(cx, reservation.id, &shape, is_last).await {
            Err(problem) if problem.kind() == Kind::Unavailable => {
                platform::task::sleep(Duration::from_millis(pause)).await;
            }
            other => return other,
        }
    }
    store::record(cx, reservation.id, &shape, is_last).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(
        prices: Option<serde_json::Value>,
        tokens: TokenUsage,
    ) -> (Option<String>, &'static str) {
        let prices = prices.map(|value| PriceList::read(&json!({ "standard": value })).unwrap());
        let model = CalledModel {
            id: None,
            name: "m".to_owned(),
            provider_id: None,
            provider: "p".to_owned(),
            prices,
        };
        let record = UsageRecord {
            user: UserId(Uuid::nil()),
            attribution: Attribution::default(),
            model,
            attempt: 1,
            tokens,
            searches: 0,
            audio_seconds: 0,
            is_estimated: false,
            latency: Duration::ZERO,
            first_token: None,
            outcome: CallOutcome::Done,
        };
        let (cost, state) = record.cost();
        (cost.map(|cost| cost.to_string()), state)
    }

    #[test]
    fn a_missing_price_is_no_price_of_0() {
        let used = TokenUsage { prompt: 10, completion: 1, ..TokenUsage::default() };
        assert_eq!(cost(Some(json!({ "input": "0.5" })), used), (None, "unpriced"));
        assert_eq!(cost(Some(json!({})), used), (None, "unpriced"));
        assert_eq!(
            cost(Some(json!({})), TokenUsage::default()),
            (Some("0.000000000000".to_owned()), "priced")
        );
        assert_eq!(
            cost(Some(json!({ "input": "0", "output": "0" })), used),
            (Some("0.000000000000".to_owned()), "free")
        );
        assert_eq!(cost(None, used), (Some("0.000000000000".to_owned()), "free"));
        assert_eq!(
            cost(Some(json!({ "input": "0.5", "output": "1" })), used),
            (Some("6.000000000000".to_owned()), "priced")
        );
    }

    #[test]
    fn numbers_that_no_call_has_are_bounded() {
        let most = TokenUsage { prompt: u64::MAX, completion: u64::MAX, ..TokenUsage::default() };
        let bounded = bounded(most);
        assert_eq!((bounded.prompt, bounded.completion), (TOKENS_LIMIT, TOKENS_LIMIT));
        let (cost, _) = cost(Some(json!({ "input": "18000000", "output": "18000000" })), bounded);
        assert_eq!(cost.unwrap(), "999999999999.999999999999", "what the column holds");
    }
}
