//! A language model beside the process: what reaches its server, and what comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use embedding::{Generator, Models, Upstream, UpstreamResponse, router};
use futures::future::{BoxFuture, FutureExt};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::ServiceExt;

use super::model::MODEL;

const NAME: &str = "local/small";
const LIMIT: Duration = Duration::from_secs(10);

/// A server that answers as the test says, and what it was sent.
#[derive(Clone)]
struct Server {
    answers: Arc<Mutex<Vec<Result<UpstreamResponse, String>>>>,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Upstream for Server {
    fn post(&self, body: Vec<u8>) -> BoxFuture<'static, Result<UpstreamResponse, String>> {
        self.seen.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let answer = self.answers.lock().unwrap().remove(0);
        async move { answer }.boxed()
    }
}

/// Models with a generator that gives these answers one after the other.
fn models(answers: impl Into<Vec<Result<UpstreamResponse, String>>>) -> (Server, Models) {
    let server = Server { answers: Arc::new(Mutex::new(answers.into())), seen: Arc::default() };
    let generator = Generator::new(NAME, server.clone(), 1);
    (server, Models::from(MODEL.clone()).with_generator(generator))
}

fn whole(status: u16, body: &str) -> Result<UpstreamResponse, String> {
    let body = Bytes::from(body.to_owned());
    Ok(UpstreamResponse { status, body: stream::iter([Ok(body)]).boxed() })
}

async fn ask(models: &Models, request: Value) -> Response {
    let request = Request::post("/v1/chat/completions")
        .header("content-type", "application/json")
        .header("x-tessera-user", "someone")
        .body(Body::from(request.to_string()));
    router(models.clone()).oneshot(request.unwrap()).await.unwrap()
}

fn question() -> Value {
    json!({ "model": NAME, "messages": [{ "role": "user", "content": "When?" }], "stream": true })
}

async fn text(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn known_members_are_passed_on_and_the_stream_comes_through() {
    const EVENTS: &str = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    let (server, models) = models([whole(200, EVENTS)]);
    let mut request = question();
    request["messages"] = json!([
        { "role": "developer", "content": [{ "type": "text", "text": "Be brief." }] },
        { "role": "user", "content": "When?" }
    ]);
    for (name, value) in [
        ("stream_options", json!({ "include_usage": true })),
        ("max_completion_tokens", json!(1_000_000)),
        ("stop", json!("\n\n")),
        ("top_p", json!(0.5)),
        ("seed", json!(-1)),
        // The server's own, by which a client could reach another's conversation.
        ("id_slot", json!(0)),
        ("grammar", json!("root ::= \"x\"")),
    ] {
        request[name] = value;
    }
    assert_eq!(text(ask(&models, request).await).await, (StatusCode::OK, EVENTS.to_owned()));
    let body = server.seen.lock().unwrap().pop().unwrap();
    let expected = json!({
        "model": NAME, "stream": true, "stream_options": { "include_usage": true },
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "When?" }],
        "max_tokens": 2048, "temperature": 0.0, "cache_prompt": false, "top_p": 0.5, "seed": 4_294_967_295_u32, "stop": ["\n\n"],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_the_server_refuses_is_said_in_our_shape() {
    let said = json!({ "error": { "type": "exceed_context_size_error", "message": "too long" } });
    let away = Err("connection refused".to_owned());
    let (_, models) = models([whole(400, &said.to_string()), whole(401, "<html>"), away]);
    let (status, body) = text(ask(&models, question()).await).await;
    let error = serde_json::from_str::<Value>(&body).unwrap()["error"].clone();
    assert_eq!((status, &error["message"]), (StatusCode::BAD_REQUEST, &json!("too long")));
    assert_eq!(error["code"], "context_length_exceeded");
    let (status, body) = text(ask(&models, question()).await).await;
    assert!(status == StatusCode::BAD_GATEWAY && !body.contains("<html>"), "{status} {body}");

    assert_eq!(ask(&models, question()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let mut long = question();
    long["messages"][0]["content"] = json!("x".repeat((256 << 10) + 1));
    assert_eq!(ask(&models, long).await.status(), StatusCode::BAD_REQUEST, "it is not passed on");
    let mut odd = question();
    odd["messages"][0]["role"] = json!("tool");
    assert_eq!(ask(&models, odd).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_answer_that_no_one_reads_ends_at_the_server_and_the_next_begins() {
    let (say, said) = mpsc::unbounded_channel::<Bytes>();
    let body = stream::unfold(said, async |mut said| Some((Ok(said.recv().await?), said)));
    let (_, models) =
        models([Ok(UpstreamResponse { status: 200, body: body.boxed() }), whole(200, "next")]);
    say.send("first".into()).unwrap();
    let mut answer = ask(&models, question()).await.into_body().into_data_stream();
    assert_eq!(answer.next().await.unwrap().unwrap(), "first");
    let mut next = Box::pin(ask(&models, question()));
    assert!(futures::poll!(&mut next).is_pending(), "one answer at a time");
    drop(answer);
    tokio::time::timeout(LIMIT, say.closed()).await.expect("the server is not notified");
    assert_eq!(text(next.await).await, (StatusCode::OK, "next".to_owned()));
}
