//! A language model in a server of its own beside this process: questions to it are passed on, so
//! many at a time, and users take turns.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Refusal;
use super::chat::{Request, Stop};
use crate::fair_queue::User;
use crate::fair_semaphore::{FairSemaphore, Permit};

/// Most tokens of an answer: some minutes on a slow processor.
const MOST_TOKENS: usize = 2048;
/// Most bytes of an answer as it is sent: a chunk of a stream takes 300 for each token.
const MOST_BYTES: usize = 4 << 20;
/// Most bytes of a prompt: no model here reads as many. Several wait in memory.
const PROMPT_BYTES: usize = 256 << 10;
/// Most bytes of a refusal.
const REFUSAL_BYTES: usize = 64 << 10;
/// How long the server may be silent: it reads a long prompt for a minute or two.
const IDLE_TIMEOUT: Duration = Duration::from_secs(180);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);
/// Sampling of requests that name none: answers from sources should not wander.
const TEMPERATURE: f64 = 0.0;
/// Begins a question that has sources in front of it.
const SOURCES: &str = "<sources>\n";
/// Follows such a question: a small model forgets what the system message said so far above it.
const REMINDER: &str = "\n\nAnswer in the language of the question, from the sources only, and put the number of the source after each sentence, as [1].";

/// A server's response to a question.
pub struct UpstreamResponse {
    /// Its HTTP status.
    pub status: u16,
    /// What it sends, as it comes. Dropped when no one reads it any more.
    pub body: BoxStream<'static, Result<Bytes, String>>,
}

/// The way to a language model's server, whose route for chats is OpenAI's.
pub trait Upstream: Send + Sync + 'static {
    /// Sends a request; returns when the head of the answer is there. Dropping the future gives
    /// the request up.
    fn post(&self, body: Vec<u8>) -> BoxFuture<'static, Result<UpstreamResponse, String>>;
}

/// A language model of a server beside this process.
pub struct Generator {
    name: String,
    upstream: Box<dyn Upstream>,
    semaphore: FairSemaphore,
    answer_tokens: usize,
}

impl Generator {
    /// The model that is called `name` on the wire, and generates `slots` answers at a time.
    #[must_use]
    pub fn new(name: &str, upstream: impl Upstream, slots: usize) -> Self {
        let semaphore = FairSemaphore::new(slots.max(1));
        Self {
            name: name.to_owned(),
            upstream: Box::new(upstream),
            semaphore,
            answer_tokens: MOST_TOKENS,
        }
    }

    /// The same with answers of at most so many tokens. A small model may find no end of its own.
    #[must_use]
    pub fn with_answer_tokens(self, tokens: usize) -> Self {
        Self { answer_tokens: tokens.clamp(1, MOST_TOKENS), ..self }
    }

    /// Its name on the wire.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Passes a question on; a streamed answer goes through as it comes. If the client leaves, the
    /// server stops generating.
    pub(super) async fn complete(
        &self,
        headers: &HeaderMap,
        request: Request,
    ) -> Result<Response, Refusal> {
        let user = headers.get("x-tessera-user").and_then(|name| name.to_str().ok());
        let question = UpstreamRequest::of(request, &self.name, self.answer_tokens)?;
        let permit = self.semaphore.acquire(user.map_or_else(User::default, User::named)).await;
        let permit = permit.map_err(Refusal::failed)?;
        let body = serde_json::to_vec(&question).map_err(|_| Refusal::generator_unavailable())?;
        let answer = match timeout(IDLE_TIMEOUT, self.upstream.post(body)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => return Err(Refusal::generator_unavailable()),
        };
        let status = answer.status;
        let mut answer = AnswerStream::begin(answer, permit);
        if status != 200 {
            let said = answer.whole(REFUSAL_BYTES).await.unwrap_or_default();
            return Err(Refusal::of_generator(status, &said));
        }
        if question.stream {
            let frames = stream::unfold(answer, |mut answer| async move {
                let frame = answer.next().await?;
                Some((frame, answer))
            });
            let kind = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            ];
            return Ok((kind, Body::from_stream(frames)).into_response());
        }
        let whole = answer.whole(MOST_BYTES).await.ok_or_else(Refusal::generator_unavailable)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], whole).into_response())
    }
}

