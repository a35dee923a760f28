//! Messages: questions and answers.

use kernel::{
    Code, Page, PageRequest, Problem, Result, Timestamp,
    id::{ConversationId, MessageId},
};
use models::FailedModel;
use platform::Cx;
use serde_json::{Value, json};

use crate::{
    Failure, Feedback, ImportSource, LeftOut, Mentions, MessageAttachment, Source, TextSpan,
    conversation::get_conversation, source, store::messages as store, uncited,
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

/// Why an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FinishReason {
    /// The model had no more to say.
    Stop,
    /// The most tokens of an answer, or the window of the model, were reached.
    Length,
    /// A filter of the provider cut it off.
    ContentFilter,
    /// The model declined to answer.
    Refusal,
    /// It broke off: the connection, the provider or the server that wrote it failed.
    Truncated,
    /// What only one provider says.
    Other,
}

impl FinishReason {
    const ALL: [Self; 6] = [
        Self::Stop,
        Self::Length,
        Self::ContentFilter,
        Self::Refusal,
        Self::Truncated,
        Self::Other,
    ];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::Refusal => "refusal",
            Self::Truncated => "truncated",
            Self::Other => "other",
        }
    }

    /// Parses [`FinishReason::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// Of a model's own reason.
    #[must_use]
    pub fn of_model(reason: &str) -> Self {
        Self::parse(reason).unwrap_or(Self::Other)
    }

    /// Whether the answer lacks its end.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(self, Self::Length | Self::ContentFilter | Self::Truncated | Self::Other)
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

impl Usage {
    /// Of both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
        }
    }
}

/// What an answer cost its reader's organisation, all calls of models together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnswerCost {
    /// US dollars, as decimal text; none: nothing of it has a price.
    pub amount: Option<String>,
    /// Tokens were estimated, since a provider did not report them.
    pub is_estimated: bool,
    /// A model has no price: the amount is not all of it.
    pub is_unpriced: bool,
}

impl AnswerCost {
    pub(crate) fn write(&self) -> Value {
        json!({"usd": self.amount, "estimated": self.is_estimated, "unpriced": self.is_unpriced})
    }

    /// Parses [`AnswerCost::write`].
    pub(crate) fn read(stored: &Value) -> Option<Self> {
        Some(Self {
            amount: stored.get("usd")?.as_str().map(str::to_owned),
            is_estimated: stored.get("estimated")?.as_bool()?,
            is_unpriced: stored.get("unpriced")?.as_bool()?,
        })
    }
}

/// A question or an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Ids sort by the time of creation (UUID v7).
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
    /// What the question names.
    pub mentions: Mentions,
    /// State.
    pub status: Status,
    /// Why an answer ended, if that is known.
    pub finish_reason: Option<FinishReason>,
    /// What did not fit into the prompt of an answer.
    pub left_out: LeftOut,
    /// The files that were attached to a question, in its order.
    pub attachments: Vec<MessageAttachment>,
    /// The sources in the prompt, numbered from 1.
    pub sources: Vec<Source>,
    /// Numbers of the sources that it cites, each once, in order of appearance.
    pub citations: Vec<i64>,
    /// Tokens, once they are known.
    pub usage: Option<Usage>,
    /// What it cost, if the caller asked for it and the organisation shows that.
    pub cost: Option<AnswerCost>,
    /// The model that answered.
    pub model: Option<String>,
    /// Those that were to answer before it, in order.
    pub failed_models: Vec<FailedModel>,
    /// The product that it was brought along from.
    pub imported_from: Option<ImportSource>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The user's feedback.
    pub feedback: Option<Feedback>,
    /// Whether the answer is not settled although its process died.
    pub abandoned: bool,
    /// Of an imported message, the time in its export.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

impl Message {
    /// The sentences of a complete answer that cite none of its sources, the first 1 000 of them.
    #[must_use]
    pub fn uncited(&self) -> Vec<TextSpan> {
        match (self.role, self.status) {
            (Role::Assistant, Status::Done) => {
                uncited::of_answer(&self.content, self.sources.len(), self.model.as_deref())
            }
            _ => Vec::new(),
        }
    }

    /// An abandoned answer as it is shown, also before a request has marked its row.
    pub(crate) fn interrupted(self, request_id: &str) -> Self {
        Self {
            status: Status::Failed,
            finish_reason: Some(FinishReason::Truncated),
            failure: Some(Failure::new(&died(), request_id)),
            ..self
        }
    }
}

/// The order of a list of messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Oldest first.
    OldestFirst,
    /// Newest first: a long conversation opens at its end.
    NewestFirst,
}

/// The messages of a conversation on the path that is shown. A page ends sooner than requested where
/// its messages are long.
///
/// # Errors
/// `not_found` if the conversation is not the caller's own.
pub async fn list_messages(
    cx: &Cx,
    conversation: ConversationId,
    order: Order,
    request: PageRequest,
) -> Result<Page<Message>> {
    let page = store::list(cx, conversation, order, request).await?;
    if page.items.is_empty() {
        // An empty page: only now the difference between no messages and no access matters.
        get_conversation(cx, conversation).await?;
    }
    Ok(page)
}

/// Sources with the caller's current rights; if a document was deleted or may not be read, only
/// number and ids are left.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
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
        Code::AnswerInterrupted,
        "the server stopped while it wrote this answer; the text so far is kept: continue it, or have it written again",
    )
}
