//! What a chat model answers, in no provider's words.

use crate::ProviderError;

use super::Opaque;

/// A delta of an answer, whatever the provider.
#[derive(Clone, PartialEq, Debug)]
pub enum ChatEvent {
    /// Text of the answer.
    Text(String),
    /// Text that the model thinks aloud.
    Thinking(String),
    /// A fragment of a tool call.
    ToolCall(ToolCallDelta),
    /// Data to store with the message, in this place, and to send back.
    Opaque(Opaque),
    /// The model that answers, as the provider names it; once.
    Model(String),
    /// Tokens so far: each replaces the one before.
    Usage(TokenUsage),
    /// The model is done.
    Finish(FinishReason),
    /// The answer is over and failed; nothing follows. What came before it is part of an answer.
    Failed(ProviderError),
}

/// A fragment of a tool call. Fragments of one call have one index; calls may come interleaved.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ToolCallDelta {
    /// The call within the answer, from 0 without gaps, whatever the provider counts.
    pub index: usize,
    /// In the first fragment; made of the index where the provider names none.
    pub id: Option<String>,
    /// In the first fragment.
    pub name: Option<String>,
    /// To append to the arguments.
    pub arguments: String,
    /// To store with the call and to send back.
    pub opaque: Option<Opaque>,
}

/// Why the model stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FinishReason {
    /// It had no more to say, or wrote a stop text.
    Stop,
    /// The most tokens of the answer, or the context window, were reached.
    Length,
    /// It waits for results of tools.
    ToolCalls,
    /// A filter of the provider cut the answer off.
    ContentFilter,
    /// The model declines to answer.
    Refusal,
    /// The provider paused a long turn: send the conversation again to continue.
    Paused,
    /// What only one provider says, in its words.
    Other(String),
}

impl FinishReason {
    /// The name that is stored and sent to clients.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Refusal => "refusal",
            Self::Paused => "paused",
            Self::Other(reason) => reason,
        }
    }
}

/// The tier that a provider served and bills, which need not be the one that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ServiceTier {
    /// List prices.
    #[default]
    Default,
    /// Cheaper and slower.
    Flex,
    /// Dearer and faster.
    Priority,
    /// Cheaper, within a day.
    Batch,
}

impl ServiceTier {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "flex" => Self::Flex,
            "priority" | "fast" => Self::Priority,
            "batch" => Self::Batch,
            _ => Self::Default,
        }
    }
}

/// Tokens of one call of a provider, normalised: the same words mean the same for every provider.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TokenUsage {
    /// All tokens that went in, those of the cache included.
    pub prompt: u64,
    /// Of these: read from the provider's cache.
    pub cached_read: u64,
    /// Of these: written into the provider's cache, for however long.
    pub cached_write: u64,
    /// Of the written: kept for an hour, which has a price of its own.
    pub cached_write_hour: u64,
    /// Of the prompt: sound.
    pub prompt_audio: u64,
    /// Of the prompt: pictures, if the provider counts them apart.
    pub prompt_image: u64,
    /// All tokens that came out, thoughts included.
    pub completion: u64,
    /// Of these: thoughts.
    pub reasoning: u64,
    /// Of the completion: sound.
    pub completion_audio: u64,
    /// Of the completion: pictures.
    pub completion_image: u64,
    /// What the provider bills by.
    pub tier: ServiceTier,
}

impl TokenUsage {
    /// The larger of each number: counts are cumulative, and a later event may leave some out.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.max(other.prompt),
            cached_read: self.cached_read.max(other.cached_read),
            cached_write: self.cached_write.max(other.cached_write),
            cached_write_hour: self.cached_write_hour.max(other.cached_write_hour),
            prompt_audio: self.prompt_audio.max(other.prompt_audio),
            prompt_image: self.prompt_image.max(other.prompt_image),
            completion: self.completion.max(other.completion),
            reasoning: self.reasoning.max(other.reasoning),
            completion_audio: self.completion_audio.max(other.completion_audio),
            completion_image: self.completion_image.max(other.completion_image),
            tier: if other.tier == ServiceTier::Default { self.tier } else { other.tier },
        }
    }
}
