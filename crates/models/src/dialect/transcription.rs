//! Transcription: a form of OpenAI's API, and the answers of every server in one shape.

use std::fmt;

use serde_json::Value;

use super::{
    Dialect, Endpoint, TokenUsage, azure,
    json::{count, count_in, document_within, items, text},
};
use crate::{AudioFormat, ErrorKind, ProviderError};

/// The most bytes of an answer.
pub const TRANSCRIPT_BYTES: usize = 4 << 20;
/// JSON values of an answer: hours of segments have more than other answers.
const MOST_VALUES: usize = 100_000;
/// The most seconds that a report counts: eleven days.
const MOST_SECONDS: f64 = 1_000_000.0;
/// What stands around the recording in a form.
const FORM_BYTES: usize = 64 << 10;

/// Speech to write down.
#[derive(Clone, PartialEq, Debug)]
pub struct TranscriptionRequest {
    /// The model, as the provider names it.
    pub model: String,
    /// Of the recording.
    pub format: AudioFormat,
    /// ISO 639-1, if it is known.
    pub language: Option<String>,
    /// Words and names that may come, or the text before.
    pub prompt: Option<String>,
    /// 0 to 1.
    pub temperature: Option<f64>,
    /// Whether to answer with segments.
    pub with_segments: bool,
}

/// A form that is ready to be sent.
#[derive(Clone, PartialEq)]
pub struct FormRequest {
    /// Absolute.
    pub url: String,
    /// Names in lower case, `content-type` among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What was said.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Transcript {
    /// The text; empty if no one speaks.
    pub text: String,
    /// As the provider names it.
    pub language: Option<String>,
    /// Seconds of the recording.
    pub duration: Option<f64>,
    /// In order, if they were asked for and the provider has them.
    pub segments: Vec<TranscriptSegment>,
    /// What is billed by token, if the provider counts tokens.
    pub tokens: Option<TokenUsage>,
    /// What is billed by second; none if the provider does not say.
    pub billed_seconds: Option<u64>,
}

/// A stretch of a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct TranscriptSegment {
    /// Seconds from the beginning.
    pub start: f64,
    /// Seconds from the beginning.
    pub end: f64,
    /// What is said.
    pub text: String,
}

impl Endpoint {
    /// The request of a transcription. `boundary`: random, so that no recording has it.
    ///
    /// # Errors
    /// `Unsupported` if the dialect has none.
    pub fn transcribe(
        &self,
        request: &TranscriptionRequest,
        audio: &[u8],
        boundary: &str,
    ) -> Result<FormRequest, ProviderError> {
        if !self.dialect.has_transcription() {
            return Err(self.unsupported("transcription"));
        }
        let path = match self.dialect {
            Dialect::AzureDated => azure::path(self, &request.model, "audio/transcriptions")?,
            _ => "audio/transcriptions".to_owned(),
        };
        let mut form = Form::new(boundary, audio.len());
        for (name, value) in self.form_fields(request) {
            if !self.refused.contains(name) {
                form.field(name, &value);
            }
        }
        let mut headers = self.headers("application/json");
        headers.push(("content-type", format!("multipart/form-data; boundary={boundary}")));
        let body = form.finish(request.format, audio);
        Ok(FormRequest { url: format!("{}/{path}", self.base_url), headers, body })
    }

    /// What is said beside the recording. Mistral has a closed list.
    fn form_fields(&self, request: &TranscriptionRequest) -> Vec<(&'static str, String)> {
        let is_mistral = self.dialect == Dialect::Mistral;
        let mut fields = vec![("model", request.model.clone())];
        match (is_mistral, request.with_segments) {
            (true, true) => fields.push(("timestamp_granularities", "segment".to_owned())),
            (true, false) => {}
            (false, true) => fields.push(("response_format", "verbose_json".to_owned())),
            (false, false) => fields.push(("response_format", "json".to_owned())),
        }
        let prompt = request.prompt.clone().filter(|_| !is_mistral);
        let temperature = request.temperature.map(|value| value.to_string());
        let optional = [
            ("language", request.language.clone()),
            ("prompt", prompt),
            ("temperature", temperature),
        ];
        fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        fields
    }

