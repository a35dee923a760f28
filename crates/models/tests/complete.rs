//! Asking a chat model.

use std::time::Duration;

use kernel::{Code, Problem};
use models::{
    AnswerOptions, Attribution, ChatMessage, Delta, Provider, Request, Role, Sampling, Timeouts,
};
use serde_json::json;

use crate::provider::{Provider as Stub, Reply};

const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Half an \"}}]}\n\n";
const MORE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"answer.\"}}]}\n\n";
const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n";

fn provider(url: &str, millis: u64) -> Provider {
    let limit = Duration::from_millis(millis);
    let timeouts = Timeouts { first: limit, between: limit };
    Provider {
        url: url.to_owned(),
        key: Some("secret".to_owned()),
        model: "default-model".to_owned(),
        timeouts,
        prices: models::PriceList::default(),
    }
}

fn request() -> Request {
    let messages =
        vec![ChatMessage::text(Role::System, "be brief"), ChatMessage::text(Role::User, "when?")];
    Request {
        messages,
        images: Vec::new(),
        model: None,
        sampling: Sampling { temperature: Some(0.5), top_p: Some(0.9) },
        max_tokens: None,
        attribution: Attribution::default(),
        options: AnswerOptions::default(),
        request_id: "req-1".to_owned(),
        namespace: "tenant-1".to_owned(),
    }
}

/// The text that came and how it ended.
async fn ask(provider: &Provider) -> (String, Result<Vec<Delta>, Problem>) {
    let mut text = String::new();
    let mut others = Vec::new();
    let mut deltas = match provider.complete_stream(&request()).await {
        Ok(deltas) => deltas,
        Err(problem) => return (text, Err(problem)),
    };
    loop {
        match deltas.next().await {
            Ok(Some(Delta::Content(more))) => text.push_str(&more),
            Ok(Some(other)) => others.push(other),
            Ok(None) => return (text, Ok(others)),
            Err(problem) => return (text, Err(problem)),
        }
    }
}

async fn ask_stub(
    reply: impl Fn() -> Reply + Send + 'static,
) -> (String, Result<Vec<Delta>, Problem>) {
    let stub = Stub::start(move |_, _| reply()).await;
    ask(&provider(&stub.url, 20_000)).await
}

fn code(outcome: Result<Vec<Delta>, Problem>) -> Code {
    outcome.expect_err("expected a failure").code
}

#[tokio::test]
async fn an_answer_comes_with_its_usage_and_ends_once_the_model_is_done() {
    let (text, rest) = ask_stub(|| {
        Stub::events(&format!(": hello\r\n\r\n{TEXT}{MORE}{FINISH}{USAGE}data: [DONE]\n\n"))
    })
    .await;
    assert_eq!(text, "Half an answer.");
    let usage = Delta::Usage { prompt_tokens: 7, completion_tokens: 3 };
    assert_eq!(rest, Ok(vec![Delta::Finish("stop".to_owned()), usage]));
}

