//! The models of a grant, asked one after the other until one answers.

use std::time::Duration;

use catalogue::target::ModelTarget;
use credentials::GrantContext;
use futures::StreamExt;
use kernel::{
    Timestamp,
    id::{TenantId, UserId},
};
use models::{
    Breakers, ChatEvent, ChatReader, ChatRequest, Endpoint, ErrorKind, HttpRequest, NextStep,
    ProviderError, RetryAdvice, RetryPolicy, TokenUsage, ToolCallDelta,
    gateway::{WireAttempt, WireEvent},
    within,
};
use platform::{
    clock,
    log::{self, Level},
    random,
    serve::Writer,
};
use serde_json::json;
use usage::record::CallOutcome;

use crate::{
    ledger::{self, Ledger},
    provider_call::{self, CallTimeouts, silent},
};

/// A caller that has gone is noticed at the next comment.
const PING: Duration = Duration::from_secs(15);
/// Once the model is done, usage may follow; it is not waited for longer than this.
const TRAILER: Duration = Duration::from_secs(5);
/// The longest answer, all attempts together, in seconds.
const TOTAL_SECONDS: i64 = 600;
/// Members that one model may refuse by name in one walk.
const REFUSED_LIMIT: usize = 4;

/// How an attempt ended, unless it failed.
#[derive(Clone, Copy)]
enum Outcome {
    /// The model is done.
    Done,
    /// The caller has gone.
    CallerGone,
}

impl From<Outcome> for CallOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::CallerGone => Self::CallerGone,
        }
    }
}

/// One question on its way.
pub(crate) struct Walk {
    request: ChatRequest,
    targets: Vec<ModelTarget>,
    writer: Writer,
    tenant: TenantId,
    user: UserId,
    request_id: String,
    attempts: Vec<WireAttempt>,
    /// Something of an answer was sent on.
    began: bool,
    started: Timestamp,
    usage: TokenUsage,
    breakers: Breakers,
    ledger: Ledger,
}

impl Walk {
    /// # Errors
    /// `not_signed_in` without a tenant.
    pub(crate) fn new(
        request: ChatRequest,
        targets: Vec<ModelTarget>,
        writer: Writer,
        breakers: Breakers,
        context: &GrantContext,
        ledger: Ledger,
    ) -> kernel::Result<Self> {
        Ok(Self {
            request,
            targets,
            writer,
            tenant: context.cx.tenant()?,
            user: context.user,
            request_id: context.cx.request_id.clone(),
            attempts: Vec::new(),
            began: false,
            started: clock::now(),
            usage: TokenUsage::default(),
            breakers,
            ledger,
        })
    }

    /// Asks until a model is done, none is left, or the caller has gone.
    pub(crate) async fn run(mut self) {
        let targets = std::mem::take(&mut self.targets);
        let (mut smallest, mut last) = (None::<i32>, None);
        for mut target in targets {
            let is_too_small = |window: i32| target.context_tokens.is_some_and(|own| own <= window);
            if smallest.is_some_and(is_too_small) {
                continue;
            }
            if let Some(error) = self.refusal_of_breaker(&target).await {
                last = Some(error);
                continue;
            }
            match self.ask(&mut target).await {
                Ok(outcome) => return self.finish(outcome, &target).await,
                Err((error, NextStep::GiveUp)) => return self.fail(&error).await,
                Err((error, step)) => {
                    if step == NextStep::FailOverToLargerWindow {
                        smallest = smallest.max(target.context_tokens);
                    }
                    last = Some(error);
                }
            }
        }
        let error = last.unwrap_or_else(|| {
            ProviderError::new(ErrorKind::Unsupported, "no model could be asked")
        });
        self.fail(&error).await;
    }

    /// Why a model is not asked, if its breaker is open.
    async fn refusal_of_breaker(&mut self, target: &ModelTarget) -> Option<ProviderError> {
        let wait = self.breakers.wait(&target.id.to_string()).await?;
        let advice = RetryAdvice { after: Some(wait), should_retry: None };
        let message = format!("for another {} ms", wait.as_millis());
        let error = ProviderError { advice, ..ProviderError::new(ErrorKind::CircuitOpen, message) };
        self.attempts.push(WireAttempt {
            model_id: target.id.to_string(),
            kind: error.kind.as_str().to_owned(),
        });
        Some(error)
    }

