//! What the body of an error says, in whichever of the shapes that providers and proxies have.

use std::time::Duration;

use serde_json::Value;

use crate::{ErrorKind, retry_after};

/// How deep an error is looked for inside errors: some gateways quote the one that they got.
const DEPTH: usize = 4;
/// Bytes of a body that are read for its error.
const READ_BYTES: usize = 64 << 10;

/// An error of a provider, its words brought together.
#[derive(Default, Debug)]
pub(crate) struct ErrorBody {
    /// `type`, `code`, `status` and the like, in lower case.
    words: Vec<String>,
    message: String,
    parameter: Option<String>,
    /// An HTTP status in the body, where the answer's own was a success.
    status: Option<u16>,
    pub(crate) retry_after: Option<Duration>,
}

impl ErrorBody {
    pub(crate) fn of_bytes(body: &[u8]) -> Self {
        let body = body.get(..READ_BYTES).unwrap_or(body);
        match serde_json::from_slice(body) {
            Ok(value) => Self::of_value(&value),
            // HTML of a proxy says nothing that helps; a plain text may.
            Err(_) => {
                let text = String::from_utf8_lossy(body).trim().to_owned();
                Self {
                    message: if text.starts_with('<') { String::new() } else { text },
                    ..Self::default()
                }
            }
        }
    }

    pub(crate) fn of_value(value: &Value) -> Self {
        let mut out = Self::default();
        out.read(value, DEPTH);
        out
    }

    fn read(&mut self, value: &Value, depth: usize) {
        match value {
            Value::String(text) => self.read_text(text, depth),
            // Gemini's compatible endpoint wraps the error in an array; FastAPI lists what is
            // wrong.
            Value::Array(items) => {
                items.iter().take(3).for_each(|item| self.read_deeper(item, depth))
            }
            Value::Object(members) => {
                for name in ["code", "type", "status", "error_type", "reason"] {
                    match members.get(name) {
                        Some(Value::String(word)) => self.words.push(word.to_lowercase()),
                        Some(Value::Number(number)) => {
                            self.status =
                                self.status.or(number.as_u64().and_then(|n| u16::try_from(n).ok()));
                        }
                        _ => {}
                    }
                }
                self.parameter = self
                    .parameter
                    .take()
                    .or_else(|| members.get("param")?.as_str().map(str::to_owned));
                self.read_location(value);
                let wait = value
                    .pointer("/availability/retry_after")
                    .or_else(|| members.get("retry_after"));
                let wait = wait
                    .and_then(retry_after::seconds_value)
                    .or_else(|| retry_after::duration_text(members.get("retryDelay")?.as_str()?));
                self.retry_after = self.retry_after.or(wait);
                for name in [
                    "error",
                    "message",
                    "detail",
                    "details",
                    "errors",
                    "msg",
                    "metadata",
                    "innererror",
                ] {
                    if let Some(inner) = members.get(name) {
                        self.read_deeper(inner, depth);
                    }
                }
            }
            _ => {}
        }
    }

    fn read_deeper(&mut self, value: &Value, depth: usize) {
        if depth > 0 {
            self.read(value, depth - 1);
        }
    }

    fn read_text(&mut self, text: &str, depth: usize) {
        // Mistral and some gateways put the error's JSON into the message.
        if text.starts_with('{')
            && let Ok(inner @ Value::Object(_)) = serde_json::from_str(text)
        {
            return self.read_deeper(&inner, depth);
        }
        if !self.message.is_empty() {
            self.message.push_str("; ");
        }
        self.message.push_str(text);
    }

    /// `loc: ["body", "stream_options"]` of FastAPI.
    fn read_location(&mut self, value: &Value) {
        let location = value.get("loc").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let member = location.iter().filter_map(Value::as_str).find(|word| *word != "body");
        self.parameter = self.parameter.take().or_else(|| member.map(str::to_owned));
    }

    /// For the log: words, then the message.
    pub(crate) fn summary(&self) -> String {
        format!("{} {}", self.words.join(" "), self.message)
    }

