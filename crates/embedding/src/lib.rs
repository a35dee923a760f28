#![doc = include_str!("../README.md")]

mod answer;
mod embedder;
mod error;
mod model;
mod queue;
mod server;
mod simd;
mod tokenizer;

pub use embedder::{Embedded, Embedder, Options};
pub use error::{EmbedError, LoadError};
pub use model::{DIMENSIONS, MAX_TOKENS, Vector};
pub use queue::Lane;
pub use server::{ANSWER_MODEL, EMBEDDING_MODEL, router, serve};
pub use simd::InstructionSet;
pub use tokenizer::{Token, Tokenizer};
