//! Asking a chat model, and reading its answer while it writes.

use std::collections::VecDeque;

use futures::StreamExt;
use kernel::{Problem, Result};
use platform::http::{self, BodyStream, Incoming};
use serde_json::{Value, json};

use crate::{
    Delta, Provider, allowed,
    delta::{self, DONE},
    event_reader::EventReader,
    failure,
    timeout::within,
};

/// The most bytes of an answer that comes at once, or of an error's body.
const BODY_LIMIT: usize = 4 << 20;
/// Once the model is done, what else the server may send (usage, `[DONE]`) is not waited for longer than this.
const TRAILER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The instructions.
    System,
    /// The person.
    User,
    /// The model, earlier.
    Assistant,
}

/// One message of a prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// What is asked of a chat model.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// The prompt: instructions, earlier turns, the question last.
    pub messages: Vec<Message>,
    /// A model of the provider; none: the configured one.
    pub model: Option<String>,
    /// 0 to 2; none: the model's default.
    pub temperature: Option<f64>,
    /// 0 to 1; none: the model's default.
    pub top_p: Option<f64>,
    /// Sent along as `x-request-id`, so that the provider's log can be matched with ours.
    pub request_id: String,
    /// The tenant's name in Redis, which tells nothing outside: the built-in answerer serves tenants in turns.
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
        let out = self.post("chat/completions", &body(request, model), Some(&request.namespace));
        let out = out.header("accept", "text/event-stream".to_owned());
        let out = out.header("x-request-id", request.request_id.clone());
        let answer = within(self.timeouts.first, http::send(out))
            .await
            .ok_or_else(|| failure::silent(self.timeouts.first.as_secs()))?;
        let answer = answer.map_err(|problem| failure::unreachable(&problem))?;
        let mut deltas = Deltas {
            provider: self.clone(),
            body: None,
            reader: EventReader::default(),
            ready: VecDeque::new(),
            finished: false,
            began: false,
            failure: None,
        };
        if answer.status != 200 {
            return Err(refused(answer).await);
        }
        let kind = answer.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            // A server that cannot stream answers all at once.
            let whole = answer.bytes(BODY_LIMIT).await.map_err(|p| failure::cut_off(p.cause.unwrap_or_default()))?;
            deltas.take(&String::from_utf8_lossy(&whole));
        } else {
            deltas.body = Some(answer.body);
        }
        Ok(deltas)
    }
}

fn body(request: &Request, model: &str) -> Value {
    let role = |role| match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let messages: Vec<Value> =
        request.messages.iter().map(|m| json!({"role": role(m.role), "content": m.content})).collect();
    let mut body =
        json!({"model": model, "messages": messages, "stream": true, "stream_options": {"include_usage": true}});
    if let Some(members) = body.as_object_mut() {
        let settings = [("temperature", request.temperature), ("top_p", request.top_p)];
        members.extend(settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
    }
    body
}

async fn refused(answer: Incoming) -> Problem {
    let status = answer.status;
    let body = answer.bytes(BODY_LIMIT).await.unwrap_or_default();
    failure::refused(status, &String::from_utf8_lossy(&body))
}

/// An answer while it is written.
pub struct Deltas {
    provider: Provider,
    /// None: there is nothing more to read.
    body: Option<BodyStream>,
    reader: EventReader,
    ready: VecDeque<Delta>,
    finished: bool,
    began: bool,
    failure: Option<Problem>,
}

impl Deltas {
    /// The next piece; `None` once the provider said that it is done. May be dropped and called again without losing anything.
    ///
    /// # Errors
    /// `model_failed` if the provider reports a fault, breaks off, or falls silent.
    pub async fn next(&mut self) -> Result<Option<Delta>> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Ok(Some(delta));
            }
            if let Some(problem) = self.failure.take() {
                self.body = None;
                return Err(problem);
            }
            let limit = match (self.finished, self.began) {
                (true, _) => TRAILER_TIMEOUT,
                (false, true) => self.provider.timeouts.between,
                (false, false) => self.provider.timeouts.first,
            };
            let Some(body) = &mut self.body else {
                return self.end("the connection closed without [DONE] or finish_reason");
            };
            match within(limit, body.next()).await {
                Some(Some(Ok(piece))) => self.read(&piece),
                Some(Some(Err(cause))) => return self.end(&cause),
                Some(None) => {
                    self.body = None;
                    if let Some(data) = self.reader.finish() {
                        self.take(&data);
                    }
                }
                None if self.finished => self.body = None,
                None => {
                    self.body = None;
                    self.finished = true;
                    return Err(failure::silent(limit.as_secs()));
                }
            }
        }
    }

    /// The stream is over: as it should be, or too early. A second call says the end only.
    fn end(&mut self, cause: &str) -> Result<Option<Delta>> {
        self.body = None;
        if std::mem::replace(&mut self.finished, true) { Ok(None) } else { Err(failure::cut_off(cause)) }
    }

    fn read(&mut self, piece: &[u8]) {
        self.began = true;
        match self.reader.push(piece) {
            Ok(events) => events.iter().for_each(|data| self.take(data)),
            Err(_) => self.failure = Some(failure::unreadable("an event of more than 1 MiB")),
        }
    }

    /// One event. Text that came together stays together.
    fn take(&mut self, data: &str) {
        if self.failure.is_some() || data.trim().is_empty() {
            return;
        }
        if data.trim() == DONE {
            self.finished = true;
            self.body = None;
            return;
        }
        match delta::parse(data) {
            Ok(deltas) => deltas.into_iter().for_each(|delta| self.add(delta)),
            Err(problem) => {
                self.finished = true;
                self.failure = Some(problem);
            }
        }
    }

    fn add(&mut self, delta: Delta) {
        self.finished |= matches!(delta, Delta::Finish(_));
        match (self.ready.back_mut(), delta) {
            (Some(Delta::Content(text)), Delta::Content(more))
            | (Some(Delta::Thinking(text)), Delta::Thinking(more)) => text.push_str(&more),
            (_, delta) => self.ready.push_back(delta),
        }
    }
}
