//! `POST /v1/chat/completions`: the extractive answerer, whole or streamed, and the language model
//! beside it if there is one.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ANSWER_MODEL, ANSWER_MODEL_ALIAS, Refusal, for_user, now};
use crate::answer::answer;
use crate::{Models, Tokenizer};

/// The request; other members are left aside.
#[derive(Deserialize)]
pub(super) struct Request {
    model: String,
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    #[serde(default)]
    pub(super) max_tokens: Option<usize>,
    #[serde(default)]
    pub(super) max_completion_tokens: Option<usize>,
    #[serde(default)]
    n: Option<u32>,
    /// How a language model chooses its words; it means nothing to quotations, as `stop`.
    #[serde(default)]
    pub(super) temperature: Option<f64>,
    #[serde(default)]
    pub(super) top_p: Option<f64>,
    #[serde(default)]
    pub(super) seed: Option<i64>,
    #[serde(default)]
    pub(super) stop: Option<Stop>,
}

#[derive(Deserialize)]
pub(super) struct StreamOptions {
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
}

/// Texts that end an answer.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Stop {
    One(String),
    Many(Vec<String>),
}

impl Stop {
    /// At most four, as OpenAI has it.
    pub(super) fn texts(self) -> Result<Vec<String>, Refusal> {
        let texts = match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        };
        if texts.len() > 4 || texts.iter().any(|text| text.is_empty() || text.len() > 1_000) {
            return Err(Refusal::field("stop", "At most 4 texts of 1 to 1 000 bytes expected."));
        }
        Ok(texts)
    }
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

impl Message {
    pub(super) fn text(self) -> String {
        match self.content {
            None => String::new(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
        }
    }
}

/// A finished answer on its way to the client.
struct Completion {
    id: String,
    created: u64,
    /// Words with the space before them.
    pieces: Vec<String>,
    finish_reason: &'static str,
    usage: Value,
}

/// Lets the model that the request names answer.
pub(super) async fn create(
    State(models): State<Models>,
    headers: HeaderMap,
    request: Result<Json<Request>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(request) = request?;
    if request.n.is_some_and(|n| n != 1) {
        return Err(Refusal::field("n", "1 expected: there is one answer."));
    }
    match (request.model.as_str(), models.generator()) {
        (ANSWER_MODEL | ANSWER_MODEL_ALIAS, _) => extract(&models, &headers, request).await,
        (name, Some(generator)) if name == generator.name() => {
            generator.complete(&headers, request).await
        }
        (name, _) => Err(Refusal::unknown_model(name)),
    }
}

/// Answers the last question from the sources in the system message.
async fn extract(
    models: &Models,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let embedder = for_user(models.answerer(), headers);
    let (mut system, mut question, mut prompt_tokens) = (String::new(), None, 0);
    for message in request.messages {
        let role = message.role.clone();
        let text = message.text();
        prompt_tokens += embedder.tokenizer().count(&text);
        match role.as_str() {
            "system" | "developer" => system = text,
            "user" => question = Some(text),
            _ => {}
        }
    }
    let question =
        question.ok_or_else(|| Refusal::field("messages", "A message of role `user` expected."))?;
    let text = answer(&embedder, &system, &question).await.map_err(Refusal::failed)?;
    let limit = request.max_completion_tokens.or(request.max_tokens).unwrap_or(usize::MAX);
    let completion = Completion::new(embedder.tokenizer(), &text, limit, prompt_tokens);
    if request.stream != Some(true) {
        return Ok(Json(completion.whole()).into_response());
    }
    let with_usage =
        request.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    Ok(completion.streamed(with_usage))
}

impl Completion {
    /// Cuts the answer into words, and after `limit` tokens altogether.
    fn new(tokenizer: &Tokenizer, text: &str, limit: usize, prompt_tokens: usize) -> Self {
        static ANSWERS: AtomicU64 = AtomicU64::new(0);
        let created = now();
        let id = format!("chatcmpl-{created:x}-{:x}", ANSWERS.fetch_add(1, Ordering::Relaxed));
        let (mut pieces, mut tokens, mut finish_reason) = (Vec::new(), 0, "stop");
        for piece in words(text) {
            let more = tokenizer.count(piece);
            if tokens + more > limit {
                finish_reason = "length";
                break;
            }
            tokens += more;
            pieces.push(piece.to_owned());
        }
        let total = prompt_tokens + tokens;
        let usage = json!({"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": total});
        Self { id, created, pieces, finish_reason, usage }
    }

    fn whole(self) -> Value {
        let message =
            json!({"role": "assistant", "content": self.pieces.concat(), "refusal": null});
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": ANSWER_MODEL,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": self.finish_reason}],
            "usage": self.usage,
        })
    }

    /// One event per word, `[DONE]` at the end.
    fn streamed(self, with_usage: bool) -> Response {
        let mut events =
            vec![self.event(with_usage, &json!({"role": "assistant", "content": ""}), None)];
        events.extend(
            self.pieces
                .iter()
                .map(|piece| self.event(with_usage, &json!({"content": piece}), None)),
        );
        events.push(self.event(with_usage, &json!({}), Some(self.finish_reason)));
        if with_usage {
            events.push(self.chunk(&json!([]), Some(&self.usage)));
        }
        events.push("data: [DONE]\n\n".to_owned());
        let body =
            Body::from_stream(futures::stream::iter(events.into_iter().map(Ok::<_, Infallible>)));
        ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")], body)
            .into_response()
    }

    fn event(&self, with_usage: bool, delta: &Value, finish_reason: Option<&str>) -> String {
        let choice =
            json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        self.chunk(&json!([choice]), with_usage.then_some(&Value::Null))
    }

    /// One event; where usage is wanted, every event before the last has it as null.
    fn chunk(&self, choices: &Value, usage: Option<&Value>) -> String {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: ANSWER_MODEL,
            choices,
            usage,
        };
        format!("data: {}\n\n", json!(chunk))
    }
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'static str,
    choices: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Value>,
}

/// The words of a text, each with the white space before it, so that together they are the text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|c: char| !c.is_whitespace())?;
        let end =
            rest.get(word..)?.find(char::is_whitespace).map_or(rest.len(), |length| word + length);
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(piece)
    })
}
