//! A question: who may ask, and what is stored before the first byte of the answer.

use std::sync::Arc;

use access::CredentialId;
use assistants::Assistant;
use credentials::{GrantPurpose, ModelGrant};
use futures::channel::mpsc;
use kernel::{
    Code, Problem, Result,
    id::{AssistantId, ConversationId, MessageId, SpaceId},
    text,
};
use models::{ChatModel, ModelRows, Provider};
use platform::Cx;
use spaces::Action;

use crate::{
    EventId, Events,
    answer::{self, Answer},
    conversation, follow, message,
    retrieve::Retrieval,
    store::{messages, running as store},
    title,
};

/// The models that an answer needs.
#[derive(Clone, Debug)]
pub struct Models {
    /// Writes the answer.
    pub chat: Provider,
    /// Embeds the question.
    pub embedding: Provider,
}

impl Models {
    /// The models of the configuration.
    ///
    /// # Errors
    /// `internal` if the configuration cannot be read.
    pub async fn from_config() -> Result<Self> {
        Ok(Self { chat: Provider::chat().await?, embedding: Provider::embedding().await? })
    }
}

/// Marks a repeated request as the same: it gets the first one's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// The client's idempotency key.
    pub key: String,
    /// A fingerprint of the request.
    pub request_hash: Vec<u8>,
}

/// A question to an assistant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The conversation.
    pub conversation: ConversationId,
    /// 1 to 32 000 characters, not only blanks.
    pub content: String,
    /// The client's idempotency key, if it sent one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The credential of the request: when it ends, the answer ends.
    pub credential: CredentialId,
}

/// Stores question and answer and starts a task that writes the answer; the task continues if the
/// caller goes.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`, `answer_running`, `idempotency_mismatch`.
pub async fn ask(cx: Cx, models: Models, question: Question) -> Result<Events> {
    let content = checked_question("/content", &question.content)?;
    let conversation = conversation::get_conversation(&cx, question.conversation).await?;
    let assistant = askable(&cx, conversation.assistant_id).await?;
    // A conversation without a title has no turns yet.
    let turns = match conversation.title {
        None => Vec::new(),
        Some(_) => messages::turns(&cx, conversation.id).await?,
    };
    let chat = chat_model(&cx, models.chat, &assistant).await?;
    // The question is embedded while the rows are written.
    let retrieval = Retrieval::begin(&cx, models.embedding, &assistant, &content, turns.first()).await?;
    let title = title::from_question(&content);
    let new = store::NewAnswer {
        conversation: conversation.id,
        question_id: cx.new_id()?,
        answer_id: cx.new_id()?,
        question: &content,
        title: &title,
        idempotency_key: question.idempotency_key.as_ref(),
    };
    if !start_or_mark_dead(&cx, &new).await? {
        let Some(key) = &question.idempotency_key else {
            return Err(Problem::internal("no answer was begun and no key was given"));
        };
        let first = store::first_answer(&cx, key).await?;
        return follow::follow(cx, first, EventId::default()).await;
    }
    let message: MessageId = new.answer_id;
    let (to_client, events) = mpsc::unbounded();
    let answer = Answer {
        cx: Arc::new(cx),
        message,
        new_title: conversation.title.is_none().then_some(title),
        conversation: conversation.id,
        assistant,
        turns,
        credential: question.credential,
        question: content,
        retrieval: Some(retrieval),
        chat,
    };
    platform::task::spawn(answer::write(answer, to_client));
    Ok(Events(events))
}

/// A question of 1 to 32 000 characters, not only blanks. `pointer`: where the client wrote it.
pub(crate) fn checked_question(pointer: &'static str, question: &str) -> Result<String> {
    let content = text::block(pointer, question, 1, 32_000)?;
    if content.trim().is_empty() {
        return Err(Problem::invalid_field(pointer, "expected a question, got only blanks"));
    }
    Ok(content)
}

/// Refuses who may not ask an assistant.
///
/// # Errors
/// `not_found`, `not_allowed`.
pub async fn may_ask(cx: &Cx, assistant: AssistantId) -> Result<()> {
    askable(cx, assistant).await.map(|_| ())
}

/// The assistant, if the caller may ask it.
pub(crate) async fn askable(cx: &Cx, assistant: AssistantId) -> Result<Assistant> {
    let assistant = assistants::get_assistant(cx, assistant).await?;
    if assistant.access.may(Action::Ask) {
        return Ok(assistant);
    }
    Err(Problem::new(
        Code::NotAllowed,
        "your role in this space does not allow to ask its assistants; ask one of its owners",
    ))
}

/// What answers for an assistant: the installation's model, or rows that the caller may use in the assistant's space.
///
/// # Errors
/// `model_failed` if the assistant names neither.
pub(crate) async fn chat_model(cx: &Cx, chat: Provider, assistant: &Assistant) -> Result<ChatModel> {
    let Some(reference) = assistant.model.as_deref() else { return Ok(ChatModel::Installation(chat)) };
    if reference == chat.model || models::is_allowed_chat_model(reference).await? {
        return Ok(ChatModel::Installation(chat));
    }
    if let Some(rows) = model_rows(cx, reference, Some(assistant.space_id)).await? {
        return Ok(ChatModel::Rows(rows));
    }
    let detail = "you may not use the model of this assistant, or it is gone; leave its model empty, or choose another";
    Err(Problem::new(Code::ModelFailed, detail).caused_by("the assistant's model is neither listed nor a usable row"))
}

/// The rows of a model or alias that the caller may use, with a grant for them.
///
/// # Errors
/// `not_signed_in` if the actor is not a user.
pub async fn model_rows(cx: &Cx, reference: &str, space: Option<SpaceId>) -> Result<Option<ModelRows>> {
    let found = catalogue::usable::find_usable_models(cx, reference, space).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let found: Vec<_> = found.into_iter().map(|id| id.0).collect();
    let grant = ModelGrant::request(cx, GrantPurpose::Chat, &found).await?;
    Ok(Some(ModelRows { reference: reference.to_owned(), grant }))
}

/// Starts the answer. An earlier answer whose process died is marked failed first.
async fn start_or_mark_dead(cx: &Cx, new: &store::NewAnswer<'_>) -> Result<bool> {
    match store::start(cx, new).await {
        Err(problem)
            if problem.code == Code::AnswerRunning
                && store::mark_dead(cx, new.conversation, &message::died()).await? =>
        {
            store::start(cx, new).await
        }
        other => other,
    }
}
