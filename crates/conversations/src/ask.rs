//! A question: who may ask, and what is stored before the first byte of the answer.

use std::sync::Arc;

use access::CredentialId;
use assistants::Assistant;
use catalogue::usable::FoundModel;
use credentials::{GrantPurpose, ModelGrant};
use futures::channel::mpsc;
use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{AssistantId, ConversationId, DocumentId, MessageId, SpaceId},
    text,
};
use models::{Capability, ChatModel, ModelRows, Provider, Tokenizer};
use platform::{Cx, config};
use spaces::Action;

use crate::{
    EventId, Events, Mentions,
    answer::{self, Answer, Material},
    attachments::{self, AttachmentPlan},
    budget::{Budget, Window},
    conversation::{self, Conversation},
    follow, message,
    retrieve::{Basis, Retrieval, SearchModels},
    store::{messages, running as store},
    title,
    tree::{self, TreePosition},
};

/// The models that an answer needs.
#[derive(Clone, Debug)]
pub struct Models {
    /// Writes the answer.
    pub chat: Provider,
    /// Embeds the question.
    pub embedding: Provider,
    /// Whether a language model that answers also gives a new conversation its title.
    pub titles: bool,
    /// Whether a language model that answers also rewrites a question that refers to what was said
    /// before, for the search.
    pub rewriting: bool,
}

impl Models {
    /// The models of the configuration.
    ///
    /// # Errors
    /// `internal` if the configuration cannot be read.
    pub async fn from_config() -> Result<Self> {
        let is_on = |value: Option<String>| value.is_none_or(|on| on != "false");
        Ok(Self {
            chat: Provider::chat().await?,
            embedding: Provider::embedding().await?,
            titles: is_on(config::optional("chat_titles").await?),
            rewriting: is_on(config::optional("chat_rewriting").await?),
        })
    }

    pub(crate) fn search(&self) -> SearchModels {
        SearchModels { embedding: self.embedding.clone(), rewriting: self.rewriting }
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
    /// Files of the conversation that the question is about: at most 20, all ready.
    pub attachments: Vec<DocumentId>,
    /// The question of which this is another version; none: it follows the last message that is
    /// shown.
    pub edits: Option<MessageId>,
    /// Who answers and what is read, for this question only.
    pub mentions: Mentions,
    /// The client's idempotency key, if it sent one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The credential of the request: when it ends, the answer ends.
    pub credential: CredentialId,
}

/// A request for another version of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regeneration {
    /// The answer.
    pub answer: MessageId,
    /// The model that answers; none: the one of the conversation, or the assistant's.
    pub model: Option<String>,
    /// The client's idempotency key, if it sent one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The credential of the request: when it ends, the answer ends.
    pub credential: CredentialId,
}

/// What is answered, and where it stands in the tree.
struct AnswerRequest {
    conversation: Conversation,
    assistant: Assistant,
    content: String,
    mentions: Mentions,
    /// Of the question.
    attachments: Vec<DocumentId>,
    /// The question, if it is there already.
    question: Option<MessageId>,
    /// Of the question, or of the answer if the question is there already.
    place: TreePosition,
    /// The message before the question.
    before: Option<MessageId>,
    idempotency_key: Option<IdempotencyKey>,
    credential: CredentialId,
}

/// Stores question and answer and starts a task that writes the answer; the task continues if the
/// caller goes.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`, `answer_running`, `idempotency_mismatch`; `conflict`
/// at the bounds of a tree, and for an attachment that is not ready.
pub async fn ask(cx: Cx, models: Models, question: Question) -> Result<Events> {
    let content = checked_question("/content", &question.content)?;
    let conversation = conversation::get_conversation(&cx, question.conversation).await?;
    let place = match question.edits {
        None => TreePosition::after(&conversation)?,
        Some(edited) => TreePosition::beside(&tree::question(&cx, conversation.id, edited).await?)?,
    };
    let Question { mentions, attachments, idempotency_key, credential, .. } = question;
    mentions.check(&cx).await?;
    let assistant = answering(&cx, &mentions, &conversation).await?;
    attachments::check(&cx, conversation.id, &attachments).await?;
    let before = place.parent;
    let asked = AnswerRequest {
        conversation,
        assistant,
        content,
        mentions,
        attachments,
        question: None,
        place,
        before,
        idempotency_key,
        credential,
    };
    begin(cx, models, asked).await
}

