//! Messages: questions and answers.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp,
    id::{ConversationId, MessageId},
};
use platform::Cx;

use crate::{Failure, Feedback, Source, conversation::get_conversation, source, store::messages as store};

/// Whose message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A question.
    User,
    /// An answer.
    Assistant,
}

impl Role {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// Reads [`Role::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "user" { Self::User } else { Self::Assistant }
    }
}

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Searching, or waiting for the model.
    Pending,
    /// The model writes.
    Streaming,
    /// All there.
    Done,
    /// The person stopped it.
    Stopped,
    /// Something failed; what was written is there.
    Failed,
}

impl Status {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Streaming => "streaming",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Reads [`Status::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Streaming, Self::Done, Self::Stopped, Self::Failed]
            .into_iter()
            .find(|s| s.as_str() == text)
    }

    /// Whether it will not change any more.
    #[must_use]
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Streaming)
    }
}

/// What an answer cost.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    /// Tokens that went in.
    pub prompt_tokens: i32,
    /// Tokens that came out.
    pub completion_tokens: i32,
}

/// A question or an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Id.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Whose.
    pub role: Role,
    /// Markdown.
    pub content: String,
    /// How far.
    pub status: Status,
    /// What the answer was given to rest on, numbered from 1.
    pub sources: Vec<Source>,
    /// Numbers of the sources that it cites, each once, in order of appearance.
    pub citations: Vec<i64>,
    /// What it cost, once that is known.
    pub usage: Option<Usage>,
    /// The model that answered.
    pub model: Option<String>,
    /// What failed.
    pub failure: Option<Failure>,
    /// What the person who asked thinks of it.
    pub feedback: Option<Feedback>,
    /// Whether nobody writes it any more although it is not settled: its process died.
    pub abandoned: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// In which order messages are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// As they were written.
    OldestFirst,
    /// The last one first: a long conversation opens at its end.
    NewestFirst,
}

/// The messages of a conversation.
///
/// # Errors
/// `not_found` if the conversation is not the caller's own.
pub async fn list_messages(
    cx: &Cx,
    conversation: ConversationId,
    order: Order,
    request: PageRequest,
) -> Result<Page<Message>> {
    let (items, total) = store::list(cx, conversation, order, request).await?;
    if items.is_empty() {
        // Nothing there, or nothing to see: only now it makes a difference.
        get_conversation(cx, conversation).await?;
    }
    Ok(Page::cut(items, total, request, |m| Cursor { at: m.created_at, id: m.id.0 }))
}

/// Sources as the caller may see them now; of those whose documents they may not read, or that were deleted, only numbers and ids are left.
///
/// # Errors
/// What the database says.
pub async fn readable_sources(cx: &Cx, mut sources: Vec<Source>) -> Result<Vec<Source>> {
    if !sources.is_empty() {
        let documents = sources.iter().map(|source| source.document_id.to_string()).collect();
        source::withhold(&mut sources, &store::readable(cx, documents).await?);
    }
    Ok(sources)
}

/// What an answer says whose process died.
pub(crate) fn died() -> Problem {
    Problem::new(
        Code::Unavailable,
        "the server stopped while it wrote this answer; what it wrote so far is kept, ask again",
    )
}