    /// The top-level member of the request that is not taken.
    pub(crate) fn refused_parameter(&self) -> Option<String> {
        let named = self.parameter.clone().or_else(|| self.quoted_name())?;
        let top: String =
            named.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let lower = self.message.to_lowercase();
        let refused = [
            "unsupported",
            "not supported",
            "unrecognized",
            "unknown",
            "extra",
            "not permitted",
            "unexpected",
        ];
        let is_refused = refused.iter().any(|word| lower.contains(word))
            || self
                .words
                .iter()
                .any(|word| word.contains("unsupported") || word.contains("extra_forbidden"));
        (is_refused && !top.is_empty()).then_some(top)
    }

    /// The first name in quotes: `Unsupported parameter: 'max_tokens' …`, `Unknown name "seed"`.
    fn quoted_name(&self) -> Option<String> {
        let name = self.message.split(['\'', '"', '`']).nth(1)?;
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then(|| name.to_owned())
    }

    /// What it is, by its words first: they are more exact than the status.
    pub(crate) fn kind(&self, status: Option<u16>) -> ErrorKind {
        let status = status.or(self.status);
        let message = self.message.to_lowercase();
        let word = |parts: &[&str]| {
            self.words.iter().any(|word| parts.iter().any(|part| word.contains(part)))
        };
        let phrase = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
        // Limits of a minute speak of too many tokens, too.
        let may_be_length = matches!(status, None | Some(400 | 413 | 422));
        if word(CONTEXT_WORDS) || (may_be_length && phrase(CONTEXT_PHRASES)) {
            ErrorKind::ContextLength
        } else if word(FILTER_WORDS) || (status == Some(400) && phrase(FILTER_PHRASES)) {
            ErrorKind::ContentFilter
        } else if word(&["insufficient_quota", "billing", "payment_required"])
            || status == Some(402)
        {
            ErrorKind::Billing
        } else if word(&["invalid_api_key", "api_key_invalid", "authentication", "unauthenticated"])
            || status == Some(401)
            || phrase(&["api key not valid"])
        {
            ErrorKind::Authentication
        } else if word(&["permission"]) || status == Some(403) {
            ErrorKind::Permission
        } else if word(&["model_not_found", "deploymentnotfound", "invalid_model"])
            || (matches!(status, Some(400 | 404 | 422))
                && phrase(&["model"])
                && phrase(MISSING_PHRASES))
        {
            ErrorKind::ModelMissing
        } else if word(&["overloaded", "provider_unavailable"]) {
            ErrorKind::Overloaded
        } else if word(&["rate_limit", "resource_exhausted", "too_many_requests"]) {
            ErrorKind::RateLimited
        } else {
            status.map_or_else(|| self.kind_by_words(), kind_by_status)
        }
    }

    fn kind_by_words(&self) -> ErrorKind {
        let word = |part: &str| self.words.iter().any(|word| word.contains(part));
        if word("timeout") {
            ErrorKind::Timeout
        } else if word("invalid_request") || word("invalid_argument") {
            ErrorKind::Invalid
        } else {
            ErrorKind::Server
        }
    }
}

fn kind_by_status(status: u16) -> ErrorKind {
    match status {
        300..=399 | 404 | 405 | 410 => ErrorKind::WrongPath,
        408 | 504 => ErrorKind::Timeout,
        409 | 425 => ErrorKind::Conflict,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited,
        // 424: the model behind a text-embeddings-inference server.
        424 | 500..=502 | 505..=528 => ErrorKind::Server,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::Invalid,
        _ => ErrorKind::Server,
    }
}

const CONTEXT_WORDS: &[&str] = &[
    "context_length",
    "max_tokens_exceeded",
    "token_limit_exceeded",
    "exceed_context_size",
    "model_context_window_exceeded",
];
const CONTEXT_PHRASES: &[&str] = &[
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "input token count",
    "maximum number of tokens",
];
const FILTER_WORDS: &[&str] = &[
    "content_filter",
    "content_policy",
    "responsibleaipolicy",
    "invalid_prompt",
    "bio_policy",
    "moderation",
];
const FILTER_PHRASES: &[&str] = &["content management policy", "content filter", "safety system"];
const MISSING_PHRASES: &[&str] = &[
    "not found",
    "does not exist",
    "not exist",
    "unknown model",
    "invalid model",
    "no such model",
    "try pulling",
];
