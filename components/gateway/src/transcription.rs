//! One recording on its way: the models of a grant in its order, each call recorded.

use std::time::Duration;

use catalogue::target::ModelTarget;
use credentials::GrantContext;
use futures::channel::oneshot;
use kernel::Timestamp;
use models::{
    AudioFormat, Breakers, Endpoint, ErrorKind, NextStep, ProviderError, RetryAdvice, RetryPolicy,
    TRANSCRIPT_BYTES, Transcript, TranscriptionRequest,
    gateway::{WireAttempt, WireTranscribe, WireTranscript, WireTranscription},
    within,
};
use platform::{
    clock,
    log::{self, Level},
    random, task,
};
use serde_json::{Value, json};
use usage::record::CallOutcome;

use crate::{
    ledger::Ledger,
    provider_call::{self, CallTimeouts, failed_attempt, jitter, silent},
};

/// All attempts together, in seconds; the caller waits a little longer.
const TOTAL_SECONDS: i64 = 540;
/// Fields that one model may refuse by name.
const REFUSED_LIMIT: usize = 3;

/// A recording, and what is asked of it.
pub(crate) struct Recording {
    pub(crate) format: AudioFormat,
    pub(crate) audio: Vec<u8>,
    pub(crate) parameters: WireTranscribe,
}

