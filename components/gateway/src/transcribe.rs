//! `POST /internal/v1/transcribe`: the models of a grant write down what is said in a recording.

use std::time::Duration;

use api::{CallWith, Json};
use catalogue::target::{self, ModelTarget};
use credentials::GrantContext;
use futures::channel::oneshot;
use kernel::{Code, Problem, Result};
use models::{
    AudioFormat, Breakers, MOST_AUDIO_BYTES,
    gateway::{AUDIO_LENGTH, PARAMETERS_BYTES, WireTranscribe},
    within,
};
use platform::{
    concurrency::{ConcurrencyLimit, ConcurrencyPermit},
    redis::Redis,
    task,
};
use serde_json::Value;

use crate::{
    ledger::Ledger,
    test_provider,
    transcription::{Recording, Transcription},
};

/// Bytes of a prompt, and of the name of a language.
const PROMPT_BYTES: usize = 16 << 10;
const LANGUAGE_BYTES: usize = 40;
/// The timeout of Redis.
const REDIS_LIMIT: Duration = Duration::from_millis(300);
/// A recording is held, and asked for, whether or not its caller waits: a caller who leaves and comes
/// again must not fill the memory. The lease is longer than all attempts.
static RECORDINGS: ConcurrencyLimit = ConcurrencyLimit {
    key: "transcriptions",
    name: "recordings being transcribed",
    of_a_person: 4,
    of_a_tenant: 16,
    lease: Duration::from_secs(600),
    retry_seconds: 30,
};

pub(crate) async fn transcribe(mut call: CallWith<Value>) -> Result<Json<Value>> {
    let length = audio_length(&call)?;
    let mut audio = call.bytes_within(MOST_AUDIO_BYTES + PARAMETERS_BYTES).await?;
    let parameters = audio.get(length..).ok_or_else(wrong_length)?;
    let parameters: WireTranscribe = api::parse(parameters)?;
    check(&parameters)?;
    audio.truncate(length);
    let recording = Recording { format: AudioFormat::check(&audio)?, audio, parameters };
    let context = call.granted()?;
    let permit = Permit::take(context).await?;
    let (work, targets) = match prepare(context, recording).await {
        Ok(prepared) => prepared,
        Err(problem) => {
            permit.leave().await;
            return Err(problem);
        }
    };
    context.cx.db.release().await;
    // The provider bills a recording that it was sent, whether or not the caller waits.
    let (sender, receiver) = oneshot::channel();
    task::spawn(async move {
        let answer = work.run(targets, &sender).await;
        permit.leave().await;
        let _ = sender.send(answer);
    });
    let answer = receiver
        .await
        .map_err(|_| Problem::internal("the task that asks the model ended without an answer"))?;
    test_provider::document(&answer)
}

/// What may be asked, with its worst case reserved.
async fn prepare(
    context: &GrantContext,
    recording: Recording,
) -> Result<(Transcription, Vec<ModelTarget>)> {
    let mut targets = target::open_transcribers(context).await?;
    let ledger = Ledger::reserve_transcription(context, &targets, &recording).await?;
    targets.retain(|target| ledger.may_ask(target.id));
    let work = Transcription::new(recording, Breakers::open().await, context, ledger)?;
    Ok((work, targets))
}

/// A place among the caller's recordings; none while Redis does not answer.
struct Permit(Option<(Redis, ConcurrencyPermit)>);

impl Permit {
    async fn take(context: &GrantContext) -> Result<Self> {
        let Some(Ok(redis)) = within(REDIS_LIMIT, Redis::open()).await else {
            return Ok(Self(None));
        };
        let namespace = context.cx.redis_namespace()?;
        let taken = ConcurrencyPermit::take(&redis, &RECORDINGS, namespace, context.user).await?;
        Ok(Self(Some((redis, taken))))
    }

    async fn leave(self) {
        if let Some((redis, taken)) = self.0 {
            taken.leave(&redis).await;
        }
    }
}

fn audio_length(call: &CallWith<Value>) -> Result<usize> {
    call.header(AUDIO_LENGTH).and_then(|text| text.parse().ok()).ok_or_else(wrong_length)
}

fn wrong_length() -> Problem {
    let detail =
        format!("{AUDIO_LENGTH}: expected the bytes of the recording, which begins the body");
    Problem::new(Code::InvalidHeader, detail)
}

fn check(parameters: &WireTranscribe) -> Result<()> {
    let is_within = |text: &Option<String>, most| text.as_ref().is_none_or(|it| it.len() <= most);
    if !is_within(&parameters.prompt, PROMPT_BYTES) {
        let detail = format!("expected at most {PROMPT_BYTES} bytes");
        return Err(Problem::invalid_field("/prompt", detail));
    }
    if !is_within(&parameters.language, LANGUAGE_BYTES) {
        let detail = format!("expected at most {LANGUAGE_BYTES} bytes");
        return Err(Problem::invalid_field("/language", detail));
    }
    Ok(())
}
