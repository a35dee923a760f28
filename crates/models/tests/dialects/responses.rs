//! OpenAI Responses (S21).

use models::{Dialect, Effort, ErrorKind, FinishReason};
use serde_json::{Value, json};

use super::{Answer, body_of, conversation, question, read, read_events};

const DIALECT: Dialect = Dialect::OpenAiResponses;

fn ended(kind: &str, response: &Value) -> Value {
    json!({ "type": format!("response.{kind}"), "response": response })
}

fn usage() -> Value {
    json!({ "input_tokens": 20, "input_tokens_details": { "cached_tokens": 8, "cache_write_tokens": 2 },
        "output_tokens": 9, "output_tokens_details": { "reasoning_tokens": 4 }, "total_tokens": 29 })
}

fn text(delta: &str) -> Value {
    json!({ "type": "response.output_text.delta", "item_id": "m", "output_index": 1, "content_index": 0, "delta": delta })
}

fn events(events: &[Value]) -> Answer {
    read_events(DIALECT, events)
}

#[test]
fn nothing_is_stored_at_the_provider() {
    let body = body_of(DIALECT, &question());
    assert_eq!((&body["store"], &body["instructions"]), (&json!(false), &json!("be brief")));
    let content = json!([{ "type": "input_text", "text": "when?" }]);
    assert_eq!(body["input"], json!([{ "type": "message", "role": "user", "content": content }]));
    assert_eq!(body.get("include"), None, "models that do not think refuse it");
}

#[test]
fn items_go_back_in_their_order() {
    let reasoning =
        json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "xyz", "summary": [] });
    let mut request = conversation(DIALECT, reasoning.clone(), None);
    request.parameters.effort = Some(Effort::Low);
    let body = body_of(DIALECT, &request);
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(
        body["input"][0]["content"][1],
        json!({ "type": "input_image", "image_url": "data:image/png;base64,aGk=" })
    );
    assert_eq!(body["input"][1], reasoning);
    assert_eq!(body["input"][2]["content"], json!([{ "type": "output_text", "text": "I look." }]));
    let call = json!({ "type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": "{\"q\":\"x\"}" });
    assert_eq!(body["input"][3], call);
    assert_eq!(
        body["input"][4],
        json!({ "type": "function_call_output", "call_id": "call_1", "output": "found" })
    );
    assert_eq!(body["tools"][0]["name"], "look_up");
}

#[test]
fn text_thoughts_a_call_and_usage_are_read() {
    let reasoning =
        json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "whole", "summary": [] });
    let partial = json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "par" });
    let call = json!({ "type": "function_call", "id": "fc_1", "call_id": "call_9", "name": "f", "arguments": "" });
    let done = json!({ "type": "function_call", "id": "fc_1", "call_id": "call_9", "name": "f", "arguments": "{\"a\":1}" });
    let message =
        json!({ "type": "message", "content": [{ "type": "output_text", "text": "Yes" }] });
    let item = |kind: &str, index: u64, item: &Value| json!({ "type": format!("response.output_item.{kind}"), "output_index": index, "item": item });
    let arguments = |delta: &str| json!({ "type": "response.function_call_arguments.delta", "output_index": 2, "delta": delta });
    let answer = events(&[
        json!({ "type": "response.created", "sequence_number": 0, "response": { "model": "gpt-x", "status": "in_progress" } }),
        item("added", 0, &partial),
        json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm" }),
        item("done", 0, &reasoning),
        text("Ye"),
        text("s"),
        item("done", 1, &message),
        item("added", 2, &call),
        arguments("{\"a\""),
        arguments(":1}"),
        item("done", 2, &done),
        json!({ "type": "response.web_search_call.searching", "output_index": 3 }),
        ended(
            "completed",
            &json!({ "status": "completed", "usage": usage(), "error": null, "service_tier": "flex" }),
        ),
    ]);
    assert_eq!((answer.text.as_str(), answer.thinking.as_str(), answer.error), ("Yes", "hm", None));
    assert_eq!(
        (answer.opaque.clone(), answer.calls()),
        (vec![reasoning], vec![("call_9", "f", "{\"a\":1}")])
    );
    assert_eq!(
        (answer.finish, answer.model.as_deref()),
        (Some(FinishReason::ToolCalls), Some("gpt-x"))
    );
    let usage = answer.usage.unwrap();
    assert_eq!((usage.prompt, usage.cached_read, usage.cached_write), (20, 8, 2));
    assert_eq!((usage.completion, usage.reasoning), (9, 4));
}

#[test]
fn an_end_may_be_incomplete_or_a_failure() {
    for (reason, expected) in [
        ("max_output_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
    ] {
        let response = json!({ "status": "incomplete", "incomplete_details": { "reason": reason }, "usage": usage() });
        let answer = events(&[text("a"), ended("incomplete", &response)]);
        assert_eq!((answer.finish, answer.error), (Some(expected), None));
    }
    let response = json!({ "status": "failed", "error": { "code": "rate_limit_exceeded", "message": "slow down" } });
    assert_eq!(
        events(&[text("a"), ended("failed", &response)]).error,
        Some(ErrorKind::RateLimited)
    );
    let error =
        json!({ "type": "error", "code": "server_error", "message": "boom", "param": null });
    assert_eq!(events(&[text("a"), error]).error, Some(ErrorKind::Server));
    assert_eq!(events(&[text("a")]).error, Some(ErrorKind::Truncated));
}

#[test]
fn a_whole_response_is_an_answer() {
    let message =
        json!({ "type": "message", "content": [{ "type": "output_text", "text": "Yes" }] });
    let call = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" });
    let body = json!({ "object": "response", "status": "completed", "model": "gpt-x", "output": [message, call], "usage": usage() });
    let answer = read(DIALECT, "application/json", &body.to_string());
    assert_eq!((answer.text.as_str(), answer.calls()), ("Yes", vec![("c", "f", "{}")]));
    assert_eq!(answer.finish, Some(FinishReason::ToolCalls));
}
