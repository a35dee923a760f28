//! OpenAI Chat Completions and compatible servers.

use models::{Dialect, Effort, FinishReason, Opaque, ServiceTier, TokenUsage};
use serde_json::json;

use super::{
    body_of, chunks, conversation, endpoint, members, parameters, question, read, read_events, sse,
};

#[test]
fn a_request_has_what_was_asked_and_nothing_else() {
    let sent = endpoint(Dialect::OpenAiChat).chat(&question()).unwrap();
    assert_eq!(sent.url, "https://models.example/v1/chat/completions");
    assert!(sent.headers.contains(&("authorization", "Bearer sk-1".to_owned())));
    assert!(
        sent.headers.contains(&("accept-encoding", "identity".to_owned())),
        "components cannot inflate"
    );
    assert_eq!(members(&sent.body), ["messages", "model", "stream", "stream_options"]);
    assert_eq!(sent.body["messages"][0], json!({ "role": "system", "content": "be brief" }));
    assert_eq!(sent.body["messages"][1], json!({ "role": "user", "content": "when?" }));
}

#[test]
fn the_key_is_in_no_debug_text() {
    let endpoint = endpoint(Dialect::OpenAiChat);
    let texts = format!("{endpoint:?} {:?}", endpoint.chat(&question()).unwrap());
    assert!(!texts.contains("sk-1"), "{texts}");
}

#[test]
fn the_bound_of_an_answer_has_the_name_that_the_server_knows() {
    let mut request = question();
    request.parameters = parameters();
    assert_eq!(body_of(Dialect::OpenAiChat, &request)["max_completion_tokens"], 100);
    assert_eq!(body_of(Dialect::Compatible, &request)["max_tokens"], 100);
    let mut endpoint = endpoint(Dialect::Compatible);
    endpoint.refused.insert("max_tokens".to_owned());
    let body = endpoint.chat(&request).unwrap().body;
    assert_eq!((&body["max_completion_tokens"], body.get("max_tokens")), (&json!(100), None));
}

#[test]
fn what_a_server_refused_by_name_is_not_sent_again() {
    let mut request = question();
    request.parameters = parameters();
    let mut endpoint = endpoint(Dialect::Compatible);
    endpoint.refused = ["stream_options", "temperature", "messages"].map(str::to_owned).into();
    let body = endpoint.chat(&request).unwrap().body;
    assert_eq!(members(&body), ["max_tokens", "messages", "model", "stream", "top_p"]);
}

#[test]
fn a_conversation_with_tools_and_a_picture_is_written_out() {
    let extra = json!({ "google": { "thought_signature": "sig" } });
    let details = json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "hm" }] });
    let mut request = conversation(Dialect::Compatible, details, Some(extra.clone()));
    request.parameters.effort = Some(Effort::High);
    let body = body_of(Dialect::Compatible, &request);
    assert_eq!(
        body["messages"][1]["content"][1],
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } })
    );
    let function = json!({ "name": "look_up", "arguments": "{\"q\":\"x\"}" });
    let call =
        json!({ "id": "call_1", "type": "function", "function": function, "extra_content": extra });
    assert_eq!(body["messages"][2]["tool_calls"], json!([call]));
    assert_eq!(body["messages"][2]["reasoning_details"][0]["text"], "hm");
    assert_eq!(
        body["messages"][3],
        json!({ "role": "tool", "tool_call_id": "call_1", "content": "found" })
    );
    assert_eq!(
        (&body["reasoning_effort"], &body["tools"][0]["type"]),
        (&json!("high"), &json!("function"))
    );
}

#[test]
fn data_of_another_provider_stays_at_home() {
    let mut request = conversation(
        Dialect::Anthropic,
        json!({ "type": "thinking", "signature": "s" }),
        Some(json!(1)),
    );
    request.messages[2].parts.remove(1);
    let body = body_of(Dialect::OpenAiChat, &request);
    assert!(
        !body.to_string().contains("signature") && !body.to_string().contains("extra_content"),
        "{body}"
    );
    assert_eq!(body["messages"][2]["content"], json!(null), "calls without text");
}

