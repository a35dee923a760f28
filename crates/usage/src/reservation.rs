//! Reserving the worst case of a question before a model is asked, in all quotas that apply.

use kernel::{
    Code, Problem, ReachedQuota, Result, Timestamp,
    id::{ModelId, UserId},
};
use models::{Attribution, Cost, PriceList, TokenUsage};
use platform::Cx;
use uuid::Uuid;

use crate::store::calls as store;

/// The lease of a reservation, in seconds: longer than any answer may take.
pub(crate) const LEASE_SECONDS: i32 = 900;
/// The most tokens of an answer, for models whose limit is not known.
pub const UNKNOWN_OUTPUT: u64 = 16_384;
/// Bytes of a prompt for a token, at least: most tokenizers need fewer tokens in any language.
const BYTES_PER_TOKEN: usize = 3;
/// Tokens around a message.
const TOKENS_PER_MESSAGE: u64 = 8;
/// The wait of a user whose own questions have reserved their share, in seconds.
const SHARE_SECONDS: u32 = 5;

/// What is known of a model that may be asked.
#[derive(Clone, Copy, Debug)]
pub struct AskedModel<'a> {
    /// Its prices; None: it is built in and free.
    pub prices: Option<&'a PriceList>,
    /// The most tokens of a prompt, if known.
    pub context_tokens: Option<u64>,
    /// The most tokens of an answer, if known.
    pub output_tokens: Option<u64>,
}

impl AskedModel<'_> {
    /// The most tokens of an answer for which a client requests at most so many; never more than
    /// the model can write.
    #[must_use]
    pub fn output_limit(&self, requested: Option<u64>) -> u64 {
        let most = self.output_tokens.unwrap_or(UNKNOWN_OUTPUT);
        requested.unwrap_or(most).min(most)
    }
}

/// The most that a question may use.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WorstCase {
    /// US dollars; none: a model that may be asked has no price.
    pub cost: Option<Cost>,
    /// Tokens of prompt and answer.
    pub tokens: u64,
}

impl WorstCase {
    /// That of the most expensive model that may be asked. `requested`: the most tokens of an answer that
    /// the client asks for.
    #[must_use]
    pub fn of(models: &[AskedModel<'_>], prompt_tokens: u64, requested: Option<u64>) -> Self {
        let mut worst = Self { cost: Some(Cost::ZERO), tokens: 0 };
        for model in models {
            let prompt = prompt_tokens.min(model.context_tokens.unwrap_or(u64::MAX));
            let completion = model.output_limit(requested);
            worst.tokens = worst.tokens.max(prompt.saturating_add(completion));
            let cost =
                model.prices.map_or(Some(Cost::ZERO), |prices| dearest(prices, prompt, completion));
            worst.cost = worst.cost.zip(cost).map(|(one, other)| one.max(other));
        }
        worst
    }
}

/// Thoughts may cost more than text. None: there is no price.
fn dearest(prices: &PriceList, prompt: u64, completion: u64) -> Option<Cost> {
    let text = TokenUsage { prompt, completion, ..TokenUsage::default() };
    let thoughts = TokenUsage { reasoning: completion, ..text };
    let costs = [prices.cost(&text), prices.cost(&thoughts)];
    costs.into_iter().try_fold(Cost::ZERO, |most, cost| cost.ok().map(|cost| most.max(cost)))
}

/// An upper estimate of the tokens of a prompt's messages.
pub fn prompt_tokens<'a>(messages: impl IntoIterator<Item = &'a str>) -> u64 {
    let tokens =
        |text: &str| u64::try_from(text.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX);
    messages.into_iter().fold(0, |sum: u64, text| {
        sum.saturating_add(tokens(text)).saturating_add(TOKENS_PER_MESSAGE)
    })
}

/// Who asks what.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The user. The database takes that of the ticket, where it has one.
    pub user: UserId,
    /// Where the question comes from.
    pub attribution: &'a Attribution,
    /// The rows that may be asked; empty: the model of the variables.
    pub models: &'a [ModelId],
    /// The most that it may use.
    pub worst: WorstCase,
}

