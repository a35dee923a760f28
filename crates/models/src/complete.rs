//! Asking a chat model, and reading its answer while it writes.

use futures::StreamExt;
use kernel::{Problem, Result};
use platform::{
    clock,
    http::{self, BodyStream, Incoming},
};

use crate::{
    AnswerOptions, Attribution, ChatEvent, ChatMessage, ChatReader, ChatRequest, Delta, Dialect,
    Image, Parameters, Part, Provider, ProviderError, Role, Sampling, Timeouts, allowed, failure,
    gateway::GatewayEvents, timeout::within,
};

/// The most bytes of an error's body.
const ERROR_LIMIT: usize = 64 << 10;
/// Once the model is done, what else the server may send (usage, `[DONE]`) is not waited for longer
/// than this.
const TRAILER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// About how many tokens a picture has that is as large as it may be.
pub const IMAGE_TOKENS: u64 = 1_600;
/// The most tokens of a picture whose size in pixels no one looked at: the dearest count of a
/// provider, for reservations.
pub const MOST_IMAGE_TOKENS: u64 = 40_000;

/// One message of a prompt that is only text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl From<Message> for ChatMessage {
    fn from(message: Message) -> Self {
        Self::text(message.role, message.content)
    }
}

/// What is asked of a chat model.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// The prompt: instructions, earlier turns, the question last.
    pub messages: Vec<ChatMessage>,
    /// Pictures of the question, for models that see.
    pub images: Vec<Image>,
    /// A model of the provider; none: the configured one.
    pub model: Option<String>,
    /// How the model chooses its words.
    pub sampling: Sampling,
    /// Tools that it may call, and the form of its answer.
    pub options: AnswerOptions,
    /// The most tokens of the answer, for models of rows; none: the model's own limit.
    pub max_tokens: Option<u32>,
    /// Where the question comes from.
    pub attribution: Attribution,
    /// Sent along as `x-request-id`, so that the provider's log can be matched with ours.
    pub request_id: String,
    /// The tenant's name in Redis, which tells nothing outside: the built-in answerer serves
    /// tenants in turns.
    pub namespace: String,
}

/// Asks the configured chat model.
///
/// # Errors
/// `model_failed` if it cannot be reached or refuses.
pub async fn complete_stream(request: &Request) -> Result<Deltas> {
    Provider::chat().await?.complete_stream(request).await
}

impl Provider {
    /// Asks this provider; returns when the head of the answer is there.
    ///
    /// # Errors
    /// `model_failed` if it cannot be reached or refuses.
    pub async fn complete_stream(&self, request: &Request) -> Result<Deltas> {
        let model = request.model.as_deref().unwrap_or(&self.model);
        if model != self.model && !allowed::is_allowed_chat_model(model).await? {
            return Err(failure::not_allowed());
        }
        let out = self.post_chat(&chat_request(request, model), Some(&request.namespace))?;
        let out = out.header("x-request-id", request.request_id.clone());
        let answer = within(self.timeouts.first, http::send(out))
            .await
            .ok_or_else(|| failure::silent(self.timeouts.first.as_secs()))?;
        let answer = answer.map_err(|problem| failure::unreachable(&problem))?;
        if !(200..300).contains(&answer.status) {
            return Err(refused(answer).await);
        }
        let kind =
            answer.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let reader = ChatReader::new(Dialect::Compatible, kind);
        let timeouts = self.timeouts;
        let deltas = ProviderDeltas { timeouts, body: Some(answer.body), reader, began: false };
        Ok(Deltas(Source::Provider(Box::new(deltas))))
    }
}

fn chat_request(request: &Request, model: &str) -> ChatRequest {
    let mut messages = request.messages.clone();
    show(&mut messages, request.images.iter().cloned());
    let options = request.options.clone();
    let parameters =
        Parameters { sampling: request.sampling, format: options.format, ..Parameters::default() };
    ChatRequest {
        parameters,
        tools: options.tools,
        tool_choice: options.tool_choice,
        parallel_tool_calls: options.parallel_tool_calls,
        ..ChatRequest::new(model, messages)
    }
}

/// Puts pictures before the text of the last message, which is the question.
pub fn show(messages: &mut [ChatMessage], images: impl Iterator<Item = Image>) {
    if let Some(question) = messages.last_mut() {
        question.parts.splice(0..0, images.map(Part::Image));
    }
}

async fn refused(answer: Incoming) -> Problem {
    let (status, headers) = (answer.status, answer.headers.clone());
    let body = answer.bytes(ERROR_LIMIT).await.unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    failure::of(&ProviderError::from_response(status, header, &body, clock::now()))
}

/// An answer while it is written.
pub struct Deltas(Source);

enum Source {
    Provider(Box<ProviderDeltas>),
    Gateway(GatewayEvents),
}

impl Deltas {
    pub(crate) fn of_gateway(events: GatewayEvents) -> Self {
        Self(Source::Gateway(events))
    }

    /// The next delta; `None` once the provider said that it is done. May be dropped and called
    /// again without losing anything.
    ///
    /// # Errors
    /// `model_failed` if the provider reports a fault, breaks off, or falls silent.
    pub async fn next(&mut self) -> Result<Option<Delta>> {
        match &mut self.0 {
            Source::Provider(deltas) => deltas.next().await,
            Source::Gateway(events) => events.next().await,
        }
    }
}

/// The answer of the provider in the variables.
struct ProviderDeltas {
    timeouts: Timeouts,
    /// None: there is nothing more to read.
    body: Option<BodyStream>,
    reader: ChatReader,
    began: bool,
}

impl ProviderDeltas {
    async fn next(&mut self) -> Result<Option<Delta>> {
        loop {
            while let Some(event) = self.reader.next_event() {
                if let Some(delta) = delta_of(event)? {
                    return Ok(Some(delta));
                }
            }
            if self.reader.is_closed() {
                self.body = None;
            }
            let Some(body) = &mut self.body else { return Ok(None) };
            let limit = match (self.reader.is_finished(), self.began) {
                (true, _) => TRAILER_TIMEOUT,
                (false, true) => self.timeouts.between,
                (false, false) => self.timeouts.first,
            };
            match within(limit, body.next()).await {
                Some(Some(Ok(bytes))) => {
                    self.began = true;
                    self.reader.push(&bytes);
                }
                Some(Some(Err(cause))) => self.end(Some(&cause)),
                Some(None) => self.end(None),
                None if self.reader.is_finished() => self.end(None),
                None => {
                    self.body = None;
                    return Err(failure::silent(limit.as_secs()));
                }
            }
        }
    }

    fn end(&mut self, cause: Option<&str>) {
        self.body = None;
        self.reader.end(cause);
    }
}

/// What the conversation needs of an event.
fn delta_of(event: ChatEvent) -> Result<Option<Delta>> {
    let count = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(match event {
        ChatEvent::Text(text) => Some(Delta::Content(text)),
        ChatEvent::Thinking(text) => Some(Delta::Thinking(text)),
        ChatEvent::Usage(usage) => Some(Delta::Usage {
            prompt_tokens: count(usage.prompt),
            completion_tokens: count(usage.completion),
        }),
        ChatEvent::Finish(reason) => Some(Delta::Finish(reason.as_str().to_owned())),
        ChatEvent::ToolCall(call) => Some(Delta::ToolCall(call)),
        ChatEvent::Opaque(_) | ChatEvent::Model(_) => None,
        ChatEvent::Failed(error) => return Err(failure::of(&error)),
    })
}
