//! What went wrong with a provider, classified: what a retry helps, what another model helps, and
//! what a person must change. Pure.

use std::{fmt, time::Duration};

use kernel::Timestamp;
use serde_json::Value;

use crate::{error_body::ErrorBody, retry_after::RetryAdvice};

/// Characters of a provider's message that are kept.
const MESSAGE_CHARS: usize = 300;

/// What a failure of a provider is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// No connection: name, TLS, refused, reset.
    Connection,
    /// No answer in time, or the provider says so.
    Timeout,
    /// The stream ended without a finish reason or terminal event.
    Truncated,
    /// What came is no answer: HTML of a proxy, another protocol.
    Unreadable,
    /// An answer or an event beyond the bounds.
    TooLong,
    /// The key is missing, wrong or expired.
    Authentication,
    /// The key is right and may not do this.
    Permission,
    /// The account has no money or quota left.
    Billing,
    /// The address is no such API.
    WrongPath,
    /// The provider does not have the model.
    ModelMissing,
    /// The question is longer than the model's window.
    ContextLength,
    /// A filter refused the question.
    ContentFilter,
    /// The body is too large, often by pictures.
    TooLarge,
    /// The provider refuses the request for another reason.
    Invalid,
    /// What was asked for has no form in this dialect; nothing was sent.
    Unsupported,
    /// A conflict at the provider, which passes.
    Conflict,
    /// Too many requests or tokens.
    RateLimited,
    /// The provider has too much to do.
    Overloaded,
    /// A fault of the provider.
    Server,
    /// The model kept failing, so it was not asked.
    CircuitOpen,
}

/// What another model in an alias helps against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailOver {
    /// None: the request or the configuration is wrong.
    No,
    /// Any other model.
    Any,
    /// A model with a larger window.
    LargerWindow,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Connection,
        Self::Timeout,
        Self::Truncated,
        Self::Unreadable,
        Self::TooLong,
        Self::Authentication,
        Self::Permission,
        Self::Billing,
        Self::WrongPath,
        Self::ModelMissing,
        Self::ContextLength,
        Self::ContentFilter,
        Self::TooLarge,
        Self::Invalid,
        Self::Unsupported,
        Self::Conflict,
        Self::RateLimited,
        Self::Overloaded,
        Self::Server,
        Self::CircuitOpen,
    ];

    /// The name that the gateway sends and the log has.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::Unreadable => "unreadable",
            Self::TooLong => "too_long",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::Billing => "billing",
            Self::WrongPath => "wrong_path",
            Self::ModelMissing => "model_missing",
            Self::ContextLength => "context_length",
            Self::ContentFilter => "content_filter",
            Self::TooLarge => "too_large",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::CircuitOpen => "circuit_open",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether the same request may succeed if it is sent again.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Connection
                | Self::Timeout
                | Self::Truncated
                | Self::Conflict
                | Self::RateLimited
                | Self::Overloaded
                | Self::Server
        )
    }

    /// Whether the provider is at fault for everyone who asks: what a circuit breaker counts. A
    /// limit of requests is not: it says itself how long to wait.
    #[must_use]
    pub fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Connection
                | Self::Timeout
                | Self::Truncated
                | Self::Unreadable
                | Self::Overloaded
                | Self::Server
        )
    }

    /// Whether another model may answer instead.
    #[must_use]
    pub fn fail_over(self) -> FailOver {
        match self {
            Self::ContextLength => FailOver::LargerWindow,
            // A proxy's page instead of an answer is an outage that does not pass by itself.
            Self::Unreadable | Self::CircuitOpen => FailOver::Any,
            kind if kind.is_transient() => FailOver::Any,
            _ => FailOver::No,
        }
    }
}

/// A failure of a provider.
#[derive(Clone, PartialEq)]
pub struct ProviderError {
    /// What it is.
    pub kind: ErrorKind,
    /// The status of the answer, if the failure came with one.
    pub status: Option<u16>,
    /// What the provider says, cut short; for the log and for administrators. Empty if it may
    /// repeat a key.
    pub message: String,
    /// The member of the request that the provider does not take, if it names one.
    pub parameter: Option<String>,
    /// What it says about trying again.
    pub advice: RetryAdvice,
}

impl ProviderError {
    /// A failure that we saw ourselves.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            message: cut(&message.into()),
            parameter: None,
            advice: RetryAdvice::default(),
        }
    }

    /// An answer with a status that is no success. `header` gives a field by its lower-case name;
    /// `now` is for dates in fields.
    #[must_use]
    pub fn from_response<'h>(
        status: u16,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        let parsed = ErrorBody::of_bytes(body);
        let advice = RetryAdvice::from_headers(status, &header, now).or(parsed.retry_after);
        Self::classified(Some(status), &parsed, advice)
    }

    /// An error object within an answer whose status was a success.
    #[must_use]
    pub fn from_object(error: &Value) -> Self {
        let parsed = ErrorBody::of_value(error);
        let advice = RetryAdvice::default().or(parsed.retry_after);
        Self::classified(None, &parsed, advice)
    }

    fn classified(status: Option<u16>, body: &ErrorBody, advice: RetryAdvice) -> Self {
        let kind = body.kind(status);
        // An answer that refuses a key may repeat the key.
        let message = if matches!(kind, ErrorKind::Authentication | ErrorKind::Permission) {
            String::new()
        } else {
            cut(&body.summary())
        };
        let parameter = (kind == ErrorKind::Invalid).then(|| body.refused_parameter()).flatten();
        Self { kind, status, message, parameter, advice }
    }

    /// How long the provider asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.advice.after
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => {
                write!(f, "provider answered {status} ({:?}) {}", self.kind, self.message)
            }
            None => write!(f, "provider failed ({:?}) {}", self.kind, self.message),
        }
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} parameter={:?} advice={:?}", self.parameter, self.advice)
    }
}

impl std::error::Error for ProviderError {}

fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS).collect::<String>().trim().to_owned()
}