/// The reservation of a question until it is settled, or until its lease of 15 minutes expires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    pub(crate) id: Uuid,
    /// Models that may not be asked, since their own quota is used up.
    pub blocked: Vec<ModelId>,
}

/// Reserves the worst case of a question in all quotas that apply, or in none.
///
/// # Errors
/// `usage_quota_reached`, with the seconds until the period ends; `price_missing` if the
/// organisation refuses models without a price; `unavailable` if the database does not answer: then
/// nothing may be asked.
pub async fn reserve(cx: &Cx, question: &Question<'_>) -> Result<Reservation> {
    let reservation = Reservation { id: cx.new_id()?, blocked: Vec::new() };
    let refusals = store::reserve(cx, reservation.id, question).await?;
    let blocked: Vec<ModelId> = refusals.iter().filter_map(|refusal| refusal.model).collect();
    let is_left = question.models.iter().any(|model| !blocked.contains(model));
    match refusals.iter().find(|refusal| refusal.model.is_none() || !is_left) {
        Some(refusal) => Err(refusal.problem(platform::clock::now())),
        None => Ok(Reservation { blocked, ..reservation }),
    }
}

/// Ends a reservation of which nothing was sent to a provider.
///
/// # Errors
/// Database errors; the reservation ends with its lease then.
pub async fn release(cx: &Cx, reservation: &Reservation) -> Result<()> {
    store::release(cx, reservation.id).await
}

/// Why nothing is reserved, or not for a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    /// `unpriced`, `used_up` or `share`.
    pub(crate) reason: String,
    pub(crate) subject: Option<String>,
    pub(crate) measure: Option<String>,
    pub(crate) period: Option<String>,
    pub(crate) limit: Option<String>,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) model: Option<ModelId>,
}

impl Refusal {
    fn problem(&self, now: Timestamp) -> Problem {
        if self.reason == "unpriced" {
            let detail = "the model has no price, and your organisation refuses models without one; choose another model, or ask an administrator to enter its prices";
            return Problem::new(Code::PriceMissing, detail);
        }
        let quota = self.quota();
        let is_held = self.reason == "share";
        if is_held {
            let detail = format!(
                "your other questions hold half of {quota} until they are answered; wait for one of them, then ask again"
            );
            return Problem::new(Code::UsageQuotaReached, detail)
                .retry_after(SHARE_SECONDS)
                .by_quota(self.reached(is_held));
        }
        let ends_at = self.ends_at.unwrap_or(now);
        let detail = format!(
            "{quota} is used up; it begins again at {ends_at}, or an administrator can raise it"
        );
        let seconds = ends_at.unix_seconds().saturating_sub(now.unix_seconds()).max(1);
        Problem::new(Code::UsageQuotaReached, detail)
            .retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
            .by_quota(self.reached(is_held))
    }

    fn reached(&self, is_held: bool) -> ReachedQuota {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        ReachedQuota {
            subject: word(&self.subject),
            measure: word(&self.measure),
            period: word(&self.period),
            limit: word(&self.limit),
            is_held,
        }
    }

    /// A sentence with subject, limit and period.
    fn quota(&self) -> String {
        let whose = match self.subject.as_deref() {
            Some("group") => "the quota of one of your user groups",
            Some("user" | "each_user") => "your quota",
            Some("api_key") => "the quota of this API key",
            Some("model") => "the quota of this model",
            _ => "your organisation's quota",
        };
        let what = match self.measure.as_deref() {
            Some("cost") => "US dollars",
            Some("tokens") => "tokens",
            _ => "requests to models",
        };
        let (limit, period) =
            (self.limit.as_deref().unwrap_or("0"), self.period.as_deref().unwrap_or("day"));
        let article = if period == "hour" { "an" } else { "a" };
        format!("{whose} of {limit} {what} {article} {period}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prices(value: &serde_json::Value) -> PriceList {
        PriceList::read(&json!({ "standard": value })).unwrap()
    }

    fn model(prices: &PriceList) -> AskedModel<'_> {
        AskedModel { prices: Some(prices), context_tokens: Some(1_000), output_tokens: Some(500) }
    }

