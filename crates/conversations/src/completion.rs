//! An answer that is not stored: the client keeps the conversation and sends it with each question.

use assistants::Assistant;
use kernel::{
    Problem, Result,
    id::{ApiKeyId, AssistantId},
    text,
};
use models::{AnswerOptions, Attribution, ChatMessage, ChatModel, Request, Sampling};
use platform::{
    Cx, clock,
    log::{self, Level},
};
use serde_json::json;
use spaces::Action;

use crate::{
    LeftOut, Mentions, Models, Source, TextSpan, Usage, ask,
    budget::{Budget, Window},
    citations::{self, CitationMark},
    generation::{AnswerDelta, Generation},
    history::{History, Turn},
    metered,
    retrieve::{Basis, Retrieval},
    uncited,
};

/// A question to an assistant, with what was said before.
#[derive(Clone, PartialEq, Debug)]
pub struct StatelessQuestion {
    /// Who answers.
    pub assistant: AssistantId,
    /// What is read, in place of the assistant's collections.
    pub mentions: Mentions,
    /// Instructions of the client, after the assistant's own instructions; up to 20 000 characters.
    pub instructions: String,
    /// The turns before, newest first.
    pub turns: Vec<Turn>,
    /// 1 to 32 000 characters, not only blanks.
    pub question: String,
    /// Where the client wrote all that, for what is wrong with it: a JSON pointer.
    pub pointer: &'static str,
    /// What the assistant does not set itself.
    pub sampling: Sampling,
    /// The most tokens of the answer.
    pub max_tokens: Option<u32>,
    /// The key of the client.
    pub api_key: Option<ApiKeyId>,
}

/// What a completion comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct CompletionSummary {
    /// What the answer was given to rest on, as the caller may read it now.
    pub sources: Vec<Source>,
    /// Where it cites them.
    pub citations: Vec<CitationMark>,
    /// Its sentences that cite none.
    pub uncited: Vec<TextSpan>,
    /// What it cost.
    pub usage: Usage,
    /// Whether the usage was estimated, because the provider did not report it.
    pub is_estimated: bool,
    /// Why the model stopped, in the provider's word.
    pub finish_reason: Option<String>,
}

/// What is asked, until the model is.
enum Plan {
    Assistant { assistant: Box<Assistant>, retrieval: Retrieval, question: StatelessQuestion },
    Model(Request),
}

/// An answer while it is written. Dropping it ends the call of the provider.
pub struct Completion {
    cx: Cx,
    chat: ChatModel,
    model: String,
    plan: Option<Plan>,
    sources: Vec<Source>,
    left_out: LeftOut,
    content: String,
    generation: Option<Generation>,
    began: kernel::Timestamp,
}

impl Completion {
    /// As `of_assistant`, for a conversation of the caller's that is stored nowhere.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`, `invalid_body`.
    pub async fn temporary(cx: Cx, models: Models, question: StatelessQuestion) -> Result<Self> {
        cx.require(Action::ManageConversations)?;
        Self::of_assistant(cx, models, question).await
    }

    /// Asks an assistant: checks what is asked, and begins the search.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`, `invalid_body`.
    pub async fn of_assistant(cx: Cx, models: Models, question: StatelessQuestion) -> Result<Self> {
        question.mentions.check(&cx).await?;
        let assistant = question.mentions.assistant(&cx, question.assistant).await?;
        let question = StatelessQuestion {
            question: ask::checked_question(question.pointer, &question.question)?,
            instructions: text::block(question.pointer, &question.instructions, 0, 20_000)?,
            ..question
        };
        let search = models.search();
        let chat = ask::chat_model(&cx, models.chat, &assistant).await?;
        let instructions = instructions(&assistant, &question);
        let window = Window::of(&chat, assistant.model.as_deref());
        let budget = Budget::new(window, &instructions, &question.question, None)?;
        let basis = Basis {
            assistant: &assistant,
            chat: &chat,
            documents: &question.mentions.documents,
            attached: None,
        };
        let asked = (question.question.as_str(), budget);
        let retrieval = Retrieval::begin(&cx, search, basis, asked, &question.turns).await?;
        cx.db.release().await;
        let model = chat.name(assistant.model.as_deref()).to_owned();
        let plan = Plan::Assistant { assistant: Box::new(assistant), retrieval, question };
        Ok(Self::new(cx, chat, model, plan))
    }

    /// Asks a model, with nothing but what the client sends.
    #[must_use]
    pub fn of_model(cx: Cx, chat: ChatModel, request: Request) -> Self {
        let model = chat.name(request.model.as_deref()).to_owned();
        Self::new(cx, chat, model, Plan::Model(request))
    }

    fn new(cx: Cx, chat: ChatModel, model: String, plan: Plan) -> Self {
        let (sources, content, generation) = (Vec::new(), String::new(), None);
        Self {
            cx,
            chat,
            model,
            plan: Some(plan),
            sources,
            left_out: LeftOut::default(),
            content,
            generation,
            began: clock::now(),
        }
    }

