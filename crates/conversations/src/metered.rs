//! Asking a model within the quotas. The gateway reserves and records what rows of the tenant
//! answer; here it is the model of the variables.

use std::time::Duration;

use futures::channel::oneshot;
use kernel::{Result, id::UserId};
use models::{
    Attribution, ChatMessage, ChatModel, Delta, Deltas, MOST_IMAGE_TOKENS, Provider, Request,
    TokenUsage, within,
};
use platform::Cx;
use usage::{
    meter::{self, Meter},
    record::{self, CallOutcome, CalledModel, UsageRecord},
    reservation::{self, AskedModel, Question, Reservation, WorstCase},
};

/// The name of the provider of the variables and of this machine's models, and of the extractive
/// answerer, in records.
const INSTALLATION: &str = "installation";
const BUILT_IN: &str = "built in";
/// How long the end of an answer waits for its record, so that a reader of the answer finds it.
const RECORDING_LIMIT: Duration = Duration::from_secs(2);

/// The answer of a model while it is written. Dropping it ends the call, which is billed as far as
/// it was received.
pub(crate) struct MeteredDeltas {
    deltas: Deltas,
    /// None: the gateway records the call, or it was recorded.
    ledger: Option<Ledger>,
    /// The record while it is written: the last delta comes after it.
    recording: Option<oneshot::Receiver<()>>,
    ended: Option<Result<()>>,
}

/// Asks a model; returns when the head of its answer is there.
///
/// # Errors
/// `usage_quota_reached`, `price_missing`, `model_failed`, `unavailable`.
pub(crate) async fn ask(cx: &Cx, chat: &ChatModel, request: &Request) -> Result<MeteredDeltas> {
    let mut ledger = match chat {
        ChatModel::Installation(provider) => Some(Ledger::reserve(cx, provider, request).await?),
        ChatModel::Rows(_) => None,
    };
    match chat.complete_stream(request).await {
        Ok(deltas) => Ok(MeteredDeltas { deltas, ledger, recording: None, ended: None }),
        Err(problem) => {
            if let Some(recording) = ledger.take().and_then(|ledger| ledger.end(CallOutcome::Error))
            {
                let _ = within(RECORDING_LIMIT, recording).await;
            }
            Err(problem)
        }
    }
}

impl MeteredDeltas {
    /// As [`Deltas::next`]; after the last one, the call is recorded.
    pub(crate) async fn next(&mut self) -> Result<Option<Delta>> {
        if self.ended.is_none() {
            match self.deltas.next().await {
                Ok(Some(delta)) => {
                    self.count(&delta);
                    return Ok(Some(delta));
                }
                Ok(None) => self.end(CallOutcome::Done, Ok(())),
                Err(problem) => self.end(CallOutcome::Error, Err(problem)),
            }
        }
        if let Some(recording) = &mut self.recording {
            // The record is retried in its own task while the database is away.
            let _ = within(RECORDING_LIMIT, recording).await;
            self.recording = None;
        }
        self.ended.clone().unwrap_or(Ok(())).map(|()| None)
    }

    fn count(&mut self, delta: &Delta) {
        let Some(ledger) = &mut self.ledger else { return };
        match delta {
            Delta::Content(text) | Delta::Thinking(text) => ledger.meter.wrote(text),
            Delta::ToolCall(call) => {
                ledger.meter.wrote(call.name.as_deref().unwrap_or_default());
                ledger.meter.wrote(&call.arguments);
            }
            Delta::Usage { prompt_tokens, completion_tokens } => {
                let tokens = |count: i32| u64::try_from(count).unwrap_or_default();
                let (prompt, completion) = (tokens(*prompt_tokens), tokens(*completion_tokens));
                ledger.meter.reported(TokenUsage { prompt, completion, ..TokenUsage::default() });
            }
            Delta::Model { .. } | Delta::Finish(_) => {}
        }
    }

    fn end(&mut self, outcome: CallOutcome, ended: Result<()>) {
        self.recording = self.ledger.take().and_then(|ledger| ledger.end(outcome));
        self.ended = Some(ended);
    }
}

/// A reservation and the call that it is for. Dropped before its end, it records that the caller
/// has gone.
struct Ledger {
    open: Option<OpenCall>,
    meter: Meter,
}

/// What a record needs.
struct OpenCall {
    /// With a connection of its own: the answer may be dropped while the other is in use.
    cx: Cx,
    user: UserId,
    attribution: Attribution,
    model: CalledModel,
    reservation: Reservation,
}

impl Ledger {
    async fn reserve(cx: &Cx, provider: &Provider, request: &Request) -> Result<Self> {
        let name = request.model.as_deref().unwrap_or(&provider.model);
        let prices = provider.prices_of(name);
        let offered = request.options.prompt_texts();
        let texts = || {
            let said = request.messages.iter().flat_map(ChatMessage::counted_texts);
            said.chain(offered.iter().map(String::as_str))
        };
        let seen = request.messages.iter().map(ChatMessage::picture_count).sum::<u64>();
        let asked =
            AskedModel { prices: prices.as_ref(), context_tokens: None, output_tokens: None };
        let prompt = reservation::prompt_tokens(texts()).saturating_add(seen * MOST_IMAGE_TOKENS);
        let worst = WorstCase::of(&[asked], prompt, request.max_tokens.map(u64::from));
        let (cx, user) = (cx.with_own_connection(), cx.user()?);
        let question = Question { user, attribution: &request.attribution, models: &[], worst };
        let reservation = reservation::reserve(&cx, &question).await?;
        cx.db.release().await;
        let model = CalledModel {
            id: None,
            name: name.to_owned(),
            provider_id: None,
            provider: if Provider::is_extractive(name) { BUILT_IN } else { INSTALLATION }
                .to_owned(),
            prices,
        };
        let open = OpenCall { cx, user, attribution: request.attribution, model, reservation };
        let prompt = meter::estimated_tokens(texts().map(|text| text.chars().count()).sum());
        // Of an answer that is cut the provider reports nothing: what it may bill counts then.
        let prompt = prompt + seen * MOST_IMAGE_TOKENS;
        Ok(Self { open: Some(open), meter: Meter::start(prompt) })
    }

    /// Records the call in a task of its own, since the caller that waits for it may be dropped
    /// meanwhile.
    fn end(mut self, outcome: CallOutcome) -> Option<oneshot::Receiver<()>> {
        self.record(outcome)
    }

    fn record(&mut self, outcome: CallOutcome) -> Option<oneshot::Receiver<()>> {
        let OpenCall { cx, user, attribution, model, reservation } = self.open.take()?;
        let (tokens, is_estimated) = self.meter.tokens(outcome);
        let (latency, first_token) = (self.meter.latency(), self.meter.first_token());
        let record = UsageRecord {
            user,
            attribution,
            model,
            attempt: 1,
            tokens,
            searches: 0,
            audio_seconds: 0,
            is_estimated,
            latency,
            first_token,
            outcome,
        };
        let (recorded, recording) = oneshot::channel();
        platform::task::spawn(async move {
            record::record(&cx, &reservation, &record, true).await;
            let _ = recorded.send(());
        });
        Some(recording)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let _ = self.record(CallOutcome::CallerGone);
    }
}
