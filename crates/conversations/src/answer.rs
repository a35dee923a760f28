//! Writing an answer: search, call the model, emit its text, settle the message. Runs beside the
//! request and outlives it.

use std::{sync::Arc, time::Duration};

use access::CredentialId;
use assistants::Assistant;
use futures::{channel::mpsc, future::join};
use kernel::{
    Code, Kind, Problem, Result,
    id::{ConversationId, MessageId},
};
use models::{
    AnswerOptions, Attribution, CallPurpose, ChatMessage, ChatModel, FailedModel, Image, Request,
};
use platform::{
    Cx, clock,
    log::{self, Level},
};
use serde_json::json;

use crate::{
    Event, Failure, FinishReason, LeftOut, Message, NumberedEvent, Source, Status, TextSpan, Usage,
    budget::Budget,
    citations,
    generation::{AnswerDelta, Generation},
    history::History,
    joint::Joint,
    journal::{self, Cancellation, EventSink, StopReason},
    metered, prompt,
    retrieve::{Findings, Retrieval},
    store::running,
    titling::Titling,
    uncited,
};

/// Pauses between attempts to settle the message while the database is away. Less than a process
/// may be silent before it is taken for dead.
const PAUSES: [u64; 7] = [100, 400, 1_000, 2_000, 4_000, 8_000, 8_000];

/// The inputs of an answer.
pub(crate) struct Answer {
    pub(crate) cx: Arc<Cx>,
    pub(crate) message: MessageId,
    pub(crate) conversation: ConversationId,
    /// Set if this question gave the conversation its title.
    pub(crate) new_title: Option<String>,
    /// Whether the model may give the conversation a better one.
    pub(crate) wants_title: bool,
    pub(crate) assistant: Assistant,
    pub(crate) history: History,
    pub(crate) question: String,
    /// The credential of the question.
    pub(crate) credential: CredentialId,
    /// Taken when the prompt is composed.
    pub(crate) material: Option<Material>,
    /// What is continued.
    pub(crate) begun: Option<FirstPart>,
    pub(crate) chat: ChatModel,
}

/// What an answer rests on.
pub(crate) enum Material {
    /// What a search finds.
    Searched(Retrieval),
    /// What the first part of the answer rests on, with the pictures of its question.
    Recalled(Vec<Image>, Budget),
}

/// The first part of an answer.
pub(crate) struct FirstPart {
    content: String,
    sources: Vec<Source>,
    left_out: LeftOut,
    usage: Usage,
    /// The number before the first event.
    first: u64,
}

impl FirstPart {
    pub(crate) fn new(answer: Message, first: u64) -> Self {
        let usage = answer.usage.unwrap_or_default();
        let (content, sources) = (answer.content, answer.sources);
        Self { content, sources, left_out: answer.left_out, usage, first }
    }
}

/// The state of the answer beside its text.
#[derive(Default)]
struct Draft {
    sources: Vec<Source>,
    left_out: LeftOut,
    /// Of the first part.
    begun_usage: Usage,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
    /// The row that answered, of several that might.
    model: Option<String>,
    /// Those that were to answer before it.
    failed_models: Vec<FailedModel>,
    first_text_at: Option<kernel::Timestamp>,
}

/// Writes the answer to its end, in every case.
pub(crate) async fn write(mut answer: Answer, to_client: mpsc::UnboundedSender<NumberedEvent>) {
    let began = clock::now();
    let (mut sink, mut cancellation) = journal::open(
        answer.cx.clone(),
        (answer.message, answer.assistant.id),
        answer.credential,
        answer.begun.as_ref().map_or(0, |begun| begun.first),
        to_client,
    );
    sink.emit(Event::Start { message_id: answer.message, conversation_id: answer.conversation });
    let mut draft = answer.begin(&mut sink);
    let outcome = match answer.compose(&mut sink, &mut cancellation, &mut draft).await {
        Ok(Some(StopReason::Lost)) => Err(Problem::new(
            Code::NotAllowed,
            "you may not ask this assistant any more, or were signed out",
        )),
        other => other,
    };
    let failure =
        outcome.as_ref().err().map(|problem| Failure::new(problem, &answer.cx.request_id));
    let cited = citations::valid(sink.content(), draft.sources.len());
    let usage = draft.begun_usage.and(draft.usage.unwrap_or_default());
    let (status, finish) = ended(&outcome, draft.finish);
    let final_answer = running::FinalAnswer {
        status,
        content: sink.content(),
        sources: &draft.sources,
        citations: &cited,
        usage,
        model: draft.model.as_deref(),
        failed_models: &draft.failed_models,
        failure: failure.as_ref(),
        finish,
        left_out: draft.left_out,
    };
    let last = match (answer.settle(&final_answer).await, failure) {
        (Err(problem), _) => Event::Failed(Failure::new(&problem, &answer.cx.request_id)),
        (Ok(Some(_)), Some(failure)) => Event::Failed(failure),
        (Ok(Some(settled)), None) if status == Status::Done => Event::Done {
            usage,
            cost: settled.cost,
            citations: cited,
            uncited: answer.uncited(sink.content(), &draft),
            finish_reason: finish,
        },
        // Stopped, or deleted meanwhile.
        (Ok(_), _) => Event::Stopped,
    };
    sink.emit(last);
    answer.note(status, began, &draft, usage, outcome.err().as_ref());
    if status == Status::Done && answer.wants_title {
        let content = sink.content().to_owned();
        // The client has its answer, and the journal its end.
        drop(sink);
        answer.title(&content).await;
    }
}

