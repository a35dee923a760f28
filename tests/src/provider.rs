//! A stub of a language model's provider with the wire format of OpenAI's chat completions: we have
//! no model, and a test must control the answer.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

/// The provider's behaviour for the next request.
pub enum Script {
    /// Streams these deltas and ends properly.
    Pieces(Vec<String>),
    /// Streams what the test sends, until the sender is dropped.
    Live(mpsc::UnboundedReceiver<String>),
    /// Streams what the test sends, and breaks the connection when the sender is dropped.
    Cut(mpsc::UnboundedReceiver<String>),
    /// Refuses with a status.
    Refuse(u16),
}

/// A busy model: it does not answer until this is dropped, and then breaks the connection.
pub struct Busy {
    _until_dropped: watch::Sender<()>,
}

#[derive(Default)]
struct Shared {
    scripts: Mutex<Vec<(String, Script)>>,
    requests: Mutex<Vec<Value>>,
    busy: Mutex<Vec<(String, watch::Receiver<()>)>>,
}

/// The running stub.
#[derive(Clone)]
pub struct Provider {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    shared: Arc<Shared>,
}

impl Provider {
    /// Starts it.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router =
            Router::new().route("/v1/chat/completions", post(complete)).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// Sets the behaviour for requests whose last message contains `question`. Tests run in
    /// parallel: each asks a question of its own.
    pub fn on(&self, question: &str, script: Script) {
        self.shared.scripts.lock().unwrap().push((question.to_owned(), script));
    }

    /// Makes every request whose last message contains `question` wait.
    #[must_use]
    pub fn be_busy_with(&self, question: &str) -> Busy {
        let (sender, receiver) = watch::channel(());
        self.shared.busy.lock().unwrap().push((question.to_owned(), receiver));
        Busy { _until_dropped: sender }
    }

    /// The received request whose last message contains `question`.
    #[must_use]
    pub fn request(&self, question: &str) -> Option<Value> {
        self.shared
            .requests
            .lock()
            .unwrap()
            .iter()
            .rev()
            .find(|r| last_message(r).contains(question))
            .cloned()
    }
}

fn last_message(request: &Value) -> &str {
    request["messages"]
        .as_array()
        .and_then(|m| m.last())
        .and_then(|m| m["content"].as_str())
        .unwrap_or_default()
}

fn chunk(content: &str) -> String {
    let delta = json!({ "id": "c", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] });
    format!("data: {delta}\n\n")
}

fn end() -> String {
    let stop = json!({ "id": "c", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "id": "c", "object": "chat.completion.chunk", "choices": [], "usage": { "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 } });
    format!("data: {stop}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

async fn complete(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let question = last_message(&request).to_owned();
    shared.requests.lock().unwrap().push(request);
    let busy = {
        let busy = shared.busy.lock().unwrap();
        busy.iter()
            .find(|(key, _)| question.contains(key.as_str()))
            .map(|(_, receiver)| receiver.clone())
    };
    if let Some(mut receiver) = busy {
        while receiver.changed().await.is_ok() {}
        return http::StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let script = {
        let mut scripts = shared.scripts.lock().unwrap();
        let found = scripts.iter().position(|(key, _)| question.contains(key.as_str()));
        found.map(|at| scripts.remove(at).1)
    };
    let stream = match script {
        Some(Script::Refuse(status)) => {
            let error =
                json!({ "error": { "message": "the stub refuses", "type": "server_error" } });
            return (http::StatusCode::from_u16(status).unwrap(), error.to_string())
                .into_response();
        }
        Some(Script::Pieces(pieces)) => whole(pieces),
        Some(Script::Cut(receiver)) => {
            live(receiver).chain(futures::stream::iter([Err(std::io::Error::other("cut"))])).boxed()
        }
        Some(Script::Live(receiver)) => {
            live(receiver).chain(futures::stream::iter([Ok(end())])).boxed()
        }
        None => whole(vec!["An answer ".to_owned(), "from the stub [1].".to_owned()]),
    };
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(stream))
        .unwrap()
}

fn live(
    receiver: mpsc::UnboundedReceiver<String>,
) -> futures::stream::BoxStream<'static, std::io::Result<String>> {
    futures::stream::unfold(
        receiver,
        |mut r| async move { r.recv().await.map(|p| (Ok(chunk(&p)), r)) },
    )
    .boxed()
}

fn whole(pieces: Vec<String>) -> futures::stream::BoxStream<'static, std::io::Result<String>> {
    futures::stream::iter(
        pieces.into_iter().map(|p| Ok(chunk(&p))).chain([Ok(end())]).collect::<Vec<_>>(),
    )
    .boxed()
}