/// Answers a question again: another version of an answer, which is shown from now on.
///
/// # Errors
/// As [`ask`].
pub async fn regenerate(cx: Cx, models: Models, wanted: Regeneration) -> Result<Events> {
    let (answer, question_id, question) = tree::answer(&cx, wanted.answer).await?;
    let conversation = conversation::get_conversation(&cx, answer.conversation).await?;
    let mentions = question.mentions;
    let mut assistant = answering(&cx, &mentions, &conversation).await?;
    if let Some(model) = &wanted.model {
        check_choice(&cx, &models.chat.model, model, &assistant).await?;
    }
    assistant.model = wanted.model.or(assistant.model);
    let asked = AnswerRequest {
        conversation,
        assistant,
        content: question.content,
        mentions,
        attachments: attachments::of_question(&cx, question_id).await?,
        question: Some(question_id),
        place: TreePosition::beside(&answer)?,
        before: question.parent,
        idempotency_key: wanted.idempotency_key,
        credential: wanted.credential,
    };
    begin(cx, models, asked).await
}

/// Who answers a question: with the model of the conversation, while its own assistant answers and
/// lets people choose. Whether the caller may use that model, [`chat_model`] decides at each
/// question.
async fn answering(cx: &Cx, mentions: &Mentions, conversation: &Conversation) -> Result<Assistant> {
    let mut assistant = mentions.assistant(cx, conversation.assistant_id).await?;
    if assistant.model_choice && assistant.id == conversation.assistant_id {
        assistant.model = conversation.model.clone().or(assistant.model);
    }
    Ok(assistant)
}

