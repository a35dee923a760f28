#![doc = include_str!("../README.md")]

mod answer;
mod embedder;
mod error;
mod fair_queue;
mod fair_semaphore;
mod model;
mod models;
mod packed;
mod queue;
mod server;
mod simd;
mod spec;
mod token_bits;
mod tokenizer;

pub use embedder::{EmbedResult, Embedder, Options};
pub use error::{EmbedError, LoadError};
pub use model::{DIMENSIONS, MAX_TOKENS, Vector};
pub use models::Models;
pub use queue::Lane;
pub use server::{ANSWER_MODEL, Generator, Upstream, UpstreamResponse, router, serve};
pub use simd::InstructionSet;
pub use spec::{ALL_MINILM_L6_V2, InputType, MULTILINGUAL_E5_SMALL, ModelSpec};
pub use token_bits::TOKEN_BYTES;
pub use tokenizer::{Token, Tokenizer};
