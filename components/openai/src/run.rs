//! A question on its way: who answers, the rights that are asked again, and the whole answer at
//! once.

use access::{CredentialId, Scope};
use api::{Call, Watch};
use conversations::{AnswerDelta, Completion, CompletionSummary, Mentions, StatelessQuestion};
use kernel::{Problem, Result, id::AssistantId};
use platform::{Cx, clock, config, task::BoxFuture};

use crate::{
    cutter::{Cut, Cutter},
    dialogue::{Dialogue, Messages},
    list_models::{self, ASSISTANT},
    parameters::Parameters,
    providers,
    tool_calls::ToolCalls,
};

/// An answer that is being written.
pub(crate) struct Run {
    pub(crate) completion: Completion,
    pub(crate) watch: Watch,
    /// None: a model answers, without an assistant.
    pub(crate) assistant: Option<AssistantId>,
    pub(crate) cutter: Cutter,
    /// Calls of the client's tools.
    pub(crate) calls: ToolCalls,
    /// As the client calls it.
    pub(crate) model: String,
    /// Of the answer, without the prefix of its kind.
    pub(crate) id: String,
    /// Unix seconds.
    pub(crate) created: i64,
    /// Where citations open.
    pub(crate) web: String,
}

/// A settled answer.
pub(crate) struct CompletedAnswer {
    pub(crate) content: String,
    pub(crate) thinking: String,
    pub(crate) summary: CompletionSummary,
    pub(crate) finish_reason: &'static str,
}

/// Whether the caller may still ask who answers; asked every few seconds.
pub(crate) fn may_go_on<'a>(
    assistant: &'a Option<AssistantId>,
    cx: &'a Cx,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        match assistant {
            Some(assistant) => conversations::may_ask(cx, *assistant).await,
            None => Ok(()),
        }
    })
}

impl Run {
    /// Checks who is asked and what, and begins the search. The model is asked by
    /// [`Completion::open`].
    ///
    /// # Errors
    /// `not_found` as `model_not_found`, `not_allowed`, `invalid_body`.
    pub(crate) async fn begin(
        call: &mut Call,
        parameters: &mut Parameters,
        messages: &Messages,
    ) -> Result<Self> {
        let watch = Watch::of(call)?;
        let web = config::optional("public_url")
            .await?
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned();
        let id = call.cx()?.new_id::<kernel::id::MessageId>()?.0.simple().to_string();
        let (completion, assistant) = match parameters.model.strip_prefix(ASSISTANT) {
            Some(name) => {
                let (completion, assistant) =
                    ask_assistant(call, name, parameters, messages, watch.credential()).await?;
                (completion, Some(assistant))
            }
            None => (ask_model(call, parameters, messages, watch.credential()).await?, None),
        };
        Ok(Self {
            completion,
            watch,
            assistant,
            cutter: Cutter::new(&parameters.stops, parameters.max_tokens),
            calls: ToolCalls::default(),
            model: parameters.model.clone(),
            id,
            created: clock::now().unix_seconds(),
            web,
        })
    }

    /// Waits for the whole answer.
    ///
    /// # Errors
    /// What failed, and what the caller lost meanwhile.
    pub(crate) async fn whole(&mut self) -> Result<CompletedAnswer> {
        let (content, thinking) = self.written().await?;
        let (summary, finish_reason) = self.summary(&content).await?;
        Ok(CompletedAnswer { content, thinking, summary, finish_reason })
    }

    async fn written(&mut self) -> Result<(String, String)> {
        let Self { completion, watch, assistant, cutter, calls, .. } = self;
        let (mut content, mut thinking) = (String::new(), String::new());
        let writing = async {
            completion.open().await?;
            while cutter.cut().is_none() {
                match completion.next().await? {
                    Some(AnswerDelta::Content(text)) => content.push_str(&cutter.push(&text)),
                    Some(AnswerDelta::Thinking(text)) => thinking.push_str(&text),
                    Some(AnswerDelta::ToolCall(call)) => {
                        content.push_str(&cutter.finish());
                        calls.push(call, cutter);
                    }
                    None => break,
                }
            }
            content.push_str(&cutter.finish());
            Ok::<_, Problem>(())
        };
        watch.guard(assistant, may_go_on, writing).await??;
        Ok((content, thinking))
    }

    /// What the answer comes to: rights are asked again, and of the sources the caller gets what
    /// they may read now.
    ///
    /// # Errors
    /// What the caller lost meanwhile; `unavailable`.
    pub(crate) async fn summary(
        &mut self,
        content: &str,
    ) -> Result<(CompletionSummary, &'static str)> {
        self.watch.check(&self.assistant, may_go_on).await?;
        let cx = self
            .watch
            .look()
            .await?
            .ok_or_else(|| Problem::unavailable("the database", "no answer"))?;
        let summary = self.completion.summary(&cx, Some(content)).await?;
        self.completion.note("openai", None);
        let finish_reason = match (self.cutter.cut(), summary.finish_reason.as_deref()) {
            (Some(Cut::Length), _) | (None, Some("length")) => "length",
            (None, Some("content_filter")) => "content_filter",
            (None, Some("tool_calls")) => "tool_calls",
            _ => "stop",
        };
        Ok((summary, finish_reason))
    }
}

async fn ask_assistant(
    call: &mut Call,
    name: &str,
    parameters: &Parameters,
    messages: &Messages,
    credential: CredentialId,
) -> Result<(Completion, AssistantId)> {
    let assistant = list_models::find_assistant(call.cx()?, name).await?.id;
    providers::check_for_assistant(parameters, messages)?;
    let Dialogue { instructions, turns, question } = Dialogue::of(messages)?;
    let max_tokens = parameters.max_tokens.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
    let question = StatelessQuestion {
        assistant,
        mentions: Mentions::default(),
        instructions,
        turns,
        question,
        pointer: messages.pointer,
        sampling: parameters.sampling,
        max_tokens,
        api_key: credential.api_key(),
    };
    let models = providers::of_assistants().await?;
    Ok((Completion::of_assistant(call.take_cx()?, models, question).await?, assistant))
}

async fn ask_model(
    call: &mut Call,
    parameters: &mut Parameters,
    messages: &Messages,
    credential: CredentialId,
) -> Result<Completion> {
    list_models::require(call.cx()?, Scope::ModelsUse)?;
    let chat = providers::chat(call.cx()?, &parameters.model).await?;
    let chat = chat.ok_or_else(|| list_models::no_such_model(&parameters.model))?;
    let prompt = providers::prompt(&chat, parameters, messages)?;
    let request = providers::request(call.cx()?, prompt, parameters, credential.api_key())?;
    let cx = call.take_cx()?;
    cx.db.release().await;
    Ok(Completion::of_model(cx, chat, request))
}
