//! A conversation that is ready to be stored.

use conversations::{ImportSource, Role};
use kernel::Timestamp;

/// About what a message takes in the database beside its text.
const MESSAGE_BYTES: usize = 1_000;

/// A conversation of another product, as one of ours.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportedConversation {
    /// The product.
    pub source: ImportSource,
    /// SHA-256 of the product and the id there.
    pub key: Vec<u8>,
    /// 1 to 200 characters.
    pub title: String,
    /// Tags as there; those that cannot be tags here are left out.
    pub tags: Vec<String>,
    /// Creation time there.
    pub created_at: Timestamp,
    /// Time of the last change there.
    pub updated_at: Timestamp,
    /// Parents before what is below them; at least one.
    pub messages: Vec<ImportedMessage>,
    /// The end of the path that is shown, among the messages.
    pub head: usize,
}

impl ImportedConversation {
    /// About how many bytes it takes in the database.
    pub(crate) fn stored_bytes(&self) -> i64 {
        let text: usize =
            self.messages.iter().map(|message| message.content.len() + MESSAGE_BYTES).sum();
        i64::try_from(text).unwrap_or(i64::MAX)
    }
}

/// A question or an answer of another product.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportedMessage {
    /// The message before it, among the messages.
    pub parent: Option<usize>,
    /// Number of messages from the first one to it.
    pub depth: i32,
    /// The author.
    pub role: Role,
    /// Markdown.
    pub content: String,
    /// The model that answered, by its name there.
    pub model: Option<String>,
    /// Creation time there.
    pub at: Timestamp,
}
