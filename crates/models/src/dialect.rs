//! The wire formats of providers: one request type, one event type, and a file for each format.
//! Pure: no I/O, no clock.

mod answer;
mod anthropic;
mod azure;
mod cohere;
mod embeddings;
mod endpoint;
mod event;
mod framing;
mod gemini;
mod json;
mod mistral;
mod model_list;
mod ollama;
mod openai_chat;
mod options;
mod reader;
mod request;
mod rerank;
mod responses;
mod thinking_tag;
mod transcription;

use crate::ModelKind;

pub use embeddings::{EmbedRequest, Embeddings, InputType};
pub use endpoint::{Endpoint, HttpRequest};
pub use event::{ChatEvent, FinishReason, ServiceTier, TokenUsage, ToolCallDelta};
pub use framing::BODY_LIMIT;
pub use model_list::ListedModel;
pub use options::{AnswerFormat, AnswerOptions, AnswerSchema, Tool, ToolChoice};
pub use reader::ChatReader;
pub use request::{
    ChatMessage, ChatRequest, Effort, Image, Opaque, Parameters, Part, Role, ToolCall, ToolResult,
};
pub use rerank::{RankedDocument, Ranking, RerankRequest};
pub use transcription::{
    FormRequest, TRANSCRIPT_BYTES, Transcript, TranscriptSegment, TranscriptionRequest,
};

/// A wire format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// OpenAI Chat Completions, at OpenAI.
    OpenAiChat,
    /// OpenAI Responses.
    OpenAiResponses,
    /// A server that speaks like Chat Completions: vLLM, Ollama, LiteLLM, OpenRouter, Berget, LM
    /// Studio, TGI.
    Compatible,
    /// Azure OpenAI, the v1 API.
    Azure,
    /// Azure OpenAI with deployments in the path and an `api-version`.
    AzureDated,
    /// Anthropic Messages.
    Anthropic,
    /// Google Gemini.
    Gemini,
    /// Mistral: Chat Completions with a closed list of members.
    Mistral,
    /// Ollama's own API.
    Ollama,
    /// Cohere v2: embeddings and rerank.
    Cohere,
    /// Jina, and vLLM's rerank: embeddings as OpenAI, rerank of its own.
    Jina,
    /// Hugging Face text-embeddings-inference: embeddings and rerank.
    TextEmbeddingsInference,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 12] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Compatible,
        Self::Azure,
        Self::AzureDated,
        Self::Anthropic,
        Self::Gemini,
        Self::Mistral,
        Self::Ollama,
        Self::Cohere,
        Self::Jina,
        Self::TextEmbeddingsInference,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai",
            Self::OpenAiResponses => "openai_responses",
            Self::Compatible => "compatible",
            Self::Azure => "azure",
            Self::AzureDated => "azure_dated",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Mistral => "mistral",
            Self::Ollama => "ollama",
            Self::Cohere => "cohere",
            Self::Jina => "jina",
            Self::TextEmbeddingsInference => "tei",
        }
    }

    /// The dialect of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }

    /// Dialects of one family understand each other's opaque data.
    #[must_use]
    pub fn family(self) -> &'static str {
        match self {
            Self::Azure | Self::AzureDated => Self::OpenAiChat.as_str(),
            other => other.as_str(),
        }
    }

    /// Whether it has chat models.
    #[must_use]
    pub fn has_chat(self) -> bool {
        !matches!(self, Self::Cohere | Self::Jina | Self::TextEmbeddingsInference)
    }

    /// Whether it has rerankers.
    #[must_use]
    pub fn has_rerank(self) -> bool {
        matches!(self, Self::Cohere | Self::Jina | Self::Compatible | Self::TextEmbeddingsInference)
    }

    /// Whether it has models that write down what is said.
    #[must_use]
    pub fn has_transcription(self) -> bool {
        matches!(
            self,
            Self::OpenAiChat
                | Self::OpenAiResponses
                | Self::Compatible
                | Self::Azure
                | Self::AzureDated
                | Self::Mistral
        )
    }

    /// Whether it has models of this kind that we ask.
    #[must_use]
    pub fn has(self, kind: ModelKind) -> bool {
        match kind {
            ModelKind::Chat => self.has_chat(),
            ModelKind::Rerank => self.has_rerank(),
            ModelKind::Transcription => self.has_transcription(),
            ModelKind::Embedding | ModelKind::Image => false,
        }
    }
}