#[tokio::test]
async fn pieces_are_given_out_as_they_come() {
    let (pieces, receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut receiver = Some(receiver);
    let stub = Stub::start(move |_, _| Reply::Live(receiver.take().unwrap())).await;
    let mut deltas = provider(&stub.url, 20_000).complete_stream(&request()).await.unwrap();
    pieces.send(TEXT.to_owned()).unwrap();
    assert_eq!(deltas.next().await, Ok(Some(Delta::Content("Half an ".to_owned()))));
    pieces.send(format!("{MORE}data: [DONE]\n\n")).unwrap();
    assert_eq!(deltas.next().await, Ok(Some(Delta::Content("answer.".to_owned()))));
    assert_eq!(deltas.next().await, Ok(None));
    assert_eq!(deltas.next().await, Ok(None), "the end stays the end");
}

#[tokio::test]
async fn the_request_is_what_openai_expects() {
    let stub = Stub::start(|_, _| Stub::events("data: [DONE]\n\n")).await;
    ask(&provider(&stub.url, 20_000)).await.1.unwrap();
    let sent = stub.requests().remove(0);
    assert_eq!(
        (&sent["model"], &sent["stream"], &sent["temperature"], &sent["top_p"]),
        (&json!("default-model"), &json!(true), &json!(0.5), &json!(0.9))
    );
    assert_eq!(sent["messages"][1], json!({ "role": "user", "content": "when?" }));
    assert_eq!(
        sent.get("user"),
        None,
        "some providers refuse a body with a member that they do not know"
    );
    assert_eq!(stub.header("x-tessera-user"), [Some("tenant-1".to_owned())]);
}

#[tokio::test]
async fn tools_and_formats_are_asked_for_and_calls_come_back() {
    let stub = Stub::start(|_, _| {
        let call =
            json!({ "index": 0, "id": "c1", "function": { "name": "f", "arguments": "{}" } });
        let chunk = json!({ "choices": [{ "delta": { "tool_calls": [call] } }] });
        Stub::events(&format!("data: {chunk}\n\n{FINISH}data: [DONE]\n\n"))
    })
    .await;
    let tool = models::Tool {
        name: "f".to_owned(),
        description: String::new(),
        parameters: json!({ "type": "object" }),
        strict: false,
    };
    let format = Some(models::AnswerFormat::JsonObject);
    let options = AnswerOptions { tools: vec![tool], format, ..AnswerOptions::default() };
    let asked = Request { options, ..request() };
    let mut deltas = provider(&stub.url, 20_000).complete_stream(&asked).await.unwrap();
    let Ok(Some(Delta::ToolCall(call))) = deltas.next().await else { panic!("expected a call") };
    assert_eq!((call.id.as_deref(), call.name.as_deref()), (Some("c1"), Some("f")));
    assert_eq!(deltas.next().await, Ok(Some(Delta::Finish("tool_calls".to_owned()))));
    let sent = stub.requests().remove(0);
    assert_eq!(
        (&sent["tools"][0]["function"]["name"], &sent["response_format"]["type"]),
        (&json!("f"), &json!("json_object"))
    );
}

#[tokio::test]
async fn some_servers_say_only_that_they_are_finished() {
    let (text, end) = ask_stub(|| Stub::events(&format!("{TEXT}{FINISH}"))).await;
    assert_eq!((text.as_str(), end.is_ok()), ("Half an ", true));
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_a_failure_after_its_text() {
    let replies: [fn() -> Reply; 3] = [
        || Stub::events(TEXT),
        || Stub::cut(TEXT),
        || Stub::events(&format!("{TEXT}data: {{\"choices\":[")),
    ];
    for reply in replies {
        let (text, end) = ask_stub(reply).await;
        assert_eq!((text.as_str(), code(end)), ("Half an ", Code::ModelFailed));
    }
}

#[tokio::test]
async fn an_error_in_the_stream_is_a_failure_after_its_text() {
    let (text, end) = ask_stub(|| {
        Stub::events(&format!(
            "{TEXT}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n{MORE}data: [DONE]\n\n"
        ))
    })
    .await;
    assert_eq!((text.as_str(), code(end)), ("Half an ", Code::ModelFailed));
}

#[tokio::test]
async fn a_server_that_cannot_stream_answers_at_once() {
    let whole = json!({"choices":[{"message":{"content":"All of it."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}});
    let (text, end) = ask_stub(move || Stub::json(200, &whole)).await;
    assert_eq!((text.as_str(), end.map(|rest| rest.len())), ("All of it.", Ok(2)));
}

#[tokio::test]
async fn a_refusal_is_a_failure_with_a_sentence() {
    for status in [400, 401, 404, 429, 500, 503] {
        let (_, end) =
            ask_stub(move || Stub::json(status, &json!({"error":{"message":"no"}}))).await;
        let problem = end.unwrap_err();
        assert_eq!(problem.code, Code::ModelFailed, "{status}");
        assert!(
            problem.cause.as_deref().unwrap_or_default().contains(&status.to_string()),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let stub = Stub::start(|_, _| Reply::Silence).await;
    let (_, end) = ask(&provider(&stub.url, 50)).await;
    assert_eq!(code(end), Code::ModelFailed);
    let (pieces, receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut receiver = Some(receiver);
    let stub = Stub::start(move |_, _| Reply::Live(receiver.take().unwrap())).await;
    pieces.send(TEXT.to_owned()).unwrap();
    let (text, end) = ask(&provider(&stub.url, 200)).await;
    assert_eq!((text.as_str(), code(end)), ("Half an ", Code::ModelFailed));
    drop(pieces);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failure() {
    let (_, end) = ask(&provider("http://127.0.0.1:1/v1", 20_000)).await;
    let problem = end.unwrap_err();
    assert_eq!(problem.code, Code::ModelFailed);
    assert!(problem.detail.contains("could not be reached"), "{problem}");
}
