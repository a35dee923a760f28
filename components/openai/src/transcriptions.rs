//! `POST /openai/v1/audio/transcriptions`: what is said in a recording.

use access::Scope;
use api::{Call, Json, Reply, Watch, kind, multipart};
use http::header;
use kernel::{Code, Problem, Result};
use models::{MOST_AUDIO_BYTES, Transcript, TranscriptSegment, recording_too_large};
use platform::serve;
use serde_json::{Value, json};

use crate::{
    list_models, providers,
    run::may_go_on,
    transcription_form::{ResponseFormat, TranscriptionForm},
};

/// What a form may have beside its recording.
const FORM_BYTES: usize = 2 * multipart::OUTSIDE_LIMIT;

type TranscriptReply = Reply<(kind::Bytes<kind::PlainText>, Json<Value>)>;

pub(crate) async fn create_transcription(mut call: Call) -> Result<TranscriptReply> {
    list_models::require(call.cx()?, Scope::ModelsUse)?;
    let boundary = boundary(&call)?;
    let body = call.take_body()?;
    let mut watch = Watch::of(&call)?;
    let cx = call.cx()?;
    let reading = watch.guard(&None, may_go_on, TranscriptionForm::read(body, &boundary));
    let form = cx.db.released_while(reading).await??;
    let shape = form.shape;
    let key = watch.credential().api_key();
    let grant = providers::transcribers(cx, &form.model).await?;
    let grant = grant.ok_or_else(|| list_models::no_such_model(&form.model))?;
    cx.db.release().await;
    let transcript =
        watch.guard(&None, may_go_on, providers::transcribe(&grant, form, key)).await??;
    match shape {
        ResponseFormat::Json => api::ok(&short(&transcript)).map(Reply::into_kind),
        ResponseFormat::Verbose => api::ok(&verbose(&transcript)).map(Reply::into_kind),
        ResponseFormat::Text => text(&transcript),
    }
}

/// The boundary of the form. A recording that is announced as too large is not read.
fn boundary(call: &Call) -> Result<String> {
    let kind = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if !api::is_media_type(kind, "multipart/form-data") {
        let got = if kind.is_empty() { "none" } else { kind };
        let detail = format!("expected content-type multipart/form-data, got {got:.100}");
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let announced = call.header(header::CONTENT_LENGTH.as_str()).and_then(|it| it.parse().ok());
    if announced.is_some_and(|length: usize| length > MOST_AUDIO_BYTES + FORM_BYTES) {
        return Err(recording_too_large());
    }
    multipart::boundary(kind)
}

fn text(transcript: &Transcript) -> Result<TranscriptReply> {
    http::Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(serve::full(format!("{}\n", transcript.text)))
        .map(Reply::new)
        .map_err(Problem::internal)
}

fn short(transcript: &Transcript) -> Value {
    let mut body = json!({ "text": transcript.text });
    if let (Some(usage), Some(members)) = (usage(transcript), body.as_object_mut()) {
        members.insert("usage".to_owned(), usage);
    }
    body
}

fn verbose(transcript: &Transcript) -> Value {
    let segment = |(at, it): (usize, &TranscriptSegment)| json!({ "id": at, "start": it.start, "end": it.end, "text": it.text });
    json!({
        "task": "transcribe",
        "language": transcript.language,
        "duration": transcript.duration,
        "text": transcript.text,
        "segments": transcript.segments.iter().enumerate().map(segment).collect::<Vec<_>>(),
        "usage": usage(transcript),
    })
}

/// In the form in which the provider counts; none if it does not.
fn usage(transcript: &Transcript) -> Option<Value> {
    if let Some(tokens) = &transcript.tokens {
        let text = tokens.prompt.saturating_sub(tokens.prompt_audio);
        return Some(json!({
            "type": "tokens",
            "input_tokens": tokens.prompt,
            "input_token_details": { "audio_tokens": tokens.prompt_audio, "text_tokens": text },
            "output_tokens": tokens.completion,
            "total_tokens": tokens.prompt.saturating_add(tokens.completion),
        }));
    }
    transcript.billed_seconds.map(|seconds| json!({ "type": "duration", "seconds": seconds }))
}
