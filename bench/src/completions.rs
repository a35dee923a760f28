//! A chat completion through the OpenAI-compatible door and the gateway to an organisation's own
//! provider: against the provider alone and, if it is installed, LiteLLM's proxy before the same
//! provider.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::{Router, body::Body, response::IntoResponse as _, response::Response, routing::post};
use futures::{StreamExt, future};
use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

use crate::{Figure, percentiles};

/// Organisations, each with a provider, a model and a key of its own: no share of one is the limit.
const TENANTS: usize = 12;
/// Streams at a time, of all organisations.
const STREAMS: usize = 60;
const ROUNDS: usize = 5;
const QUESTION: &str = "How long is the bench?";

/// Where completions are asked for, and with which keys and model.
struct Target {
    url: String,
    /// Of each key a model's id; one for a server without organisations.
    keys: Vec<(String, String)>,
}

impl Target {
    fn body(&self, at: usize, is_stream: bool) -> Value {
        let (_, model) = &self.keys[at % self.keys.len()];
        json!({ "model": model, "stream": is_stream,
            "messages": [{ "role": "user", "content": QUESTION }] })
    }

    /// Requests per second of complete answers, by `wrk` with 16 connections for five seconds.
    fn rate(&self) -> f64 {
        let requests: Vec<String> = (0..self.keys.len())
            .map(|at| {
                let body = self.body(at, false).to_string();
                format!("{{ '{}', '{body}' }}", self.keys[at].0)
            })
            .collect();
        let mut script = tempfile::NamedTempFile::new().unwrap();
        write!(
            script,
            "local all = {{ {} }}\nlocal n = 0\nfunction request()\n n = n % #all + 1\n return wrk.format('POST', nil, {{ ['authorization'] = 'Bearer ' .. all[n][1], ['content-type'] = 'application/json' }}, all[n][2])\nend\n",
            requests.join(", ")
        )
        .unwrap();
        let mut command = Command::new("wrk");
        command.args(["-t1", "-c16", "-d5s", "-s"]).arg(script.path()).arg(&self.url);
        crate::load::rate(command)
    }

    /// Milliseconds to the first data of each of `STREAMS` answers at a time.
    async fn first_data(&self) -> Vec<f64> {
        let http = reqwest::Client::new();
        let mut samples = Vec::new();
        for _ in 0..ROUNDS {
            let one = |at: usize| {
                let (key, _) = &self.keys[at % self.keys.len()];
                let request = http.post(&self.url).bearer_auth(key).json(&self.body(at, true));
                async move {
                    let begun = Instant::now();
                    let answer = request.send().await.unwrap().error_for_status().unwrap();
                    let mut bytes = answer.bytes_stream();
                    let mut seen = Vec::new();
                    while !String::from_utf8_lossy(&seen).contains("first words") {
                        seen.extend_from_slice(&bytes.next().await.unwrap().unwrap());
                    }
                    let first = begun.elapsed().as_secs_f64() * 1e3;
                    while bytes.next().await.is_some() {}
                    first
                }
            };
            samples.extend(future::join_all((0..STREAMS).map(one)).await);
        }
        samples
    }
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let provider = provider().await;
    let host = stack
        .another_host(|config| {
            config.variables.insert("model_hosts".to_owned(), provider.clone());
        })
        .await;
    let direct = Target {
        url: format!("{provider}/v1/chat/completions"),
        keys: vec![("none".to_owned(), "m".to_owned())],
    };
    let ours = organisations(stack, &format!("http://{}", host.addr()), &provider).await;
    let proxy = LiteLlm::start(&provider).await;
    let mut rows = vec![("provider alone", &direct), ("Tessera", &ours)];
    if let Some(proxy) = &proxy {
        rows.push(("LiteLLM", &proxy.target));
    }
    let mut seen = Vec::new();
    for (name, target) in rows {
        target.first_data().await;
        let (half, most) = percentiles(target.first_data().await);
        let rate = tokio::task::block_in_place(|| target.rate());
        println!(
            "| {name}: complete answers, 16 at a time; first data of {STREAMS} streams at a time, p50 / p95 | {rate:.0} req/s; {half:.1} / {most:.1} ms | | | |"
        );
        seen.push((rate, half));
    }
    host.shutdown().await;
    let (alone, ours) = (seen[0], seen[1]);
    let theirs = seen.get(2);
    Figure {
        name: "chat completions through the OpenAI-compatible door to a provider",
        goal: ">= 10 x LiteLLM's requests, <= 0.2 x its added time",
        ours: format!("{:.0} req/s, {:.1} ms added (p50)", ours.0, ours.1 - alone.1),
        theirs: theirs.map_or_else(
            || format!("{:.0} req/s of the provider alone; LiteLLM is not there", alone.0),
            |it| format!("{:.0} req/s, {:.1} ms added by LiteLLM", it.0, it.1 - alone.1),
        ),
        result: theirs.map_or_else(
            || format!("{:.2}", ours.0 / alone.0),
            |it| format!("{:.1} x, {:.2} x", ours.0 / it.0, (ours.1 - alone.1) / (it.1 - alone.1)),
        ),
    }
}