/// A recording on its way.
pub(crate) struct Transcription {
    recording: Recording,
    breakers: Breakers,
    ledger: Ledger,
    attempts: Vec<WireAttempt>,
    started: Timestamp,
    /// Members of the line in the log.
    members: [(&'static str, Value); 3],
}

type Caller = oneshot::Sender<WireTranscription>;

impl Transcription {
    /// # Errors
    /// `not_signed_in` without a tenant.
    pub(crate) fn new(
        recording: Recording,
        breakers: Breakers,
        context: &GrantContext,
        ledger: Ledger,
    ) -> kernel::Result<Self> {
        let members = [
            ("request_id", json!(context.cx.request_id)),
            ("tenant_id", json!(context.cx.tenant()?.to_string())),
            ("user_id", json!(context.user.to_string())),
        ];
        let (attempts, started) = (Vec::new(), clock::now());
        Ok(Self { recording, breakers, ledger, attempts, started, members })
    }

    /// Asks until a model answers, or none is left.
    pub(crate) async fn run(
        mut self,
        targets: Vec<ModelTarget>,
        caller: &Caller,
    ) -> WireTranscription {
        let mut last = None;
        for mut target in targets {
            if let Some(error) = self.refusal_of_breaker(&target).await {
                last = Some(error);
                continue;
            }
            match self.ask(&mut target, caller).await {
                Ok(transcript) => {
                    self.note(Some(&target), None);
                    let transcript = WireTranscript::of(&target.title, transcript);
                    return WireTranscription::Transcript(transcript);
                }
                Err((error, step)) => {
                    last = Some(error);
                    if step == NextStep::GiveUp {
                        break;
                    }
                }
            }
        }
        let error = last.unwrap_or_else(|| {
            ProviderError::new(ErrorKind::Unsupported, "no model could be asked")
        });
        self.ledger.release().await;
        self.note(None, Some(&error));
        WireTranscription::Failed { failure: (&error).into(), attempts: self.attempts }
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
        caller: &Caller,
    ) -> Result<Transcript, (ProviderError, NextStep)> {
        let mut attempt = 1;
        loop {
            let asked = self.attempt(target).await;
            let failure = asked.as_ref().err().map(|error| error.kind);
            let outcome = failure.map_or(CallOutcome::Done, CallOutcome::Failed);
            self.ledger.end(target, outcome, asked.is_ok()).await;
            let opened = self.breakers.report(&target.id.to_string(), failure).await.is_some();
            let error = match asked {
                Ok(transcript) => return Ok(transcript),
                Err(error) => error,
            };
            self.attempts.push(failed_attempt(target, &error));
            if caller.is_canceled() {
                return Err((error, NextStep::GiveUp));
            }
            if was_read(error.kind) {
                return Err((error, NextStep::FailOver));
            }
            if leaves_out(target, &error) {
                continue;
            }
            match RetryPolicy::default().next_step(&error, attempt, false, jitter()) {
                NextStep::Retry(_) if opened => return Err((error, NextStep::FailOver)),
                NextStep::Retry(wait) if wait < self.time_left() => {
                    task::sleep(wait).await;
                    attempt += 1;
                }
                NextStep::Retry(_) => return Err((error, NextStep::GiveUp)),
                step => return Err((error, step)),
            }
        }
    }

    async fn attempt(&mut self, target: &ModelTarget) -> Result<Transcript, ProviderError> {
        let Recording { format, audio, parameters } = &self.recording;
        let request = TranscriptionRequest {
            model: target.name.clone(),
            format: *format,
            language: parameters.language.clone(),
            prompt: parameters.prompt.clone(),
            temperature: parameters.temperature,
            with_segments: parameters.with_segments,
        };
        // Random, so that the recording does not contain it.
        let boundary = random::bytes::<16>().map_err(|problem| {
            ProviderError::new(ErrorKind::Unsupported, problem.detail.to_string())
        })?;
        let boundary = format!("{:032x}", u128::from_be_bytes(boundary));
        let built = target.endpoint.transcribe(&request, audio, &boundary)?;
        let estimate = format.estimated_seconds(audio);
        self.ledger.begin();
        let asking = async {
            let answer = provider_call::post_form(built, CallTimeouts::TRANSCRIPTION).await?;
            let kind = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
            let kind = kind.unwrap_or_default().to_owned();
            let bytes = answer.bytes(TRANSCRIPT_BYTES).await.map_err(|_| {
                let message = "the transcript broke off, or is larger than 4 MiB";
                ProviderError::new(ErrorKind::TooLong, message)
            })?;
            Transcript::read(&bytes, &kind)
        };
        let asked = within(self.time_left(), asking).await.unwrap_or_else(|| Err(silent()));
        match &asked {
            Ok(transcript) => self.ledger.transcribed(transcript, estimate),
            // It was sent the recording, and bills it.
            Err(error) if was_read(error.kind) => self.ledger.heard(estimate),
            Err(_) => {}
        }
        asked
    }

    fn time_left(&self) -> Duration {
        let left = self.started.plus_seconds(TOTAL_SECONDS).0 - clock::now().0;
        Duration::from_micros(u64::try_from(left).unwrap_or_default())
    }

    /// One line in the log. No text, and no message of a provider that refuses a key.
    fn note(&self, target: Option<&ModelTarget>, error: Option<&ProviderError>) {
        let level = if error.is_some() { Level::Error } else { Level::Info };
        let mut line = self.members.to_vec();
        line.extend([
            ("model_id", json!(target.map(|target| target.id.to_string()))),
            ("model", json!(target.map(|target| &target.name))),
            ("failed_attempts", json!(self.attempts)),
            ("bytes", json!(self.recording.audio.len())),
            ("duration_ms", json!((clock::now().0 - self.started.0) / 1_000)),
            ("error", json!(error.map(|error| error.kind.as_str()))),
            ("cause", json!(error.map(ToString::to_string))),
        ]);
        log::line(level, "gateway", "transcribed", &line);
    }
}

/// Whether the provider had the whole recording when it failed.
fn was_read(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Timeout | ErrorKind::TooLong | ErrorKind::Unreadable)
}

/// Leaves out a field that the provider refuses by name.
fn leaves_out(target: &mut ModelTarget, error: &ProviderError) -> bool {
    let Some(parameter) = error.parameter.clone() else { return false };
    let refused = &mut target.endpoint.refused;
    Endpoint::can_leave_out_of_form(&parameter)
        && refused.len() < REFUSED_LIMIT
        && refused.insert(parameter)
}
