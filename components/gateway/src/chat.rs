//! `POST /internal/v1/chat`: the models of a grant answer, and their events are streamed.

use api::{CallWith, EventStream};
use catalogue::target;
use kernel::{Problem, Result};
use models::{
    Breakers, ChatMessage, ChatRequest, Image, Parameters, Role,
    gateway::{WireChat, WireImage},
};
use platform::{serve, task};
use serde_json::Value;

use crate::{ledger::Ledger, walk::Walk};

/// Messages of one question.
const MESSAGES_LIMIT: usize = 2_000;
/// Pictures of one question, and bytes of each in base64.
const IMAGES_LIMIT: usize = 4;
const IMAGE_BYTES: usize = 1_400_000;
/// Bytes of a question.
const BODY_LIMIT: usize = (1 << 20) + IMAGES_LIMIT * IMAGE_BYTES;

pub(crate) async fn chat(mut call: CallWith<Value>) -> Result<EventStream<Value>> {
    let body: WireChat = api::parse(&call.bytes_within(BODY_LIMIT).await?)?;
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

fn image(image: &WireImage) -> Result<Image> {
    let is_known = ["image/png", "image/jpeg", "image/webp"].contains(&image.media_type.as_str());
    if !is_known || image.base64.len() > IMAGE_BYTES {
        return Err(Problem::invalid_field("/images", "expected PNG, JPEG or WebP of up to 1 MiB"));
    }
    Ok(Image::Data { media_type: image.media_type.clone(), base64: image.base64.clone() })
}

fn request(body: &WireChat) -> Result<ChatRequest> {
    if !(1..=MESSAGES_LIMIT).contains(&body.messages.len()) {
        let detail =
            format!("expected 1 to {MESSAGES_LIMIT} messages, got {}", body.messages.len());
        return Err(Problem::invalid_field("/messages", detail));
    }
    if body.images.len() > IMAGES_LIMIT {
        let detail = format!("expected at most {IMAGES_LIMIT} images, got {}", body.images.len());
        return Err(Problem::invalid_field("/images", detail));
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
    let images: Result<Vec<Image>> = body.images.iter().map(image).collect();
    models::show(&mut messages, images?.into_iter());
    let (sampling, max_tokens) = (body.sampling, body.max_tokens);
    let parameters = Parameters { sampling, max_tokens, ..Parameters::default() };
    // Each model of the grant puts its own name in.
    Ok(ChatRequest { parameters, ..ChatRequest::new("", messages) })
}
