//! Ollama's own API (S17).

use models::{Dialect, ErrorKind, FinishReason, Image, Part};
use serde_json::{Value, json};

use super::{Answer, body_of, conversation, endpoint, question, read, read_events};

const DIALECT: Dialect = Dialect::Ollama;

fn lines(lines: &[Value]) -> Answer {
    read(
        DIALECT,
        "application/x-ndjson",
        &lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
    )
}

#[test]
fn lines_are_read_until_the_one_that_is_done() {
    let call = json!({ "function": { "name": "f", "arguments": { "a": 1 } } });
    let answer = lines(&[
        json!({ "model": "llama", "message": { "role": "assistant", "content": "", "thinking": "hm" }, "done": false }),
        json!({ "model": "llama", "message": { "content": "Yes", "tool_calls": [call] }, "done": false }),
        json!({ "model": "llama", "message": { "content": "" }, "done": true, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3 }),
    ]);
    assert_eq!((answer.text.as_str(), answer.thinking.as_str(), answer.error), ("Yes", "hm", None));
    assert_eq!(
        (answer.calls(), answer.finish.clone()),
        (vec![("call_0", "f", "{\"a\":1}")], Some(FinishReason::ToolCalls))
    );
    assert_eq!(answer.usage.map(|usage| (usage.prompt, usage.completion)), Some((7, 3)));
}

#[test]
fn an_error_line_is_a_failure_and_a_missing_end_too() {
    let text = json!({ "message": { "content": "a" }, "done": false });
    let answer =
        lines(&[text.clone(), json!({ "error": "model runner has unexpectedly stopped" })]);
    assert_eq!((answer.text.as_str(), answer.error), ("a", Some(ErrorKind::Server)));
    assert_eq!(lines(&[text]).error, Some(ErrorKind::Truncated));
    let openai = read_events(
        Dialect::Compatible,
        &[json!({ "choices": [{ "delta": { "content": "a" } }] }), json!({ "choices": [] })],
    );
    assert_eq!(openai.error, Some(ErrorKind::Truncated), "its compatible endpoint just ends");
}

#[test]
fn pictures_are_bytes_and_an_address_is_refused() {
    let mut request = conversation(DIALECT, json!({}), None);
    let body = body_of(DIALECT, &request);
    assert_eq!(
        body["messages"][1],
        json!({ "role": "user", "content": "when?", "images": ["aGk="] })
    );
    assert_eq!(
        body["messages"][3],
        json!({ "role": "tool", "tool_name": "look_up", "content": "found" })
    );
    request.messages[1].parts[1] = Part::Image(Image::Url("https://example.org/a.png".to_owned()));
    assert_eq!(endpoint(DIALECT).chat(&request).unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(endpoint(DIALECT).chat(&question()).unwrap().url, "https://models.example/v1/chat");
}