/// The request for the server: members of OpenAI's that we know, and none of the server's own.
#[derive(Serialize)]
struct UpstreamRequest<'a> {
    model: &'a str,
    messages: Vec<TextMessage>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
    max_tokens: usize,
    temperature: f64,
    /// llama.cpp's: what an answer is to reuse of another's prompt shows in its time, and prompts
    /// are of many tenants.
    cache_prompt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop: Vec<String>,
}

/// A message as text.
#[derive(Serialize)]
struct TextMessage {
    role: &'static str,
    content: String,
}

impl<'a> UpstreamRequest<'a> {
    fn of(request: Request, model: &'a str, most: usize) -> Result<Self, Refusal> {
        let messages = request.messages.into_iter().map(|message| {
            let role = match message.role.as_str() {
                "system" | "developer" => "system",
                "user" => "user",
                "assistant" => "assistant",
                _ => {
                    let message = "The roles `system`, `user` and `assistant` expected.";
                    return Err(Refusal::field("messages", message));
                }
            };
            Ok(TextMessage { role, content: message.text() })
        });
        let mut messages = messages.collect::<Result<Vec<_>, _>>()?;
        if messages.iter().map(|message| message.content.len()).sum::<usize>() > PROMPT_BYTES {
            return Err(Refusal::too_long_for_generator());
        }
        if let Some(question) = messages.last_mut().filter(|it| it.content.starts_with(SOURCES)) {
            question.content.push_str(REMINDER);
        }
        let limit = request.max_completion_tokens.or(request.max_tokens);
        let with_usage = request.stream_options.and_then(|options| options.include_usage);
        Ok(Self {
            model,
            messages,
            stream: request.stream == Some(true),
            stream_options: (with_usage == Some(true)).then(|| json!({ "include_usage": true })),
            max_tokens: limit.unwrap_or(most).clamp(1, most),
            temperature: request.temperature.unwrap_or(TEMPERATURE),
            cache_prompt: false,
            top_p: request.top_p,
            // The server has 32 bits for it.
            seed: request.seed.map(|seed| seed.rem_euclid(1 << 32)),
            stop: request.stop.map(Stop::texts).transpose()?.unwrap_or_default(),
        })
    }
}

/// An answer while the server sends it; it has its permit to the end.
struct AnswerStream {
    /// None: nothing more comes.
    body: Option<BoxStream<'static, Result<Bytes, String>>>,
    until: Instant,
    left: usize,
    _permit: Permit,
}

impl AnswerStream {
    fn begin(answer: UpstreamResponse, permit: Permit) -> Self {
        let until = Instant::now() + ANSWER_TIMEOUT;
        Self { body: Some(answer.body), until, left: MOST_BYTES, _permit: permit }
    }

    /// The next bytes; none at the end. After an error nothing follows.
    async fn next(&mut self) -> Option<Result<Bytes, String>> {
        let body = self.body.as_mut()?;
        let limit = IDLE_TIMEOUT.min(self.until.saturating_duration_since(Instant::now()));
        let frame = match timeout(limit, body.next()).await {
            Ok(Some(Ok(bytes))) => match self.left.checked_sub(bytes.len()) {
                Some(left) => {
                    self.left = left;
                    return Some(Ok(bytes));
                }
                None => Some(Err("the answer is too long".to_owned())),
            },
            Ok(other) => other,
            Err(_) => Some(Err("the model took too long".to_owned())),
        };
        self.body = None;
        frame
    }

    /// All of it; none if it breaks off or has more bytes than `most`.
    async fn whole(&mut self, most: usize) -> Option<Vec<u8>> {
        self.left = most;
        let mut whole = Vec::new();
        while let Some(frame) = self.next().await {
            whole.extend_from_slice(&frame.ok()?);
        }
        Some(whole)
    }
}
