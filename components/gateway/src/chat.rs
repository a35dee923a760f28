//! `POST /internal/v1/chat`: the models of a grant answer, and their events are streamed.

use api::{CallWith, EventStream};
use catalogue::target;
use kernel::{Problem, Result};
use models::{Breakers, ChatMessage, ChatRequest, Parameters, Role, gateway::WireChat};
use platform::{serve, task};
use serde_json::Value;

use crate::{ledger::Ledger, walk::Walk};

/// Messages of one question.
const MESSAGES_LIMIT: usize = 2_000;

pub(crate) async fn chat(mut call: CallWith<Value>) -> Result<EventStream<Value>> {
    let body: WireChat = api::parse(&call.bytes().await?)?;
    let request = request(&body)?;
    let context = call.granted()?;
    let mut targets = target::open_models(context).await?;
    let ledger = Ledger::reserve(context, &targets, &body).await?;
    targets.retain(|target| ledger.may_ask(target.id));
    context.cx.db.release().await;
    let (writer, stream) = serve::streaming();
    let walk = Walk::new(request, targets, writer, Breakers::open().await, context, ledger)?;
    task::spawn(walk.run());
    api::event_stream(stream)
}

fn request(body: &WireChat) -> Result<ChatRequest> {
    if !(1..=MESSAGES_LIMIT).contains(&body.messages.len()) {
        let detail =
            format!("expected 1 to {MESSAGES_LIMIT} messages, got {}", body.messages.len());
        return Err(Problem::invalid_field("/messages", detail));
    }
    let mut messages = Vec::with_capacity(body.messages.len());
    for message in &body.messages {
        let role = match message.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => {
                return Err(Problem::invalid_field(
                    "/messages",
                    "expected the role system, user or assistant",
                ));
            }
        };
        messages.push(ChatMessage::text(role, message.content.as_str()));
    }
    let (sampling, max_tokens) = (body.sampling, body.max_tokens);
    let parameters = Parameters { sampling, max_tokens, ..Parameters::default() };
    // Each model of the grant puts its own name in.
    Ok(ChatRequest { parameters, ..ChatRequest::new("", messages) })
}