/// A provider that answers at once, on a runtime of its own.
async fn provider() -> String {
    let (sender, receiver) = tokio::sync::oneshot::channel::<SocketAddr>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let router = Router::new().route("/v1/chat/completions", post(complete));
            axum::serve(listener, router).await.unwrap();
        });
    });
    format!("http://{}", receiver.await.unwrap())
}

async fn complete(body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 });
    if request["stream"] != true {
        let message = json!({ "role": "assistant", "content": "the first words and the last" });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        let answer = json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [choice], "usage": usage });
        return axum::Json(answer).into_response();
    }
    let chunk = |delta: Value, reason: Value| {
        json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] })
    };
    let counted = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1,
        "model": "m", "choices": [], "usage": usage });
    let events = [
        chunk(json!({ "role": "assistant", "content": "the first words" }), Value::Null),
        chunk(json!({ "content": " and the last" }), Value::Null),
        chunk(json!({}), "stop".into()),
        counted,
    ];
    let text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from(text + "data: [DONE]\n\n"))
        .unwrap()
}

async fn organisations(stack: &Stack, host: &str, provider: &str) -> Target {
    let mut keys = Vec::new();
    for _ in 0..TENANTS {
        let (at_home, _) = stack.person("bench").await;
        let mut client = Client::new(host);
        client.token.clone_from(&at_home.token);
        let own = json!({ "name": "Own", "dialect": "compatible",
            "base_url": format!("{provider}/v1"), "credential": "a-key-of-the-bench" });
        let own = client.create("/api/v1/admin/providers", &own).await;
        let model = json!({ "provider_id": own, "name": "m", "title": "M", "kind": "chat",
            "prices": { "standard": { "input": "1", "output": "1" } } });
        let model = client.create("/api/v1/admin/models", &model).await;
        let key =
            json!({ "name": "Bench", "scopes": ["models:use"], "requests_per_minute": 100_000 });
        let key = client.post("/api/v1/api-keys", &key).await.expect(201);
        keys.push((key["key"].as_str().unwrap().to_owned(), model));
    }
    Target { url: format!("{host}/openai/v1/chat/completions"), keys }
}

/// LiteLLM's proxy with one process, as `TESSERA_BENCH_LITELLM` names its program.
struct LiteLlm {
    target: Target,
    process: Child,
    _config: tempfile::NamedTempFile,
}

impl LiteLlm {
    async fn start(provider: &str) -> Option<Self> {
        let program = std::env::var_os("TESSERA_BENCH_LITELLM")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        write!(
            config,
            "model_list:\n  - model_name: m\n    litellm_params: {{ model: openai/m, api_base: {provider}/v1, api_key: x }}\n"
        )
        .unwrap();
        let process = Command::new(program)
            .arg("--config")
            .arg(config.path())
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--num_workers", "1"])
            .env("LITELLM_LOG", "ERROR")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("TESSERA_BENCH_LITELLM names a program");
        let url = format!("http://127.0.0.1:{port}");
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        while reqwest::get(format!("{url}/health/liveliness")).await.is_err() {
            assert!(Instant::now() < deadline, "LiteLLM does not answer at {url}");
            ticks.tick().await;
        }
        let keys = vec![("none".to_owned(), "m".to_owned())];
        let target = Target { url: format!("{url}/v1/chat/completions"), keys };
        Some(Self { target, process, _config: config })
    }
}

impl Drop for LiteLlm {
    fn drop(&mut self) {
        // It is gone already if it failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