    /// Asks one model, again as the policy says. The error comes with what follows it.
    async fn ask(
        &mut self,
        target: &mut ModelTarget,
    ) -> Result<Outcome, (ProviderError, NextStep)> {
        let mut attempt = 1;
        loop {
            let ended = self.attempt(target).await;
            let outcome = match &ended {
                Ok(outcome) => CallOutcome::from(*outcome),
                Err(error) => CallOutcome::Failed(error.kind),
            };
            self.record(target, outcome, ended.is_ok()).await;
            let error = match ended {
                Ok(outcome) => {
                    if matches!(outcome, Outcome::Done) {
                        self.breakers.report(&target.id.to_string(), None).await;
                    }
                    return Ok(outcome);
                }
                Err(error) => error,
            };
            let opened =
                self.breakers.report(&target.id.to_string(), Some(error.kind)).await.is_some();
            self.attempts.push(WireAttempt {
                model_id: target.id.to_string(),
                kind: error.kind.as_str().to_owned(),
            });
            if self.leaves_out(target, &error) {
                continue;
            }
            match RetryPolicy::default().next_step(&error, attempt, self.began, jitter()) {
                NextStep::Retry(_) if opened => return Err((error, NextStep::FailOver)),
                NextStep::Retry(wait) if self.seconds_left() > 0 => {
                    if !self.pause(wait).await {
                        return Ok(Outcome::CallerGone);
                    }
                    attempt += 1;
                }
                NextStep::Retry(_) => return Err((error, NextStep::GiveUp)),
                step => return Err((error, step)),
            }
        }
    }

    /// Leaves out a member that the provider refuses by name.
    fn leaves_out(&self, target: &mut ModelTarget, error: &ProviderError) -> bool {
        let Some(parameter) = error.parameter.clone() else { return false };
        let refused = &mut target.endpoint.refused;
        !self.began
            && Endpoint::can_leave_out(&parameter)
            && refused.len() < REFUSED_LIMIT
            && refused.insert(parameter)
    }

    /// Pictures make a request several MiB large, so it is not copied.
    fn build(&mut self, target: &ModelTarget) -> Result<HttpRequest, ProviderError> {
        let requested = self.request.parameters.max_tokens;
        self.request.model.clone_from(&target.name);
        self.request.parameters.max_tokens =
            requested.map(|most| ledger::output_limit(target, most));
        let built = target.endpoint.chat(&self.request);
        self.request.parameters.max_tokens = requested;
        built
    }

    async fn attempt(&mut self, target: &ModelTarget) -> Result<Outcome, ProviderError> {
        let built = self.build(target)?;
        self.ledger.begin();
        let mut posting = std::pin::pin!(provider_call::post(built, CallTimeouts::CHAT));
        let answer = loop {
            match within(PING, &mut posting).await {
                Some(answer) => break answer?,
                None if !self.ping().await => return Ok(Outcome::CallerGone),
                None => {}
            }
        };
        let kind = answer
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut reader = ChatReader::new(target.endpoint.dialect, kind);
        let mut body = answer.body;
        let mut waited = Duration::ZERO;
        loop {
            while let Some(event) = reader.next_event() {
                if !self.pass_on(target, event).await? {
                    return Ok(Outcome::CallerGone);
                }
            }
            if reader.is_closed() {
                return Ok(Outcome::Done);
            }
            if self.seconds_left() <= 0 {
                return Err(silent());
            }
            let limit = match (reader.is_finished(), self.began) {
                (true, _) => TRAILER,
                (false, true) => CallTimeouts::CHAT.between,
                (false, false) => CallTimeouts::CHAT.first,
            };
            let step = PING.min(limit);
            match within(step, body.next()).await {
                Some(Some(Ok(bytes))) => {
                    waited = Duration::ZERO;
                    reader.push(&bytes);
                }
                Some(Some(Err(cause))) => reader.end(Some(&cause)),
                Some(None) => reader.end(None),
                None if reader.is_finished() => reader.end(None),
                None => {
                    waited += step;
                    if waited >= limit {
                        return Err(silent());
                    }
                    if !self.ping().await {
                        return Ok(Outcome::CallerGone);
                    }
                }
            }
        }
    }

