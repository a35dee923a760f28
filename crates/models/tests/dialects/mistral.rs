//! Mistral (S18).

use models::{ChatRequest, Dialect, Effort, FinishReason};
use serde_json::json;

use super::{body_of, chunks, conversation, members, parameters, question, read_events};

/// Members that the API takes; it answers 422 for any other.
const TAKEN: &[&str] = &[
    "model",
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "stop",
    "random_seed",
    "metadata",
    "messages",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "prediction",
    "parallel_tool_calls",
    "prompt_mode",
    "reasoning_effort",
    "guardrails",
    "prompt_cache_key",
    "safe_prompt",
];

fn full() -> ChatRequest {
    let mut request = conversation(Dialect::Mistral, json!({ "reasoning_details": [1] }), None);
    request.parameters = parameters();
    request.parameters.effort = Some(Effort::Medium);
    request.parameters.stop = vec!["END".to_owned()];
    request
}

#[test]
fn only_what_the_closed_list_has_is_sent() {
    for request in [question(), full()] {
        let body = body_of(Dialect::Mistral, &request);
        let unknown: Vec<&str> =
            members(&body).into_iter().filter(|name| !TAKEN.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
    let body = body_of(Dialect::Mistral, &full());
    assert_eq!((&body["temperature"], &body["reasoning_effort"]), (&json!(1.5), &json!("high")));
    assert_eq!(
        body_of(Dialect::Mistral, &question()).get("tools"),
        None,
        "an empty list is refused"
    );
}

#[test]
fn ids_of_calls_have_nine_letters_on_both_sides() {
    let body = body_of(Dialect::Mistral, &full());
    let id = body["messages"][2]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
    assert_eq!(body["messages"][3]["tool_call_id"], id);
}

#[test]
fn content_may_be_an_array_with_thoughts_and_references() {
    let content = json!([
        { "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }], "closed": true },
        { "type": "text", "text": "Yes" }, { "type": "reference", "reference_ids": [1] }
    ]);
    let mut events = chunks(&[json!({ "role": "assistant", "content": content })], "stop");
    events[1]["usage"] =
        json!({ "prompt_tokens": 5, "completion_tokens": 2, "num_cached_tokens": 3 });
    let answer = read_events(Dialect::Mistral, &events);
    assert_eq!((answer.text.as_str(), answer.thinking.as_str()), ("Yes", "hm"));
    assert_eq!(answer.usage.map(|usage| usage.cached_read), Some(3));
    assert_eq!(answer.finish, Some(FinishReason::Stop));
}
