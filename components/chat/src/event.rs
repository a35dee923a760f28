//! The events of an answer on the wire, and the stream of them.

use std::time::Duration;

use api::{CHECK_SECONDS, EventStream, Watch, sse};
use contract::Schema;
use conversations::{Event, EventId, Events, FinishReason, Next, NumberedEvent};
use kernel::Result;
use platform::serve;
use serde::Serialize;
use serde_json::{Value, json};

use crate::message::{self, SourceBody, SpanBody, UsageBody, Web};

/// One data line of the answer stream.
#[derive(Schema, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(name = "StreamEvent")]
pub(crate) enum EventBody {
    Start {
        #[schema(as = Uuid)]
        message_id: String,
        #[schema(as = Uuid)]
        conversation_id: String,
    },
    Sources {
        sources: Vec<SourceBody>,
    },
    /// What did not fit into the window of the model; only if there is something.
    LeftOut {
        #[schema(as = message::LeftOutName)]
        parts: Vec<&'static str>,
    },
    Chunk {
        content: String,
    },
    Thinking {
        content: String,
    },
    Title {
        title: String,
    },
    Done {
        usage: UsageBody,
        citations: Vec<i64>,
        /// Sentences that cite none of the sources; the first 1 000.
        uncited: Vec<SpanBody>,
        /// Null if the model does not say why it stopped.
        #[schema(as = message::FinishReasonName)]
        finish_reason: Option<&'static str>,
    },
    Error {
        #[schema(as = api::problem::Body<'static>)]
        problem: Value,
    },
    Stopped,
}

impl EventBody {
    pub(crate) fn new(event: Event, web: &Web) -> Self {
        match event {
            Event::Start { message_id, conversation_id } => Self::Start {
                message_id: message_id.to_string(),
                conversation_id: conversation_id.to_string(),
            },
            Event::Sources(sources) => Self::Sources { sources: message::sources(&sources, web) },
            Event::LeftOut(parts) => Self::LeftOut { parts: parts.words() },
            Event::Delta(content) => Self::Chunk { content },
            Event::Thinking(content) => Self::Thinking { content },
            Event::Title(title) => Self::Title { title },
            Event::Done { usage, cost, citations, uncited, finish_reason } => Self::Done {
                usage: UsageBody::new(usage, cost.as_ref()),
                citations,
                uncited: message::spans(&uncited),
                finish_reason: finish_reason.map(FinishReason::as_str),
            },
            Event::Failed(failure) => Self::Error { problem: message::problem_of(&failure) },
            Event::Stopped => Self::Stopped,
        }
    }
}

/// The events as they come, with a comment where none came for a while. Ends with an error once the
/// person's session has.
pub(crate) fn stream(
    mut events: Events,
    web: Web,
    mut watch: Watch,
) -> Result<EventStream<EventBody>> {
    let (mut writer, body) = serve::streaming();
    platform::task::spawn(async move {
        let (mut silent, mut last) = (0, EventId::default());
        loop {
            let next = events.next_within(Duration::from_secs(CHECK_SECONDS)).await;
            if let Some(problem) = watch.ended().await {
                let event_body = EventBody::Error { problem: watch.problem_body(&problem) };
                // The id of the last sent event: after the next sign-in the client resumes from it.
                writer.write(sse::event(&last.to_string(), &json!(event_body).to_string())).await;
                return;
            }
            let piece = match next {
                Next::Event(NumberedEvent { id, event }) => {
                    last = id;
                    sse::event(&id.to_string(), &json!(EventBody::new(event, &web)).to_string())
                }
                Next::Pause => {
                    silent += CHECK_SECONDS;
                    if silent < sse::PING_SECONDS {
                        continue;
                    }
                    sse::PING.to_owned()
                }
                Next::End => return,
            };
            silent = 0;
            // A disconnected client resumes with the id of its last event.
            if !writer.write(piece).await {
                return;
            }
        }
    });
    api::event_stream(body)
}
