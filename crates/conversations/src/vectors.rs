//! The worker's side of the search by meaning: messages get vectors (ADR 47).

use kernel::{Result, id::MessageId};
use platform::Cx;

use crate::store::vectors as store;

/// Characters of a message that are embedded, from its beginning.
pub const MESSAGE_CHARS: i32 = 6_000;
/// The most chunks of a message.
pub const MESSAGE_CHUNKS: usize = 4;

/// A question or an answer that has ended and has no vectors yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueMessage {
    /// The message.
    pub id: MessageId,
    /// The beginning of its content.
    pub content: String,
}

/// A part of a message with its vector.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageChunk {
    /// The message.
    pub message: MessageId,
    /// Counted from 0.
    pub ordinal: usize,
    /// Where it begins, in characters of the content.
    pub start: usize,
    /// Where it ends (exclusive).
    pub end: usize,
    /// Its vector.
    pub embedding: Vec<f32>,
}

/// The newest messages of the tenant that are to be embedded.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn due_messages(cx: &Cx, limit: i64) -> Result<Vec<DueMessage>> {
    store::due(cx, limit).await
}

/// Stores the vectors of these messages, which `model` made; `messages` also names those without a
/// chunk. What another worker has stored meanwhile stays. Returns the number of messages that are
/// not due any more.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn store_vectors(
    cx: &Cx,
    model: &str,
    messages: &[MessageId],
    chunks: &[MessageChunk],
) -> Result<u64> {
    store::insert(cx, model, messages, chunks).await
}
