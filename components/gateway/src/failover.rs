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
    http::Incoming,
    log::{self, Level},
    serve::Writer,
};
use serde_json::json;
use usage::record::CallOutcome;

use crate::{
    ledger::{self, Ledger},
    provider_call::{self, CallTimeouts, failed_attempt, jitter, silent},
};

/// A caller that has gone is noticed at the next comment, and the provider is asked no longer.
const PING: Duration = Duration::from_secs(2);
/// The longest answer, all attempts together, in seconds.
const TOTAL_SECONDS: i64 = 600;
/// Members that one model may refuse by name for one question.
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

/// A question and the models that may answer it, in order.
pub(crate) struct Failover {
    request: ChatRequest,
    targets: Vec<ModelTarget>,
    writer: Writer,
    tenant: TenantId,
    user: UserId,
    request_id: String,
    attempts: Vec<WireAttempt>,
    /// A part of an answer was sent to the caller.
    began: bool,
    started: Timestamp,
    usage: TokenUsage,
    breakers: Breakers,
    ledger: Ledger,
}

impl Failover {
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
        self.attempts.push(failed_attempt(target, &error));
        Some(error)
    }

    /// Asks one model, again as the policy says. The error comes with what follows it.
    async fn ask(
        &mut self,
        target: &mut ModelTarget,
    ) -> Result<Outcome, (ProviderError, NextStep)> {
        let mut attempt = 1;
        loop {
            let error = match self.recorded_attempt(target).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            let opened = self.report_failure(target, &error).await;
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

    /// An attempt and its record; the circuit breaker learns of a success.
    async fn recorded_attempt(&mut self, target: &ModelTarget) -> Result<Outcome, ProviderError> {
        let ended = self.attempt(target).await;
        let outcome = match &ended {
            Ok(outcome) => CallOutcome::from(*outcome),
            Err(error) => CallOutcome::Failed(error.kind),
        };
        self.record(target, outcome, ended.is_ok()).await;
        if matches!(ended, Ok(Outcome::Done)) {
            self.breakers.report(&target.id.to_string(), None).await;
        }
        ended
    }

    /// Lists a failed attempt for the caller and reports it to the model's circuit breaker; true if
    /// that opened.
    async fn report_failure(&mut self, target: &ModelTarget, error: &ProviderError) -> bool {
        let model_id = target.id.to_string();
        let opened = self.breakers.report(&model_id, Some(error.kind)).await.is_some();
        self.attempts.push(failed_attempt(target, error));
        opened
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

    /// Sends the request, with comments for the caller meanwhile; None if the caller has gone.
    async fn post(&mut self, target: &ModelTarget) -> Result<Option<Incoming>, ProviderError> {
        let built = self.build(target)?;
        self.ledger.begin();
        let mut posting = std::pin::pin!(provider_call::post(built, CallTimeouts::CHAT));
        loop {
            match within(PING, &mut posting).await {
                Some(response) => return response.map(Some),
                None if !self.ping().await => return Ok(None),
                None => {}
            }
        }
    }

    async fn attempt(&mut self, target: &ModelTarget) -> Result<Outcome, ProviderError> {
        let Some(response) = self.post(target).await? else { return Ok(Outcome::CallerGone) };
        let kind = response.headers.get("content-type").and_then(|value| value.to_str().ok());
        let mut reader = ChatReader::new(target.endpoint.dialect, kind.unwrap_or_default());
        let mut body = response.body;
        let mut waited = Duration::ZERO;
        loop {
            while let Some(event) = reader.next_event() {
                if !self.forward(target, event).await? {
                    return Ok(Outcome::CallerGone);
                }
            }
            if reader.is_closed() {
                return Ok(Outcome::Done);
            }
            if self.seconds_left() <= 0 {
                return Err(silent());
            }
            let limit = CallTimeouts::CHAT.silence(self.began, reader.is_finished());
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

    /// The event as the caller gets it, counted by the ledger; None for what callers do not get.
    fn wire_event(&mut self, event: ChatEvent) -> Result<Option<WireEvent>, ProviderError> {
        Ok(Some(match event {
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
            ChatEvent::Opaque(_) | ChatEvent::Model(_) => return Ok(None),
        }))
    }

    /// Sends an event to the caller; false if that has gone.
    async fn forward(
        &mut self,
        target: &ModelTarget,
        event: ChatEvent,
    ) -> Result<bool, ProviderError> {
        let Some(event) = self.wire_event(event)? else { return Ok(true) };
        let is_output = matches!(
            event,
            WireEvent::Text { .. } | WireEvent::Thinking { .. } | WireEvent::ToolCall { .. }
        );
        if is_output && !self.began {
            self.began = true;
            // No attempt follows.
            self.request.messages = Vec::new();
            let answering = WireEvent::Model {
                id: target.id.to_string(),
                name: target.name.clone(),
                title: target.title.clone(),
                attempts: self.attempts.clone(),
            };
            if !self.write(&answering).await {
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
