//! The JSON between the gateway and its callers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    AnswerOptions, Attribution, ErrorKind, FailedModel, ProviderError, RetryAdvice, Sampling,
    TokenUsage,
};

/// A question.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireChat {
    /// Instructions, earlier turns, the question last.
    pub messages: Vec<WireMessage>,
    /// Pictures of the question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<WireImage>,
    /// How the model chooses its words.
    #[serde(default)]
    pub sampling: Sampling,
    /// Tools that it may call, and the form of its answer.
    #[serde(default, skip_serializing_if = "AnswerOptions::is_plain")]
    pub options: AnswerOptions,
    /// The most tokens of the answer; none: the model's own limit.
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// Where the question comes from.
    #[serde(default)]
    pub attribution: Attribution,
}

/// One message.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// Text; empty if the message has other parts.
    #[serde(default)]
    pub content: String,
    /// What is said, in order, if it is not only one text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<WirePart>,
}

/// A part of a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum WirePart {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture, in a message of the user.
    Image {
        /// `image/png`, `image/jpeg` or `image/webp`.
        media_type: String,
        /// Base64 with padding.
        base64: String,
    },
    /// The model called a tool, in a message of the assistant.
    ToolCall {
        /// Joins the call with its result.
        id: String,
        /// The tool.
        name: String,
        /// JSON as the model wrote it.
        arguments: String,
    },
    /// What the tool answered, in a message of the user.
    ToolResult {
        /// The id of the call.
        call_id: String,
        /// The tool.
        name: String,
        /// Text or JSON.
        content: String,
    },
}

/// A picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireImage {
    /// `image/png`, `image/jpeg` or `image/webp`.
    pub media_type: String,
    /// Base64 with padding.
    pub base64: String,
}

/// An event of an answer. The last one is `Done` or `Failed`.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WireEvent {
    /// The model that answers; before its first text, once.
    Model {
        /// Id of the row.
        id: String,
        /// As the provider names it.
        name: String,
        /// As people see it.
        title: String,
        /// Attempts that failed before, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attempts: Vec<WireAttempt>,
    },
    /// Text of the answer.
    Text {
        /// The delta.
        text: String,
    },
    /// Text that the model thinks aloud.
    Thinking {
        /// The delta.
        text: String,
    },
    /// A fragment of a call of a tool.
    ToolCall {
        /// The call within the answer, from 0.
        index: usize,
        /// In the first fragment.
        id: Option<String>,
        /// In the first fragment.
        name: Option<String>,
        /// To append to the arguments.
        arguments: String,
    },
    /// Tokens so far: each replaces the one before.
    Usage {
        /// All that went in.
        prompt: u64,
        /// Of these: read from the provider's cache.
        cached_read: u64,
        /// Of these: written into the provider's cache.
        cached_write: u64,
        /// All that came out.
        completion: u64,
        /// Of these: thoughts.
        reasoning: u64,
    },
    /// The model is done; [`crate::FinishReason::as_str`].
    Finish {
        /// Why.
        reason: String,
    },
    /// The answer failed; what came before is part of one.
    Failed {
        /// The last failure.
        failure: WireFailure,
        /// Attempts that failed, in order, the last included.
        attempts: Vec<WireAttempt>,
    },
    /// The answer is complete.
    Done {
        /// Attempts that failed before, in order.
        attempts: Vec<WireAttempt>,
    },
}

impl WireEvent {
    /// Usage as it is sent.
    #[must_use]
    pub fn usage(usage: &TokenUsage) -> Self {
        Self::Usage {
            prompt: usage.prompt,
            cached_read: usage.cached_read,
            cached_write: usage.cached_write,
            completion: usage.completion,
            reasoning: usage.reasoning,
        }
    }
}

/// A failure of a provider.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireFailure {
    /// [`ErrorKind::as_str`].
    pub kind: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What the provider says, cut short; empty if it may repeat a key.
    pub message: String,
    /// How long the provider or its circuit breaker asks to wait.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
}

impl From<&ProviderError> for WireFailure {
    fn from(error: &ProviderError) -> Self {
        Self {
            kind: error.kind.as_str().to_owned(),
            status: error.status,
            message: error.message.clone(),
            retry_after_ms: error
                .retry_after()
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl From<&WireFailure> for ProviderError {
    fn from(failure: &WireFailure) -> Self {
        let kind = ErrorKind::parse(&failure.kind).unwrap_or(ErrorKind::Server);
        let after = failure.retry_after_ms.map(Duration::from_millis);
        let advice = RetryAdvice { after, should_retry: None };
        Self { status: failure.status, advice, ..Self::new(kind, failure.message.as_str()) }
    }
}

/// An attempt that failed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct WireAttempt {
    /// Id of the row.
    pub model_id: String,
    /// As people see it; empty: the gateway is an older one.
    #[serde(default)]
    pub title: String,
    /// [`ErrorKind::as_str`].
    pub kind: String,
}

impl WireAttempt {
    /// Of the models that failed before the one with the id `answering`, each once with its last
    /// failure.
    pub(super) fn failed_models(attempts: &[Self], answering: &str) -> Vec<FailedModel> {
        let mut out: Vec<(&str, FailedModel)> = Vec::new();
        for attempt in attempts.iter().filter(|attempt| attempt.model_id != answering) {
            let kind = ErrorKind::parse(&attempt.kind).unwrap_or(ErrorKind::Server);
            match out.iter_mut().find(|(id, _)| *id == attempt.model_id) {
                Some((_, failed)) => failed.kind = kind,
                None => {
                    let title = attempt.title.clone();
                    out.push((&attempt.model_id, FailedModel { title, kind }));
                }
            }
        }
        out.into_iter().map(|(_, failed)| failed).collect()
    }
}

/// What is tested beside the provider itself.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireTest {
    /// A chat model, as the provider names it, which is asked one word.
    pub model: Option<String>,
}

/// The outcome of a test.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct WireChecks {
    /// In the order in which they were made; none after one that failed.
    pub checks: Vec<WireCheck>,
}

/// One check.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct WireCheck {
    /// `address`, `credential`, `models`, `model` or `streaming`.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was found: a code of `kernel::ReasonCode`. Empty: the gateway is an older one.
    #[serde(default)]
    pub reason: String,
    /// The value of the reason, if it has one.
    #[serde(default)]
    pub value: Option<String>,
    /// What was found, and what to do.
    pub detail: String,
}

/// The models of a provider, or why there is no list.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum WireList {
    /// The list.
    Models(Vec<WireListed>),
    /// What to do, for the administrator.
    Failed(String),
}

/// One model of the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct WireListed {
    /// As requests name it.
    pub name: String,
    /// As the provider shows it.
    pub title: String,
}

/// Texts that are ordered by their relevance to a query.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireRerank {
    /// What was searched for.
    pub query: String,
    /// The texts that were found.
    pub documents: Vec<String>,
    /// Where the query comes from.
    #[serde(default)]
    pub attribution: Attribution,
}

/// The order of texts, or why there is none.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum WireRanking {
    /// The places of the texts in the request, the most relevant first.
    Order(Vec<usize>),
    /// What went wrong with the provider.
    Failed(WireFailure),
}
