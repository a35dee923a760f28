#![doc = include_str!("../README.md")]

mod allowed;
mod attribution;
mod audio;
mod breaker;
mod cache;
mod catalogue;
mod chat_model;
mod complete;
mod cost;
mod delta;
mod dialect;
mod embed;
mod error;
mod error_body;
mod event_reader;
mod failure;
pub mod gateway;
mod price;
mod provider;
mod retry;
mod retry_after;
mod sampling;
mod timeout;
mod tokenizer;
mod transport;

pub use allowed::{allowed_chat_models, is_allowed_chat_model};
pub use attribution::{Attribution, CallPurpose};
pub use audio::{AudioFormat, MOST_AUDIO_BYTES, recording_too_large};
pub use breaker::{BreakerPolicy, BreakerState, Breakers};
pub use catalogue::{Capability, Catalogue, CatalogueIndex, KnownModel, KnownProvider, ModelKind};
pub use chat_model::{ChatModel, ModelRows};
pub use complete::{
    Deltas, IMAGE_TOKENS, MOST_IMAGE_TOKENS, Message, Request, complete_stream, show,
};
pub use cost::{LongPrompt, MissingPrice, PriceList, PriceName, Prices, TierPrices};
pub use delta::{Delta, FailedModel};
pub use dialect::{
    AnswerFormat, AnswerOptions, AnswerSchema, BODY_LIMIT, ChatEvent, ChatMessage, ChatReader,
    ChatRequest, Dialect, Effort, EmbedRequest, Embeddings, Endpoint, FinishReason, FormRequest,
    HttpRequest, Image, InputType, ListedModel, Opaque, Parameters, Part, RankedDocument, Ranking,
    RerankRequest, Role, ServiceTier, TRANSCRIPT_BYTES, TokenUsage, Tool, ToolCall, ToolCallDelta,
    ToolChoice, ToolResult, Transcript, TranscriptSegment, TranscriptionRequest,
};
pub use embed::{QueryEmbedding, TextEmbedding, default_embedding_model, embed_batch, embed_query};
pub use error::{ErrorKind, FailOver, ProviderError};
pub use event_reader::{EVENT_LIMIT, EventReader, EventTooLong};
pub use price::{Cost, DECIMALS, Price};
pub use provider::{DIMENSIONS, Provider, Timeouts};
pub use retry::{NextStep, RetryPolicy};
pub use retry_after::RetryAdvice;
pub use sampling::Sampling;
pub use timeout::within;
pub use tokenizer::Tokenizer;
pub use transport::{TransportFault, transport_error};