/// How an answer ended. `finish`: the reason of a model that ended by itself.
fn ended(
    outcome: &Result<Option<StopReason>>,
    finish: Option<FinishReason>,
) -> (Status, Option<FinishReason>) {
    match outcome {
        Ok(None) => (Status::Done, finish),
        Ok(Some(_)) => (Status::Stopped, None),
        Err(_) => (Status::Failed, Some(FinishReason::Truncated)),
    }
}

impl Answer {
    /// Emits the first part, if there is one: the stream of an answer has all of its text.
    fn begin(&self, sink: &mut EventSink) -> Draft {
        let Some(begun) = &self.begun else { return Draft::default() };
        sink.emit(Event::Sources(begun.sources.clone()));
        if !begun.left_out.is_empty() {
            sink.emit(Event::LeftOut(begun.left_out));
        }
        sink.emit(Event::Delta(begun.content.clone()));
        Draft {
            sources: begun.sources.clone(),
            left_out: begun.left_out,
            begun_usage: begun.usage,
            ..Draft::default()
        }
    }

    /// What the answer rests on.
    async fn find(&mut self, cx: &Cx, attribution: Attribution) -> Result<Findings> {
        match self.material.take() {
            Some(Material::Searched(search)) => search.find(cx, &self.assistant, attribution).await,
            Some(Material::Recalled(images, budget)) => {
                let sources = self.begun.as_ref().map(|begun| begun.sources.as_slice());
                Findings::recalled(cx, sources.unwrap_or_default(), (images, budget)).await
            }
            None => Err(Problem::internal("an answer was composed twice")),
        }
    }

    /// Search, then model; returns the reason to stop, unless the model ended by itself.
    async fn compose(
        &mut self,
        sink: &mut EventSink,
        cancellation: &mut Cancellation,
        draft: &mut Draft,
    ) -> Result<Option<StopReason>> {
        let cx = self.cx.clone();
        let attribution = Attribution {
            space_id: Some(self.assistant.space_id),
            assistant_id: Some(self.assistant.id),
            conversation_id: Some(self.conversation),
            message_id: Some(self.message),
            api_key_id: self.credential.api_key(),
            purpose: CallPurpose::Chat,
        };
        let found = match cancellation.race_search(&cx, self.find(&cx, attribution)).await {
            Ok(found) => found?,
            Err(reason) => return Ok(Some(reason)),
        };
        let after = self.begun.as_ref().map(|begun| found.continuation(&begun.content));
        let after = after.as_ref().map_or(&[][..], |messages| messages);
        let instructions = &self.assistant.instructions;
        let (messages, left_out) = found.prompt(instructions, &self.history, &self.question, after);
        if self.begun.is_none() {
            draft.sources = found.sources();
            sink.emit(Event::Sources(draft.sources.clone()));
        }
        if left_out.or(draft.left_out) != draft.left_out {
            draft.left_out = left_out.or(draft.left_out);
            sink.emit(Event::LeftOut(draft.left_out));
        }
        if let Some(title) = self.new_title.take() {
            sink.emit(Event::Title(title));
        }
        let mut request = self.request(messages, found, attribution)?;
        draft.usage = Some(prompt::usage_of_prompt(&request.messages));
        // Persist the row while waiting for the first token; from then on no connection is held.
        let keep = async {
            let model = self.chat.name(request.model.as_deref());
            let (sources, left_out) = (&draft.sources, draft.left_out);
            let kept = running::streaming(&cx, self.message, sources, left_out, model).await;
            cx.db.release().await;
            kept
        };
        let (kept, asked) =
            join(keep, cancellation.race(metered::ask(&cx, &self.chat, &request))).await;
        kept?;
        // They are sent; the answer may take minutes, beside others in this instance.
        request.images = Vec::new();
        match asked {
            Ok(deltas) => {
                let begun = self.begun.as_ref().map(|begun| begun.content.as_str());
                let mut generation = Generation::new(deltas?, &request, begun.map_or(0, str::len));
                let joint = begun.map(Joint::after);
                let listened = listen(&mut generation, sink, cancellation, draft, joint).await;
                draft.finish = generation.finish_reason().map(FinishReason::of_model);
                draft.usage = Some(generation.usage().unwrap_or_else(|| generation.estimate()));
                draft.model = generation.model().map(str::to_owned);
                draft.failed_models = generation.take_failed_models();
                listened
            }
            Err(reason) => Ok(Some(reason)),
        }
    }