    /// Whether a form keeps its meaning without a field of this name.
    #[must_use]
    pub fn can_leave_out_of_form(name: &str) -> bool {
        matches!(name, "language" | "prompt" | "temperature")
    }
}

impl fmt::Debug for FormRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(f, "FormRequest({}, {names:?}, {} bytes)", self.url, self.body.len())
    }
}

/// A form under construction.
struct Form<'a> {
    boundary: &'a str,
    body: Vec<u8>,
}

impl<'a> Form<'a> {
    fn new(boundary: &'a str, audio: usize) -> Self {
        Self { boundary, body: Vec::with_capacity(audio.saturating_add(FORM_BYTES)) }
    }

    fn field(&mut self, name: &str, value: &str) {
        let part = format!(
            "--{}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n",
            self.boundary
        );
        self.body.extend_from_slice(part.as_bytes());
    }

    fn finish(mut self, format: AudioFormat, audio: &[u8]) -> Vec<u8> {
        let head = format!(
            "--{}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
            self.boundary,
            format.file_name(),
            format.media_type()
        );
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(audio);
        self.body.extend_from_slice(format!("\r\n--{}--\r\n", self.boundary).as_bytes());
        self.body
    }
}

impl Transcript {
    /// Reads an answer of any of the servers.
    ///
    /// # Errors
    /// `Unreadable` if it has no text; what the server reports.
    pub fn read(body: &[u8], content_type: &str) -> Result<Self, ProviderError> {
        if content_type.to_ascii_lowercase().starts_with("text/plain") {
            return plain(body);
        }
        let value = document_within(body, MOST_VALUES)?;
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return Err(ProviderError::from_object(&value));
        }
        let Some(said) = value.get("text").and_then(Value::as_str) else {
            return Err(unreadable("expected a document with a text, got another one"));
        };
        let usage = value.get("usage").filter(|usage| usage.is_object());
        let duration = value.get("duration").and_then(seconds);
        Ok(Self {
            text: said.trim().to_owned(),
            language: text(&value, "language").map(str::to_owned),
            duration,
            segments: items(&value, "segments")
                .iter()
                .filter_map(TranscriptSegment::read)
                .collect(),
            tokens: usage.and_then(tokens),
            billed_seconds: usage.and_then(billed).or(duration).map(whole),
        })
    }
}

impl TranscriptSegment {
    fn read(value: &Value) -> Option<Self> {
        let at = |name: &str| value.get(name).and_then(seconds);
        let said = value.get("text")?.as_str()?;
        Some(Self { start: at("start")?, end: at("end")?, text: said.to_owned() })
    }
}

/// Some servers answer in plain text, whatever they were asked for.
fn plain(body: &[u8]) -> Result<Transcript, ProviderError> {
    let said = std::str::from_utf8(body).map_err(|_| unreadable("expected text in UTF-8"))?.trim();
    if said.starts_with('<') || said.contains('\0') {
        return Err(unreadable("expected a text, got another document"));
    }
    // A server that does not know its own media type.
    if said.starts_with('{') {
        return Transcript::read(body, "application/json");
    }
    Ok(Transcript { text: said.to_owned(), ..Transcript::default() })
}

/// `{"type": "tokens", "input_tokens": …}`; Mistral writes `prompt_tokens`.
fn tokens(usage: &Value) -> Option<TokenUsage> {
    let found = TokenUsage {
        prompt: count(usage, "input_tokens").max(count(usage, "prompt_tokens")),
        prompt_audio: count_in(usage, "input_token_details", "audio_tokens"),
        completion: count(usage, "output_tokens").max(count(usage, "completion_tokens")),
        ..TokenUsage::default()
    };
    (found.prompt > 0 || found.completion > 0).then_some(found)
}

/// `{"type": "duration", "seconds": 3}`; Mistral writes `prompt_audio_seconds`.
fn billed(usage: &Value) -> Option<f64> {
    ["seconds", "prompt_audio_seconds"].iter().find_map(|name| usage.get(name).and_then(seconds))
}

/// Seconds as a number, or as a text with one.
fn seconds(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number >= 0.0).then_some(number.min(MOST_SECONDS))
}

/// A second that has begun counts.
fn whole(seconds: f64) -> u64 {
    format!("{:.0}", seconds.ceil()).parse().unwrap_or_default()
}

fn unreadable(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Unreadable, message)
}