    /// Sends an event on; false if the caller has gone.
    async fn pass_on(
        &mut self,
        target: &ModelTarget,
        event: ChatEvent,
    ) -> Result<bool, ProviderError> {
        let event = match event {
            ChatEvent::Text(text) => {
                self.ledger.wrote(&text);
                WireEvent::Text { text }
            }
            ChatEvent::Thinking(text) => {
                self.ledger.wrote(&text);
                WireEvent::Thinking { text }
            }
            ChatEvent::Usage(usage) => {
                self.usage = usage;
                self.ledger.reported(usage);
                WireEvent::usage(&usage)
            }
            ChatEvent::Finish(reason) => WireEvent::Finish { reason: reason.as_str().to_owned() },
            ChatEvent::Failed(error) => return Err(error),
            ChatEvent::ToolCall(ToolCallDelta { index, id, name, arguments, .. }) => {
                self.ledger.wrote(name.as_deref().unwrap_or_default());
                self.ledger.wrote(&arguments);
                WireEvent::ToolCall { index, id, name, arguments }
            }
            // What the provider wants back is not stored yet.
            ChatEvent::Opaque(_) | ChatEvent::Model(_) => return Ok(true),
        };
        let is_output = matches!(
            event,
            WireEvent::Text { .. } | WireEvent::Thinking { .. } | WireEvent::ToolCall { .. }
        );
        if is_output && !self.began {
            self.began = true;
            // No attempt follows.
            self.request.messages = Vec::new();
            let (id, name, title) =
                (target.id.to_string(), target.name.clone(), target.title.clone());
            if !self.write(&WireEvent::Model { id, name, title }).await {
                return Ok(false);
            }
        }
        Ok(self.write(&event).await)
    }

    /// Records an attempt, with comments for the caller while the database is slow. The last event
    /// follows it, so that a caller that reads its end finds the record.
    async fn record(&mut self, target: &ModelTarget, outcome: CallOutcome, is_last: bool) {
        let Self { ledger, writer, .. } = self;
        let mut recording = std::pin::pin!(ledger.end(target, outcome, is_last));
        while within(PING, &mut recording).await.is_none() {
            writer.write(api::sse::PING).await;
        }
    }

    async fn finish(mut self, outcome: Outcome, target: &ModelTarget) {
        match outcome {
            Outcome::Done => {
                let attempts = self.attempts.clone();
                self.write(&WireEvent::Done { attempts }).await;
            }
            // Perhaps between two attempts.
            Outcome::CallerGone => self.ledger.release().await,
        }
        self.note(Some(target), None);
    }

    async fn fail(mut self, error: &ProviderError) {
        self.ledger.release().await;
        let attempts = self.attempts.clone();
        self.write(&WireEvent::Failed { failure: error.into(), attempts }).await;
        self.note(None, Some(error));
    }

    /// One line in the log. The message of a refused key is empty.
    fn note(&self, target: Option<&ModelTarget>, error: Option<&ProviderError>) {
        let level = if error.is_some() { Level::Error } else { Level::Info };
        let members = [
            ("request_id", json!(self.request_id)),
            ("tenant_id", json!(self.tenant.to_string())),
            ("user_id", json!(self.user.to_string())),
            ("model_id", json!(target.map(|target| target.id.to_string()))),
            ("model", json!(target.map(|target| &target.name))),
            ("failed_attempts", json!(self.attempts)),
            ("prompt_tokens", json!(self.usage.prompt)),
            ("completion_tokens", json!(self.usage.completion)),
            ("duration_ms", json!((clock::now().0 - self.started.0) / 1_000)),
            ("error", json!(error.map(|error| error.kind.as_str()))),
            ("cause", json!(error.map(ToString::to_string))),
        ];
        log::line(level, "gateway", "asked", &members);
    }

    /// Waits, with comments for the caller; false if it has gone.
    async fn pause(&mut self, mut wait: Duration) -> bool {
        while wait > Duration::ZERO {
            if !self.ping().await {
                return false;
            }
            let step = wait.min(PING);
            platform::task::sleep(step).await;
            wait -= step;
        }
        true
    }

    async fn ping(&mut self) -> bool {
        self.writer.write(api::sse::PING).await
    }

    async fn write(&mut self, event: &WireEvent) -> bool {
        self.writer.write(api::sse::data(&json!(event).to_string())).await
    }

    fn seconds_left(&self) -> i64 {
        TOTAL_SECONDS - (clock::now().0 - self.started.0) / 1_000_000
    }
}

/// Random in 0 to 1; without randomness the longest wait.
pub(crate) fn jitter() -> f64 {
    random::bytes::<2>()
        .map_or(1.0, |bytes| f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}