/// S1, S2.
#[test]
fn a_stream_with_usage_and_padding_is_read() {
    let mut events = chunks(
        &[
            json!({ "role": "assistant", "content": "" }),
            json!({ "content": "Half " }),
            json!({ "content": "past." }),
        ],
        "stop",
    );
    for event in &mut events {
        event["usage"] = json!(null);
        event["obfuscation"] = json!("xxxx");
        event["model"] = json!("gpt-x-2026");
    }
    events.push(json!({ "choices": [], "service_tier": "priority", "usage": {
        "prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140,
        "prompt_tokens_details": { "cached_tokens": 60, "cache_write_tokens": 10, "audio_tokens": 3, "image_tokens": 2 },
        "completion_tokens_details": { "reasoning_tokens": 30, "audio_tokens": 1 }
    }}));
    let answer = read("text/event-stream", &format!("{}data: [DONE]\n\n", sse(&events)));
    assert_eq!(
        (answer.text.as_str(), answer.finish, answer.error),
        ("Half past.", Some(FinishReason::Stop), None)
    );
    assert_eq!(answer.model.as_deref(), Some("gpt-x-2026"));
    let expected = TokenUsage {
        prompt: 100,
        cached_read: 60,
        cached_write: 10,
        cached_write_hour: 0,
        prompt_audio: 3,
        prompt_image: 2,
        completion: 40,
        reasoning: 30,
        completion_audio: 1,
        completion_image: 0,
        tier: ServiceTier::Priority,
    };
    assert_eq!(answer.usage, Some(expected));

    fn read(content_type: &str, body: &str) -> super::Answer {
        super::read(Dialect::OpenAiChat, content_type, body)
    }
}

#[test]
fn a_whole_completion_is_an_answer() {
    let message = json!({ "role": "assistant", "content": "All of it.", "reasoning": "hm" });
    let body = json!({ "choices": [{ "message": message }], "usage": { "prompt_tokens": 1, "completion_tokens": 2 } });
    let answer = read(Dialect::OpenAiChat, "application/json", &body.to_string());
    assert_eq!((answer.text.as_str(), answer.thinking.as_str()), ("All of it.", "hm"));
    assert_eq!(
        (answer.finish, answer.usage.map(|usage| usage.completion)),
        (Some(FinishReason::Stop), Some(2))
    );
}

#[test]
fn reasoning_that_a_router_wants_back_is_put_together() {
    let fragment = |text: &str, index: u64| json!({ "reasoning_details": [{ "type": "reasoning.text", "text": text, "index": index }] });
    let signed = json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "", "index": 1, "signature": "sig" }] });
    let events = chunks(&[fragment("a", 0), fragment("b", 0), fragment("c", 1), signed], "stop");
    let answer = read_events(Dialect::Compatible, &events);
    assert_eq!(answer.thinking, "abc");
    let details = &answer.opaque[0]["reasoning_details"];
    assert_eq!((&details[0]["text"], &details[1]["text"]), (&json!("ab"), &json!("c")));
    let signature = details.as_array().unwrap().iter().any(|item| item["signature"] == "sig");
    assert!(signature && answer.opaque.len() == 1, "{details}");
}

#[test]
fn data_of_a_call_comes_with_the_call() {
    let function = json!({ "name": "f", "arguments": "{}" });
    let call =
        json!({ "index": 0, "id": "a", "function": function, "extra_content": { "google": 1 } });
    let answer =
        read_events(Dialect::Compatible, &chunks(&[json!({ "tool_calls": [call] })], "tool_calls"));
    assert_eq!(
        answer.call_data,
        [Opaque { family: "compatible".to_owned(), data: json!({ "google": 1 }) }]
    );
}
