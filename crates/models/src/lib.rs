#![doc = include_str!("../README.md")]

mod allowed;
mod cache;
mod complete;
mod delta;
mod embed;
mod event_reader;
mod failure;
mod provider;
mod timeout;

pub use allowed::is_allowed_chat_model;
pub use complete::{Deltas, Message, Request, Role, complete_stream};
pub use delta::{Delta, parse as read_delta};
pub use embed::{QueryEmbedding, default_embedding_model, embed_batch, embed_query};
pub use event_reader::{EVENT_LIMIT, EventReader, EventTooLong};
pub use provider::{DIMENSIONS, Provider, Timeouts};
pub use timeout::within;
