//! `POST /internal/v1/transcribe`: the models of a grant write down what is said in a recording.

use api::{CallWith, Json};
use catalogue::target;
use futures::channel::oneshot;
use kernel::{Code, Problem, Result};
use models::{
    AUDIO_BYTES, AudioFormat, Breakers,
    gateway::{AUDIO_LENGTH, PARAMETERS_BYTES, WireTranscribe},
};
use platform::task;
use serde_json::Value;

use crate::{
    ledger::Ledger,
    test_provider,
    transcription::{Recording, Transcription},
};

/// Bytes of a prompt, and of the name of a language.
const PROMPT_BYTES: usize = 16 << 10;
const LANGUAGE_BYTES: usize = 40;

pub(crate) async fn transcribe(mut call: CallWith<Value>) -> Result<Json<Value>> {
    let length = audio_length(&call)?;
    let mut audio = call.bytes_within(AUDIO_BYTES + PARAMETERS_BYTES).await?;
    let parameters = audio.get(length..).ok_or_else(wrong_length)?;
    let parameters: WireTranscribe = api::parse(parameters)?;
    check(&parameters)?;
    audio.truncate(length);
    let recording = Recording { format: AudioFormat::check(&audio)?, audio, parameters };
    let context = call.granted()?;
    let mut targets = target::open_transcribers(context).await?;
    let ledger = Ledger::reserve_transcription(context, &targets, &recording).await?;
    targets.retain(|target| ledger.may_ask(target.id));
    context.cx.db.release().await;
    let work = Transcription::new(recording, Breakers::open().await, context, ledger)?;
    // The provider bills a recording that it was sent, whether or not the caller waits.
    let (sender, receiver) = oneshot::channel();
    task::spawn(async move {
        let answer = work.run(targets, &sender).await;
        let _ = sender.send(answer);
    });
    let answer = receiver
        .await
        .map_err(|_| Problem::internal("the task that asks the model ended without an answer"))?;
    test_provider::document(&answer)
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
