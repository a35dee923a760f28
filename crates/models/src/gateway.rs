//! The client of the gateway, and what goes between both. Callers never see a provider's bytes.

mod client;
mod message;
mod rerank;
mod transcribe;
mod wire;

pub(crate) use client::{GatewayEvents, ask};
pub use client::{ProviderCheck, list_models, test_provider};
pub use message::{PICTURE_BYTES, PICTURES_BYTES, PICTURES_LIMIT};
pub use rerank::{RerankFailure, rerank};
pub use transcribe::{
    AUDIO_LENGTH, PARAMETERS_BYTES, WireTranscribe, WireTranscript, WireTranscription, transcribe,
};
pub use wire::{
    WireAttempt, WireChat, WireCheck, WireChecks, WireEvent, WireFailure, WireImage, WireList,
    WireListed, WireMessage, WirePart, WireRanking, WireRerank, WireTest,
};

/// Where the gateway answers, unless the variable `gateway_url` says otherwise.
const URL: &str = "http://gateway.spin.internal";
/// The route of questions.
pub const CHAT: &str = "/internal/v1/chat";
/// The route of reranks.
pub const RERANK: &str = "/internal/v1/rerank";
/// The route of transcriptions.
pub const TRANSCRIBE: &str = "/internal/v1/transcribe";
/// The route of tests.
pub const TEST: &str = "/internal/v1/test";
/// The route of lists.
pub const LIST: &str = "/internal/v1/list-models";
