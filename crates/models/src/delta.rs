//! What a conversation needs of an answer.

use crate::ToolCallDelta;

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
    Model(String),
    /// The model is done; why: `stop`, `length`, …
    Finish(String),
}
