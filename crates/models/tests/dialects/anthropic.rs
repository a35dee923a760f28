//! Anthropic Messages (S15).

use models::{
    AnswerFormat, AnswerSchema, ChatMessage, Dialect, Effort, ErrorKind, FinishReason, Part, Role,
    ServiceTier, ToolChoice,
};
use serde_json::{Value, json};

use super::{Answer, body_of, conversation, endpoint, members, parameters, question, read, sse};

fn events(events: &[Value]) -> Answer {
    let named = |event: &Value| {
        format!("event: {}\n{}", event["type"].as_str().unwrap(), sse(std::slice::from_ref(event)))
    };
    read(Dialect::Anthropic, "text/event-stream", &events.iter().map(named).collect::<String>())
}

fn start() -> Value {
    let usage = json!({ "input_tokens": 10, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 20, "output_tokens": 1,
        "cache_creation": { "ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 5 } });
    json!({ "type": "message_start", "message": { "id": "msg_1", "role": "assistant", "content": [], "model": "claude-x", "stop_reason": null, "usage": usage } })
}

fn block(index: u64, block: &Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn stop(index: u64) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

fn end(reason: &str) -> [Value; 2] {
    let usage = json!({ "output_tokens": 30, "output_tokens_details": { "thinking_tokens": 12 }, "service_tier": "priority" });
    [
        json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": usage }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn the_instructions_stand_beside_the_messages_and_turns_alternate() {
    let mut request = question();
    request.messages.push(ChatMessage::text(Role::User, "today"));
    request
        .messages
        .push(ChatMessage { role: Role::Assistant, parts: vec![Part::Text(" ".to_owned())] });
    let sent = endpoint(Dialect::Anthropic).chat(&request).unwrap();
    assert_eq!(sent.url, "https://models.example/v1/messages");
    assert!(sent.headers.contains(&("x-api-key", "sk-1".to_owned())));
    assert!(sent.headers.contains(&("anthropic-version", "2023-06-01".to_owned())));
    assert_eq!(sent.body["system"], "be brief");
    let content = json!([{ "type": "text", "text": "when?" }, { "type": "text", "text": "today" }]);
    assert_eq!(sent.body["messages"], json!([{ "role": "user", "content": content }]));
    assert_eq!(members(&sent.body), ["max_tokens", "messages", "model", "stream", "system"]);
}

#[test]
fn thoughts_go_back_unchanged_before_the_call() {
    let thoughts = json!({ "type": "thinking", "thinking": "hm", "signature": "sig" });
    let mut request = conversation(Dialect::Anthropic, thoughts.clone(), None);
    request.tool_choice = ToolChoice::Named("look_up".to_owned());
    let body = body_of(Dialect::Anthropic, &request);
    let said = &body["messages"][1]["content"];
    assert_eq!(said[0], thoughts);
    assert_eq!(
        said[2],
        json!({ "type": "tool_use", "id": "call_1", "name": "look_up", "input": { "q": "x" } })
    );
    let result = json!({ "type": "tool_result", "tool_use_id": "call_1", "content": "found", "is_error": false });
    assert_eq!(body["messages"][2], json!({ "role": "user", "content": [result] }));
    let source = json!({ "type": "base64", "media_type": "image/png", "data": "aGk=" });
    assert_eq!(body["messages"][0]["content"][1], json!({ "type": "image", "source": source }));
    assert_eq!(body["tool_choice"], json!({ "type": "tool", "name": "look_up" }));
    assert_eq!(body["tools"][0]["input_schema"], json!({ "type": "object" }));
}

#[test]
fn effort_becomes_a_budget_for_older_models_and_parameters_keep_within_bounds() {
    let mut request = question();
    request.parameters = parameters();
    let body = body_of(Dialect::Anthropic, &request);
    assert_eq!((&body["temperature"], body.get("top_p")), (&json!(1.0), None));
    request.parameters.effort = Some(Effort::High);
    request.parameters.format = Some(AnswerFormat::Schema(AnswerSchema {
        name: "a".to_owned(),
        description: None,
        schema: json!({ "type": "object" }),
        strict: true,
    }));
    let body = body_of(Dialect::Anthropic, &request);
    let format = json!({ "type": "json_schema", "schema": { "type": "object" } });
    assert_eq!(body["output_config"], json!({ "effort": "high", "format": format }));
    assert_eq!((&body["thinking"]["type"], body.get("temperature")), (&json!("adaptive"), None));
    let mut older = endpoint(Dialect::Anthropic);
    older.thinks_by_budget = true;
    let body = older.chat(&request).unwrap().body;
    assert_eq!(body["thinking"], json!({ "type": "enabled", "budget_tokens": 16_384 }));
    assert!(
        body["max_tokens"].as_u64() > Some(16_384),
        "the budget is part of the answer's tokens"
    );
}

#[test]
fn thoughts_text_and_usage_are_read() {
    let mut stream = vec![json!({ "type": "ping" }), start()];
    stream.extend([
        block(0, &json!({ "type": "thinking", "thinking": "", "signature": "" })),
        delta(0, &json!({ "type": "thinking_delta", "thinking": "hm" })),
        delta(0, &json!({ "type": "signature_delta", "signature": "sig" })),
        stop(0),
        block(1, &json!({ "type": "redacted_thinking", "data": "xyz" })),
        stop(1),
        json!({ "type": "something_new", "index": 4 }),
        block(2, &json!({ "type": "text", "text": "" })),
        delta(2, &json!({ "type": "text_delta", "text": "Yes" })),
        delta(2, &json!({ "type": "citations_delta", "citation": {} })),
        stop(2),
    ]);
    stream.extend(end("end_turn"));
    let answer = events(&stream);
    assert_eq!((answer.text.as_str(), answer.thinking.as_str(), answer.error), ("Yes", "hm", None));
    let kept = [
        json!({ "type": "thinking", "thinking": "hm", "signature": "sig" }),
        json!({ "type": "redacted_thinking", "data": "xyz" }),
    ];
    assert_eq!(answer.opaque, kept);
    assert_eq!(
        (answer.finish, answer.model.as_deref()),
        (Some(FinishReason::Stop), Some("claude-x"))
    );
    let usage = answer.usage.unwrap();
    assert_eq!(
        (usage.prompt, usage.cached_read, usage.cached_write, usage.cached_write_hour),
        (100, 70, 20, 5)
    );
    assert_eq!((usage.completion, usage.reasoning, usage.tier), (30, 12, ServiceTier::Priority));
}

#[test]
fn the_arguments_of_a_call_without_any_are_an_empty_object() {
    let mut stream = vec![
        start(),
        block(0, &json!({ "type": "tool_use", "id": "toolu_1", "name": "now", "input": {} })),
        delta(0, &json!({ "type": "input_json_delta", "partial_json": "" })),
        stop(0),
        block(1, &json!({ "type": "tool_use", "id": "toolu_2", "name": "find", "input": {} })),
        delta(1, &json!({ "type": "input_json_delta", "partial_json": "{\"q\":" })),
        delta(1, &json!({ "type": "input_json_delta", "partial_json": "1}" })),
        stop(1),
    ];
    stream.extend(end("tool_use"));
    let answer = events(&stream);
    assert_eq!(answer.calls(), [("toolu_1", "now", "{}"), ("toolu_2", "find", "{\"q\":1}")]);
    assert_eq!(answer.finish, Some(FinishReason::ToolCalls));
}

#[test]
fn an_error_in_the_stream_keeps_the_text_before_it() {
    let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let text = [
        start(),
        block(0, &json!({ "type": "text", "text": "" })),
        delta(0, &json!({ "type": "text_delta", "text": "a" })),
    ];
    let answer = events(&[&text[..], &[error]].concat());
    assert_eq!((answer.text.as_str(), answer.error), ("a", Some(ErrorKind::Overloaded)));
    assert_eq!(events(&text).error, Some(ErrorKind::Truncated));
    let reason_without_stop = [&text[..], &end("max_tokens")[..1]].concat();
    let answer = events(&reason_without_stop);
    assert_eq!((answer.finish, answer.error), (Some(FinishReason::Length), None));
}

#[test]
fn every_stop_reason_has_its_meaning() {
    for (reason, expected) in [
        ("stop_sequence", FinishReason::Stop),
        ("refusal", FinishReason::Refusal),
        ("pause_turn", FinishReason::Paused),
        ("model_context_window_exceeded", FinishReason::Length),
        ("novel", FinishReason::Other("novel".to_owned())),
    ] {
        assert_eq!(events(&[&[start()][..], &end(reason)].concat()).finish, Some(expected));
    }
}

#[test]
fn a_whole_message_is_an_answer() {
    let content = json!([
        { "type": "thinking", "thinking": "hm", "signature": "s" }, { "type": "text", "text": "Yes" },
        { "type": "tool_use", "id": "t", "name": "f", "input": { "a": 1 } }
    ]);
    let body = json!({ "type": "message", "content": content, "stop_reason": "tool_use", "usage": { "input_tokens": 3, "output_tokens": 4 } });
    let answer = read(Dialect::Anthropic, "application/json", &body.to_string());
    assert_eq!(
        (answer.text.as_str(), answer.thinking.as_str(), answer.opaque.len()),
        ("Yes", "hm", 1)
    );
    assert_eq!((answer.calls(), answer.usage.unwrap().prompt), (vec![("t", "f", "{\"a\":1}")], 3));
}