    /// What is asked of the model.
    fn request(
        &self,
        messages: Vec<models::Message>,
        mut found: Findings,
        attribution: Attribution,
    ) -> Result<Request> {
        Ok(Request {
            messages: messages.into_iter().map(ChatMessage::from).collect(),
            images: found.take_images(),
            model: self.assistant.model.clone(),
            sampling: self.assistant.sampling,
            options: AnswerOptions::default(),
            max_tokens: None,
            attribution,
            request_id: self.cx.request_id.clone(),
            namespace: self.cx.redis_namespace()?.to_owned(),
        })
    }

    /// Settles the message, as [`running::settle`]; retries with backoff while the database is away.
    async fn settle(
        &self,
        final_answer: &running::FinalAnswer<'_>,
    ) -> Result<Option<running::SettledAnswer>> {
        for pause in PAUSES {
            match running::settle(&self.cx, self.message, final_answer).await {
                Err(problem) if problem.kind() == Kind::Unavailable => {
                    platform::task::sleep(Duration::from_millis(pause)).await;
                }
                other => {
                    self.cx.db.release().await;
                    return other;
                }
            }
        }
        running::settle(&self.cx, self.message, final_answer).await
    }

    fn model<'a>(&'a self, draft: &'a Draft) -> &'a str {
        let asked = || self.chat.name(self.assistant.model.as_deref());
        draft.model.as_deref().unwrap_or_else(asked)
    }

    fn uncited(&self, content: &str, draft: &Draft) -> Vec<TextSpan> {
        uncited::of_answer(content, draft.sources.len(), Some(self.model(draft)))
    }

    async fn title(&self, content: &str) {
        let titling = Titling {
            cx: &self.cx,
            conversation: self.conversation,
            assistant: &self.assistant,
            credential: self.credential,
            chat: &self.chat,
            question: &self.question,
            answer: content,
        };
        titling.run().await;
    }

    /// Logs one line per answer: model, duration, tokens, failure. No text.
    fn note(
        &self,
        status: Status,
        began: kernel::Timestamp,
        draft: &Draft,
        usage: Usage,
        problem: Option<&Problem>,
    ) {
        let millis = |at: kernel::Timestamp| (at.0 - began.0) / 1_000;
        let level = if problem.is_some() { Level::Error } else { Level::Info };
        let members = [
            ("request_id", json!(self.cx.request_id)),
            ("tenant_id", json!(self.cx.tenant().map(|t| t.to_string()).ok())),
            ("user_id", json!(self.cx.user().map(|u| u.to_string()).ok())),
            ("message_id", json!(self.message.to_string())),
            ("status", json!(status.as_str())),
            ("model", json!(self.model(draft))),
            ("sources", json!(draft.sources.len())),
            ("prompt_tokens", json!(usage.prompt_tokens)),
            ("completion_tokens", json!(usage.completion_tokens)),
            ("first_text_ms", json!(draft.first_text_at.map(millis))),
            ("duration_ms", json!(millis(clock::now()))),
            ("error", json!(problem.map(|p| p.code.as_str()))),
            ("cause", json!(problem.and_then(|p| p.cause.as_deref()))),
        ];
        log::line(level, "chat", "answered", &members);
    }
}

/// Emits the model's output until it is done or stopped. `joint`: with the first part.
async fn listen(
    generation: &mut Generation,
    sink: &mut EventSink,
    cancellation: &mut Cancellation,
    draft: &mut Draft,
    mut joint: Option<Joint>,
) -> Result<Option<StopReason>> {
    let ended = loop {
        let written = match cancellation.race(generation.next()).await {
            Err(reason) => break Ok(Some(reason)),
            Ok(Err(problem)) => break Err(problem),
            Ok(Ok(written)) => written,
        };
        match written {
            Some(AnswerDelta::Content(text)) => {
                draft.first_text_at.get_or_insert_with(clock::now);
                let text = match &mut joint {
                    Some(joint) => joint.push(&text),
                    None => text,
                };
                emit_text(sink, text);
            }
            Some(AnswerDelta::Thinking(text)) => sink.emit(Event::Thinking(text)),
            // No tools are offered here.
            Some(AnswerDelta::ToolCall(_)) => {}
            None => break Ok(None),
        }
    };
    emit_text(sink, joint.map_or_else(String::new, |mut joint| joint.close()));
    ended
}

fn emit_text(sink: &mut EventSink, text: String) {
    if !text.is_empty() {
        sink.emit(Event::Delta(text));
    }
}