    #[test]
    fn the_worst_case_is_the_dearest_model_that_may_be_asked() {
        let (cheap, dear) = (
            prices(&json!({ "input": "1", "output": "2" })),
            prices(&json!({ "input": "3", "output": "4" })),
        );
        let worst = WorstCase::of(&[model(&cheap), model(&dear)], 100, None);
        assert_eq!(
            (worst.cost.unwrap().to_string(), worst.tokens),
            ("2300.000000000000".to_owned(), 600)
        );
    }

    #[test]
    fn a_client_that_asks_for_endless_answers_reserves_what_the_model_can() {
        let prices = prices(&json!({ "input": "1", "output": "1" }));
        let huge = WorstCase::of(&[model(&prices)], 100, Some(u64::MAX));
        assert_eq!(huge, WorstCase::of(&[model(&prices)], 100, None));
        assert_eq!(WorstCase::of(&[model(&prices)], 100, Some(7)).tokens, 107);
        let unknown = AskedModel { output_tokens: None, ..model(&prices) };
        assert_eq!(WorstCase::of(&[unknown], 100, Some(u64::MAX)).tokens, 100 + UNKNOWN_OUTPUT);
        assert_eq!(
            WorstCase::of(&[model(&prices)], u64::MAX, Some(1)).tokens,
            1_001,
            "the window bounds the prompt"
        );
    }

    #[test]
    fn thoughts_may_be_dearer_than_text() {
        let prices = prices(&json!({ "input": "0", "output": "1", "reasoning": "5" }));
        assert_eq!(
            WorstCase::of(&[model(&prices)], 0, None).cost.unwrap().to_string(),
            "2500.000000000000"
        );
    }

    #[test]
    fn one_model_without_a_price_makes_the_cost_unknown_and_a_built_in_one_is_free() {
        let (known, unknown) =
            (prices(&json!({ "input": "1", "output": "1" })), PriceList::default());
        assert_eq!(WorstCase::of(&[model(&known), model(&unknown)], 1, None).cost, None);
        let built_in = AskedModel { prices: None, ..model(&known) };
        assert_eq!(WorstCase::of(&[built_in], 1, None).cost, Some(Cost::ZERO));
    }

    #[test]
    fn a_refusal_names_the_quota_and_when_it_begins_again() {
        let refusal = Refusal {
            reason: "used_up".to_owned(),
            subject: Some("tenant".to_owned()),
            measure: Some("cost".to_owned()),
            period: Some("day".to_owned()),
            limit: Some("25".to_owned()),
            ends_at: Timestamp::parse("2026-11-30"),
            model: None,
        };
        let problem = refusal.problem(Timestamp::parse("2026-11-29T23:00:00Z").unwrap());
        assert_eq!(
            (problem.code, problem.seconds_to_wait()),
            (Code::UsageQuotaReached, Some(3_600))
        );
        assert!(
            problem.detail.contains("organisation's quota of 25 US dollars a day is used up"),
            "{problem}"
        );
        let quota = problem.quota().unwrap();
        assert_eq!(
            (&*quota.subject, &*quota.measure, &*quota.limit, &*quota.period, quota.is_held),
            ("tenant", "cost", "25", "day", false)
        );
        let share = Refusal {
            reason: "share".to_owned(),
            period: Some("hour".to_owned()),
            ..refusal.clone()
        };
        assert_eq!(share.problem(Timestamp(0)).seconds_to_wait(), Some(SHARE_SECONDS));
        assert!(share.problem(Timestamp(0)).quota().unwrap().is_held);
        let unpriced = Refusal { reason: "unpriced".to_owned(), ..refusal };
        assert_eq!(unpriced.problem(Timestamp(0)).code, Code::PriceMissing);
    }
}
