//! `POST /api/v1/completions/temporary`: an answer that is not stored. The client keeps what
//! was said and sends it with each question.

use api::{CallWith, EventStream, Watch, kept_alive, sse};
use contract::Schema;
use conversations::{
    AnswerDelta, Completion, Event, Failure, FinishReason, Mentions, Models, StatelessQuestion,
    Turn,
};
use kernel::{Problem, ReasonCode, Result, id::AssistantId, text};
use platform::{
    Cx,
    serve::{self, Writer},
    task::BoxFuture,
};
use serde::Deserialize;
use serde_json::json;

use crate::{create_message::ids, event::EventBody, message::Web};

/// The most turns before a question; far more than fit into a prompt.
const TURNS: usize = 40;
/// The most characters of an answer that was given before.
const ANSWER_CHARS: usize = 100_000;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnBody {
    #[schema(length(max = 32000))]
    question: String,
    #[schema(length(max = 100000))]
    answer: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskTemporarily {
    #[schema(as = Uuid)]
    assistant_id: String,
    #[schema(length(min = 1, max = 32000))]
    content: String,
    /// What was said before, oldest first.
    #[serde(default)]
    #[schema(length(max = 40))]
    turns: Vec<TurnBody>,
    /// What is searched for this question, in place of the assistant's collections.
    #[serde(default)]
    #[schema(as = Uuid, length(max = 10))]
    collection_ids: Vec<String>,
    /// What is read for this question, in place of the assistant's collections.
    #[serde(default)]
    #[schema(as = Uuid, length(max = 10))]
    document_ids: Vec<String>,
}

/// An answer on its way to the client.
struct Temporary {
    completion: Completion,
    assistant: AssistantId,
    watch: Watch,
    web: Web,
    request_id: String,
}

pub(crate) async fn create_temporary_answer(
    mut call: CallWith<AskTemporarily>,
) -> Result<EventStream<EventBody>> {
    let body: AskTemporarily = call.json().await?;
    let watch = Watch::of(&call)?;
    let assistant: AssistantId = body.assistant_id.parse()?;
    let question = StatelessQuestion {
        assistant,
        mentions: Mentions {
            assistant: None,
            collections: ids(&body.collection_ids)?,
            documents: ids(&body.document_ids)?,
        },
        instructions: String::new(),
        turns: turns(body.turns)?,
        question: body.content,
        pointer: "/content",
        sampling: Default::default(),
        max_tokens: None,
        api_key: watch.credential().api_key(),
    };
    let cx = call.take_cx()?;
    let request_id = cx.request_id.clone();
    let completion = Completion::temporary(cx, Models::from_config().await?, question).await?;
    let web = Web::from_config().await?;
    let mut answer = Temporary { completion, assistant, watch, web, request_id };
    let (mut writer, body) = serve::streaming();
    platform::task::spawn(async move {
        if let Some(Err(problem)) = answer.write(&mut writer).await {
            answer.completion.note("chat", Some(&problem));
            let failure = Event::Failed(Failure::new(&problem, &answer.request_id));
            send(&mut writer, &answer.web, failure).await;
        }
    });
    api::event_stream(body)
}

/// Newest first.
fn turns(said: Vec<TurnBody>) -> Result<Vec<Turn>> {
    if said.len() > TURNS {
        let detail = format!("expected at most {TURNS} turns, got {}", said.len());
        return Err(Problem::refused_field("/turns", ReasonCode::TooMany.at_most(TURNS), detail));
    }
    let turn = |turn: TurnBody| {
        Ok(Turn {
            question: text::block("/turns", &turn.question, 0, conversations::QUESTION_CHARS)?,
            answer: text::block("/turns", &turn.answer, 0, ANSWER_CHARS)?,
        })
    };
    said.into_iter().rev().map(turn).collect()
}

fn may_go_on<'a>(assistant: &'a AssistantId, cx: &'a Cx) -> BoxFuture<'a, Result<()>> {
    Box::pin(conversations::may_ask(cx, *assistant))
}

impl Temporary {
    /// Writes the whole stream; None if the client has gone, with whom the provider's call ends.
    async fn write(&mut self, writer: &mut Writer) -> Option<Result<()>> {
        let opened = {
            let Self { completion, watch, assistant, .. } = self;
            let opening = watch.guard(assistant, may_go_on, completion.open());
            kept_alive(writer, opening).await?.and_then(|it| it)
        };
        if let Err(problem) = opened {
            return Some(Err(problem));
        }
        send(writer, &self.web, Event::Sources(self.completion.sources().to_vec())).await?;
        if !self.completion.left_out().is_empty() {
            send(writer, &self.web, Event::LeftOut(self.completion.left_out())).await?;
        }
        loop {
            let next = {
                let Self { completion, watch, assistant, .. } = self;
                let reading = watch.guard(assistant, may_go_on, completion.next());
                kept_alive(writer, reading).await?.and_then(|it| it)
            };
            match next {
                Ok(Some(AnswerDelta::Content(text))) => {
                    send(writer, &self.web, Event::Delta(text)).await?
                }
                Ok(Some(AnswerDelta::Thinking(text))) => {
                    send(writer, &self.web, Event::Thinking(text)).await?;
                }
                // No tools are offered here.
                Ok(Some(AnswerDelta::ToolCall(_))) => {}
                Ok(None) => break,
                Err(problem) => return Some(Err(problem)),
            }
        }
        let done = match kept_alive(writer, self.done()).await? {
            Ok(done) => done,
            Err(problem) => return Some(Err(problem)),
        };
        self.completion.note("chat", None);
        send(writer, &self.web, done).await.map(Ok)
    }

    /// The last event. Rights are checked again.
    async fn done(&mut self) -> Result<Event> {
        self.watch.check(&self.assistant, may_go_on).await?;
        let cx = self.watch.look().await?;
        let cx = cx.ok_or_else(|| Problem::unavailable("the database", "no answer"))?;
        let summary = self.completion.summary(&cx, None).await?;
        let mut citations = Vec::new();
        for mark in summary.citations {
            if !citations.contains(&mark.n) {
                citations.push(mark.n);
            }
        }
        let finish_reason = summary.finish_reason.as_deref().map(FinishReason::of_model);
        Ok(Event::Done {
            usage: summary.usage,
            cost: None,
            citations,
            uncited: summary.uncited,
            finish_reason,
        })
    }
}

async fn send(writer: &mut Writer, web: &Web, event: Event) -> Option<()> {
    let line = json!(EventBody::new(event, web)).to_string();
    writer.write(sse::data(&line)).await.then_some(())
}
