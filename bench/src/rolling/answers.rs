//! Open streams: answers of a slow model, which clients take up again where they broke off, and the
//! events of documents.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};
use tests::client::Client;
use tests::provider::{Provider, Script};

use super::{people::Person, request_counts::RequestCounts};

/// The time between two words of the model.
const WORD_EVERY: Duration = Duration::from_millis(250);
/// The time before a broken stream is taken up again.
const PAUSE: Duration = Duration::from_millis(200);
/// An answer takes no longer than this.
const TIMEOUT: Duration = Duration::from_secs(150);

/// How an answer ended.
#[derive(Debug)]
pub(crate) struct AnswerEnd {
    pub(crate) message: String,
    pub(crate) text: String,
    /// The last event: `done`, `stopped` or `error`.
    pub(crate) last: Value,
    /// Since the connection broke that the last event did not come on.
    pub(crate) after_break: Option<Duration>,
}

/// Has the model answer `question` with this many words, slowly; gives the text.
pub(crate) fn script(provider: &Provider, question: &str, words: usize) -> String {
    let words: Vec<String> = (0..words).map(|word| format!("{question}:{word} ")).collect();
    let whole = words.concat();
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    provider.on(question, Script::Live(receiver));
    tokio::spawn(async move {
        for word in words {
            tokio::time::sleep(WORD_EVERY).await;
            if sender.send(word).is_err() {
                return;
            }
        }
    });
    whole
}

impl Person {
    /// A new conversation.
    pub(crate) async fn conversation(&self) -> String {
        let new = json!({ "assistant_id": self.assistant });
        self.client.create("/api/v1/conversations", &new).await
    }

    /// Asks, and reads the answer to its end, over as many connections as it takes.
    pub(crate) async fn ask(
        &self,
        conversation: &str,
        question: &str,
        counts: &RequestCounts,
    ) -> Option<AnswerEnd> {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let body = json!({ "content": question });
        self.begin("POST question", &path, &body, counts).await
    }

    /// Has an answer written again.
    pub(crate) async fn regenerate(
        &self,
        message: &str,
        counts: &RequestCounts,
    ) -> Option<AnswerEnd> {
        let path = format!("/api/v1/messages/{message}/regenerate");
        self.begin("POST regenerate", &path, &json!({}), counts).await
    }

    async fn begin(
        &self,
        route: &'static str,
        path: &str,
        body: &Value,
        counts: &RequestCounts,
    ) -> Option<AnswerEnd> {
        let request = self.client.request(http::Method::POST, path).json(body);
        let key = uuid::Uuid::now_v7().to_string();
        let request = request.header("accept", "text/event-stream").header("idempotency-key", key);
        let response = sent(request, route, counts).await?;
        let mut answer = Answer::default();
        let ended = tokio::time::timeout(TIMEOUT, self.listen(&mut answer, response, counts)).await;
        if ended.is_err() {
            counts.wrong(&format!("{route}: no end after {TIMEOUT:?} and {:?}", answer.text));
            return None;
        }
        Some(AnswerEnd {
            after_break: answer.broke_at.map(|at| at.elapsed()),
            message: answer.message,
            text: answer.text,
            last: answer.last,
        })
    }

    async fn listen(
        &self,
        answer: &mut Answer,
        response: reqwest::Response,
        counts: &RequestCounts,
    ) {
        let mut response = Some(response);
        loop {
            if let Some(response) = response.take() {
                answer.read(response, counts).await;
            }
            if !answer.last.is_null() {
                return;
            }
            answer.broke_at = Some(Instant::now());
            counts.resumed();
            tokio::time::sleep(PAUSE).await;
            let path = format!("/api/v1/messages/{}/stream", answer.message);
            let request = self.client.request(http::Method::GET, &path);
            let request = request.header("last-event-id", &answer.id);
            response = sent(request, "GET stream", counts).await;
        }
    }
}

#[derive(Default)]
struct Answer {
    message: String,
    id: String,
    number: u64,
    text: String,
    last: Value,
    broke_at: Option<Instant>,
}

impl Answer {
    /// Reads one connection to its end.
    async fn read(&mut self, response: reqwest::Response, counts: &RequestCounts) {
        let mut events = Events::of(response);
        while let Some((id, data)) = events.next().await {
            let Some((number, written)) = position(&id) else {
                counts.wrong(&format!("an event with the id {id:?}"));
                continue;
            };
            if number <= self.number {
                counts.wrong(&format!("event {id} after {}", self.id));
            }
            (self.id, self.number) = (id, number);
            match data["type"].as_str().unwrap_or_default() {
                "start" => self.message = data["message_id"].as_str().unwrap().to_owned(),
                "chunk" => {
                    self.text += data["content"].as_str().unwrap();
                    if written != self.text.len() {
                        counts.wrong(&format!("event {} with {} bytes", self.id, self.text.len()));
                    }
                }
                "done" | "stopped" | "error" => {
                    self.last = data;
                    return;
                }
                _ => {}
            }
        }
    }
}

fn position(id: &str) -> Option<(u64, usize)> {
    let (number, written) = id.split_once('-')?;
    Some((number.parse().ok()?, written.parse().ok()?))
}

/// The events of a connection that have an id.
struct Events {
    pieces: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    waiting: Vec<u8>,
}

impl Events {
    fn of(response: reqwest::Response) -> Self {
        Self { pieces: response.bytes_stream().boxed(), waiting: Vec::new() }
    }

    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some(end) = self.waiting.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.waiting.drain(..end + 2).collect();
                let block = String::from_utf8(block).unwrap();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    return Some((id.to_owned(), serde_json::from_str(data).unwrap()));
                }
            }
            self.waiting.extend_from_slice(&self.pieces.next().await?.ok()?);
        }
    }
}

/// Sends a request; its answer, if it is a success.
pub(crate) async fn sent(
    request: reqwest::RequestBuilder,
    route: &'static str,
    counts: &RequestCounts,
) -> Option<reqwest::Response> {
    match request.send().await {
        Ok(response) if response.status().is_success() => {
            counts.answered(route, response.status().as_u16(), "");
            Some(response)
        }
        Ok(response) => {
            let status = response.status().as_u16();
            counts.answered(route, status, &response.text().await.unwrap_or_default());
            None
        }
        Err(error) => {
            counts.answered(route, 0, &format!("{error:?}"));
            None
        }
    }
}

/// Listens to a person's events, connection after connection, and notes documents that are ready.
pub(crate) async fn hear(
    client: Client,
    ready: Arc<Mutex<HashSet<String>>>,
    counts: RequestCounts,
) {
    // From the beginning: without an id a client has no place to continue from.
    let mut last = "0-0".to_owned();
    loop {
        let request = client.request(http::Method::GET, "/api/v1/events");
        let request = request.header("last-event-id", &last);
        if let Some(response) = sent(request, "GET events", &counts).await {
            let mut events = Events::of(response);
            while let Some((id, data)) = events.next().await {
                last = id;
                if data["type"] == "document" && data["status"] == "ready" {
                    let id = data["document_id"].as_str().unwrap().to_owned();
                    ready.lock().unwrap().insert(id);
                }
            }
        }
        counts.resumed();
        tokio::time::sleep(PAUSE).await;
    }
}