async fn begin(cx: Cx, models: Models, asked: AnswerRequest) -> Result<Events> {
    let AnswerRequest { conversation, assistant, content, .. } = asked;
    let history = messages::history(&cx, conversation.id, asked.before).await?;
    let (search, titles) = (models.search(), models.titles);
    let chat = chat_model(&cx, models.chat, &assistant).await?;
    let window = Window::of(&chat, assistant.model.as_deref());
    let budget = Budget::new(window, &assistant.instructions, &content, None)?;
    let (own, before) = (&asked.attachments, asked.before);
    let attached =
        AttachmentPlan::plan(&cx, conversation.id, own, before, (&chat, &budget)).await?;
    // The question is embedded while the rows are written.
    let documents = &asked.mentions.documents;
    let basis = Basis { assistant: &assistant, chat: &chat, documents, attached };
    let retrieval =
        Retrieval::begin(&cx, search, basis, (&content, budget), &history.turns).await?;
    let title = title::from_question(&content);
    let question_id: MessageId = cx.new_id()?;
    let new = store::NewAnswer {
        conversation: conversation.id,
        question: asked.question.is_none().then_some((question_id, content.as_str())),
        mentions: &asked.mentions,
        attachments: &asked.attachments,
        answer_id: cx.new_id()?,
        place: asked.place,
        title: &title,
        idempotency_key: asked.idempotency_key.as_ref(),
    };
    if !start_or_mark_dead(&cx, &new).await? {
        let Some(key) = &asked.idempotency_key else {
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
        wants_title: titles && conversation.wants_title,
        conversation: conversation.id,
        assistant,
        history,
        credential: asked.credential,
        question: content,
        material: Some(Material::Searched(retrieval)),
        begun: None,
        chat,
    };
    platform::task::spawn(answer::write(answer, to_client));
    Ok(Events(events))
}

/// The most characters of a question.
pub const QUESTION_CHARS: usize = 32_000;

/// A question of 1 to 32 000 characters, not only blanks. `pointer`: where the client wrote it.
pub(crate) fn checked_question(pointer: &'static str, question: &str) -> Result<String> {
    let content = text::block(pointer, question, 1, QUESTION_CHARS)?;
    if content.trim().is_empty() {
        return Err(Problem::refused_field(
            pointer,
            ReasonCode::Required,
            "expected a question, got only blanks",
        ));
    }
    Ok(content)
}

/// Refuses a caller who may not ask an assistant.
///
/// # Errors
/// `not_found`, `not_allowed`.
pub async fn may_ask(cx: &Cx, assistant: AssistantId) -> Result<()> {
    askable(cx, assistant).await.map(|_| ())
}

/// The space of an assistant that the caller may ask.
///
/// # Errors
/// `not_found` if the caller may not see the assistant; `not_allowed` if the caller may not ask it.
pub async fn askable_space(cx: &Cx, assistant: AssistantId) -> Result<SpaceId> {
    askable(cx, assistant).await.map(|assistant| assistant.space_id)
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

/// What answers for an assistant: the installation's model, or rows that the caller may use in the
/// assistant's space.
///
/// # Errors
/// `model_failed` if the assistant names neither.
pub(crate) async fn chat_model(
    cx: &Cx,
    chat: Provider,
    assistant: &Assistant,
) -> Result<ChatModel> {
    let Some(reference) = assistant.model.as_deref() else {
        return Ok(ChatModel::Installation(Box::new(chat)));
    };
    if reference == chat.model || models::is_allowed_chat_model(reference).await? {
        return Ok(ChatModel::Installation(Box::new(chat)));
    }
    if let Some(rows) = model_rows(cx, reference, Some(assistant.space_id)).await? {
        return Ok(ChatModel::Rows(rows));
    }
    let detail = "you may not use the model of this assistant, or it is gone; leave its model empty, or choose another";
    Err(Problem::new(Code::ModelFailed, detail)
        .caused_by("the assistant's model is neither listed nor a usable row"))
}

/// Refuses a model in place of an assistant's, unless it is the installation's `own`: if the assistant allows none, or if the operator
/// does not list it in `chat_models` and it is no row that the caller may use in the space.
pub(crate) async fn check_choice(
    cx: &Cx,
    own: &str,
    model: &str,
    assistant: &Assistant,
) -> Result<()> {
    let space = assistant.space_id;
    if !assistant.model_choice && assistant.model.as_deref() != Some(model) {
        return Err(Problem::refused_field(
            "/model",
            ReasonCode::ModelUnknown,
            "expected no model: this assistant answers only with its own",
        ));
    }
    if model == own
        || models::is_allowed_chat_model(model).await?
        || !catalogue::usable::find_usable_models(cx, model, Some(space)).await?.is_empty()
    {
        return Ok(());
    }
    Err(Problem::refused_field(
        "/model",
        ReasonCode::ModelUnknown,
        "expected a model of GET /api/v1/models, or none for the assistant's own",
    ))
}

/// The rows of a model or alias that the caller may use, with a grant for them.
///
/// # Errors
/// `not_signed_in` if the actor is not a user.
pub async fn model_rows(
    cx: &Cx,
    reference: &str,
    space: Option<SpaceId>,
) -> Result<Option<ModelRows>> {
    let found = catalogue::usable::find_usable_models(cx, reference, space).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let can =
        |capability: &Capability| found.iter().all(|model| model.capabilities.contains(capability));
    let capabilities = Capability::ALL.into_iter().filter(can).collect();
    let least = |of: fn(&FoundModel) -> Option<i32>| {
        found.iter().filter_map(of).min().and_then(|tokens| usize::try_from(tokens).ok())
    };
    let context_tokens = least(|model| model.context_tokens);
    let output_tokens = least(|model| model.output_tokens);
    let tokenizers = found.iter().map(|model| Tokenizer::of_model(&model.name));
    let tokenizer = tokenizers.reduce(Tokenizer::or).unwrap_or(Tokenizer::Other);
    let found: Vec<_> = found.into_iter().map(|model| model.id.0).collect();
    let grant = ModelGrant::request(cx, GrantPurpose::Chat, &found).await?;
    let reference = reference.to_owned();
    Ok(Some(ModelRows { reference, grant, context_tokens, output_tokens, tokenizer, capabilities }))
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
