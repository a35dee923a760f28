//! `POST /internal/v1/chat`: the models of a grant answer, and their events are streamed.

use api::{CallWith, EventStream};
use catalogue::target;
use kernel::{Problem, Result, json};
use models::{
    AnswerOptions, Breakers, ChatMessage, ChatRequest, Image, Parameters, Part,
    gateway::{PICTURES_BYTES, PICTURES_LIMIT, WireChat, WireImage, WireMessage},
};
use platform::{serve, task};
use serde_json::Value;

use crate::{failover::Failover, ledger::Ledger};

/// Messages of one question.
const MESSAGES_LIMIT: usize = 2_000;
/// Pictures attached to a question (`images`); those in its messages have `PICTURES_LIMIT`.
const ATTACHED_IMAGES_LIMIT: usize = 4;
/// Bytes of a question. Escaping makes text longer on its way here, so it is more than a client may
/// send.
const BODY_LIMIT: usize = (2 << 20) + PICTURES_BYTES;

/// JSON values of a question: a message has more of them here than in the client's body.
const MOST_VALUES: usize = 2 * json::MOST_VALUES;

pub(crate) async fn chat(mut call: CallWith<Value>) -> Result<EventStream<Value>> {
    let body: WireChat = api::parse_within(&call.bytes_within(BODY_LIMIT).await?, MOST_VALUES)?;
    let request = request(&body)?;
    let context = call.granted()?;
    let mut targets = target::open_models(context).await?;
    let ledger = Ledger::reserve(context, &targets, &body).await?;
    targets.retain(|target| ledger.may_ask(target.id));
    context.cx.db.release().await;
    let (writer, stream) = serve::streaming();
    let breakers = Breakers::open().await;
    let failover = Failover::new(request, targets, writer, breakers, context, ledger)?;
    task::spawn(failover.run());
    api::event_stream(stream)
}

fn request(body: &WireChat) -> Result<ChatRequest> {
    check(body)?;
    let messages: Result<Vec<ChatMessage>> =
        body.messages.iter().map(WireMessage::message).collect();
    let images: Result<Vec<Image>> = body.images.iter().map(WireImage::picture).collect();
    let mut messages = messages?;
    if Part::argument_values(messages.iter().flat_map(|message| &message.parts)) > MOST_VALUES {
        let detail = format!("expected at most {MOST_VALUES} values in the arguments of all calls");
        return Err(Problem::invalid_field("/messages", detail));
    }
    models::show(&mut messages, images?.into_iter());
    let AnswerOptions { tools, tool_choice, parallel_tool_calls, format } = body.options.clone();
    let (sampling, max_tokens) = (body.sampling, body.max_tokens);
    let parameters = Parameters { sampling, max_tokens, format, ..Parameters::default() };
    // Each model of the grant puts its own name in.
    let request = ChatRequest::new("", messages);
    Ok(ChatRequest { parameters, tools, tool_choice, parallel_tool_calls, ..request })
}

/// Refuses more than a question may have.
fn check(body: &WireChat) -> Result<()> {
    if !(1..=MESSAGES_LIMIT).contains(&body.messages.len()) {
        let detail =
            format!("expected 1 to {MESSAGES_LIMIT} messages, got {}", body.messages.len());
        return Err(Problem::invalid_field("/messages", detail));
    }
    if body.images.len() > ATTACHED_IMAGES_LIMIT {
        let detail =
            format!("expected at most {ATTACHED_IMAGES_LIMIT} images, got {}", body.images.len());
        return Err(Problem::invalid_field("/images", detail));
    }
    let pictures = || body.messages.iter().flat_map(WireMessage::picture_sizes);
    if pictures().count() > PICTURES_LIMIT || pictures().sum::<usize>() > PICTURES_BYTES {
        let detail = format!("expected at most {PICTURES_LIMIT} pictures of 4 MiB together");
        return Err(Problem::invalid_field("/messages", detail));
    }
    if body.options.tools.len() > AnswerOptions::MAX_TOOLS {
        let detail = format!("expected at most {} tools", AnswerOptions::MAX_TOOLS);
        return Err(Problem::invalid_field("/options/tools", detail));
    }
    Ok(())
}