    /// The model that writes: as its provider names it, or once a row answers its title.
    #[must_use]
    pub fn model(&self) -> &str {
        self.generation.as_ref().and_then(Generation::model).unwrap_or(&self.model)
    }

    /// Searches, if an assistant answers, and asks the model. Returns when the head of its answer
    /// is there; holds no database connection then.
    ///
    /// # Errors
    /// `model_failed`, `unavailable`; `internal` if it is called twice.
    pub async fn open(&mut self) -> Result<()> {
        let plan =
            self.plan.take().ok_or_else(|| Problem::internal("a completion was opened twice"))?;
        let request = match plan {
            Plan::Model(request) => request,
            Plan::Assistant { assistant, retrieval, question } => {
                let attribution = Attribution {
                    space_id: Some(assistant.space_id),
                    assistant_id: Some(assistant.id),
                    api_key_id: question.api_key,
                    ..Attribution::default()
                };
                let found = retrieval.find(&self.cx, &assistant, attribution).await?;
                self.cx.db.release().await;
                self.sources = found.sources();
                let instructions = instructions(&assistant, &question);
                let history = History { turns: question.turns, is_cut: false };
                let (messages, left_out) =
                    found.prompt(&instructions, &history, &question.question, &[]);
                self.left_out = left_out;
                Request {
                    messages: messages.into_iter().map(ChatMessage::from).collect(),
                    images: Vec::new(),
                    model: assistant.model.clone(),
                    sampling: assistant.sampling.or(question.sampling),
                    options: AnswerOptions::default(),
                    max_tokens: question.max_tokens,
                    attribution,
                    request_id: self.cx.request_id.clone(),
                    namespace: self.cx.redis_namespace()?.to_owned(),
                }
            }
        };
        let deltas = metered::ask(&self.cx, &self.chat, &request).await?;
        self.generation = Some(Generation::new(deltas, &request, 0));
        Ok(())
    }

    /// What the answer is given to rest on, as it was found.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What did not fit into the prompt.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// The next text; None once the model is done. May be dropped and called again without losing
    /// anything.
    ///
    /// # Errors
    /// `model_failed`; `internal` before [`Completion::open`].
    pub async fn next(&mut self) -> Result<Option<AnswerDelta>> {
        let generation = self
            .generation
            .as_mut()
            .ok_or_else(|| Problem::internal("a completion was read before it was opened"))?;
        let written = generation.next().await?;
        if let Some(AnswerDelta::Content(text)) = &written {
            self.content.push_str(text);
        }
        Ok(written)
    }

    /// What it comes to. `cx`: a context that was opened now, so that the caller gets of the
    /// sources what they may read at this time. `content`: what the client got, where that is not
    /// all that the model wrote.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn summary(&mut self, cx: &Cx, content: Option<&str>) -> Result<CompletionSummary> {
        let content = content.unwrap_or(&self.content);
        let citations = citations::located(content, self.sources.len());
        let uncited = uncited::of_answer(content, self.sources.len(), Some(self.model()));
        let (usage, is_estimated) = self.usage();
        let finish_reason =
            self.generation.as_ref().and_then(Generation::finish_reason).map(str::to_owned);
        let sources = crate::readable_sources(cx, self.sources.clone()).await?;
        Ok(CompletionSummary { sources, citations, uncited, usage, is_estimated, finish_reason })
    }

    /// What it cost so far, and whether that is an estimate.
    fn usage(&self) -> (Usage, bool) {
        match &self.generation {
            Some(generation) => (
                generation.usage().unwrap_or_else(|| generation.estimate()),
                generation.usage().is_none(),
            ),
            None => (Usage::default(), true),
        }
    }

    /// One line in the log of a component: which model, how long, how much, what failed. No text.
    pub fn note(&self, component: &str, problem: Option<&Problem>) {
        let level = if problem.is_some() { Level::Error } else { Level::Info };
        let (usage, _) = self.usage();
        let members = [
            ("request_id", json!(self.cx.request_id)),
            ("tenant_id", json!(self.cx.tenant().map(|t| t.to_string()).ok())),
            ("user_id", json!(self.cx.user().map(|u| u.to_string()).ok())),
            ("model", json!(self.model)),
            ("sources", json!(self.sources.len())),
            ("prompt_tokens", json!(usage.prompt_tokens)),
            ("completion_tokens", json!(usage.completion_tokens)),
            ("duration_ms", json!((clock::now().0 - self.began.0) / 1_000)),
            ("error", json!(problem.map(|p| p.code.as_str()))),
            ("cause", json!(problem.and_then(|p| p.cause.as_deref()))),
        ];
        log::line(level, component, "completed", &members);
    }
}

/// Those of the assistant, and those of the client after them.
fn instructions(assistant: &Assistant, question: &StatelessQuestion) -> String {
    let texts = [assistant.instructions.trim(), question.instructions.trim()];
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}
