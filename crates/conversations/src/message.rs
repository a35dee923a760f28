//! Messages: questions and answers.

use kernel::{
    Code, Cursor, Page, PageRequest, Problem, Result, Timestamp,
    id::{ConversationId, MessageId},
};
use platform::Cx;

use crate::{
    Failure, Feedback, MessageAttachment, Source, conversation::get_conversation, source,
    store::messages as store,
};

/// The author of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A question.
    User,
    /// An answer.
    Assistant,
}

impl Role {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// Parses [`Role::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "user" { Self::User } else { Self::Assistant }
    }
}

/// The state of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Searching, or waiting for the model.
    Pending,
    /// The model writes.
    Streaming,
    /// Complete.
    Done,
    /// The user stopped it.
    Stopped,
    /// Failed; the text so far is kept.
    Failed,
}

impl Status {
    /// The spelling in the database and on the wire.
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

    /// Parses [`Status::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Streaming, Self::Done, Self::Stopped, Self::Failed]
            .into_iter()
            .find(|s| s.as_str() == text)
    }

    /// Whether the state is final.
    #[must_use]
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Streaming)
    }
}

/// Tokens of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: i32,
    /// Tokens of the completion.
    pub completion_tokens: i32,
}

/// A question or an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Id.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The message before it; none for the first one.
    pub parent_id: Option<MessageId>,
    /// Ids of the versions of this question or answer, oldest first; its own is among them.
    pub versions: Vec<MessageId>,
    /// The author.
    pub role: Role,
    /// Markdown.
    pub content: String,
    /// State.
    pub status: Status,
    /// The files that were attached to a question, in its order.
    pub attachments: Vec<MessageAttachment>,
    /// The sources in the prompt, numbered from 1.
    pub sources: Vec<Source>,
    /// Numbers of the sources that it cites, each once, in order of appearance.
    pub citations: Vec<i64>,
    /// Tokens, once they are known.
    pub usage: Option<Usage>,
    /// The model that answered.
    pub model: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The user's feedback.
    pub feedback: Option<Feedback>,
    /// Whether the answer is not settled although its process died.
    pub abandoned: bool,
    /// Creation time.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The order of a list of messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Oldest first.
    OldestFirst,
    /// Newest first: a long conversation opens at its end.
    NewestFirst,
}

/// The messages of a conversation on the path that is shown.
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
        // An empty page: only now the difference between no messages and no access matters.
        get_conversation(cx, conversation).await?;
    }
    Ok(Page::cut(items, total, request, |m| Cursor { at: m.created_at, id: m.id.0 }))
}

/// Sources with the caller's current rights; if a document was deleted or may not be read, only
/// number and ids are left.
///
/// # Errors
/// Database errors.
pub async fn readable_sources(cx: &Cx, mut sources: Vec<Source>) -> Result<Vec<Source>> {
    if !sources.is_empty() {
        let documents = sources.iter().map(|source| source.document_id.to_string()).collect();
        source::withhold(&mut sources, &store::readable(cx, documents).await?);
    }
    Ok(sources)
}

/// The failure of an answer whose process died.
pub(crate) fn died() -> Problem {
    Problem::new(
        Code::Unavailable,
        "the server stopped while it wrote this answer; the text so far is kept, ask again",
    )
}
