//! What a conversation needs of an answer.

use crate::{ErrorKind, ToolCallDelta};

/// A model that was to answer and did not, so that another one did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedModel {
    /// As people see it.
    pub title: String,
    /// Its last failure.
    pub kind: ErrorKind,
}

/// A delta of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Delta {
    /// Text of the answer.
    Content(String),
    /// Text that the model thinks aloud.
    Thinking(String),
    /// A fragment of a call of one of the client's tools.
    ToolCall(ToolCallDelta),
    /// Tokens so far: each replaces the one before.
    Usage {
        /// Tokens that went in.
        prompt_tokens: i32,
        /// Tokens that came out.
        completion_tokens: i32,
    },
    /// The row that answers, before its first text; not from the provider of the variables.
    Model {
        /// As people see it.
        title: String,
        /// The rows that were to answer before it, in order.
        failed: Vec<FailedModel>,
    },
    /// The model is done; why: `stop`, `length`, …
    Finish(String),
}
