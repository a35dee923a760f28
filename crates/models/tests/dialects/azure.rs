//! Azure OpenAI.

use models::{Dialect, ErrorKind, FinishReason};
use serde_json::json;

use super::{chunks, endpoint, question, read_events};

#[test]
fn the_v1_api_takes_the_deployment_as_model_and_the_key_in_its_own_field() {
    let sent = endpoint(Dialect::Azure).chat(&question()).unwrap();
    assert_eq!(sent.url, "https://models.example/v1/chat/completions");
    assert!(sent.headers.contains(&("api-key", "sk-1".to_owned())));
    assert!(sent.headers.iter().all(|(name, _)| *name != "authorization"));
    assert_eq!(sent.body["model"], "m-1");
}

#[test]
fn the_dated_api_has_the_deployment_in_its_path_encoded() {
    let mut endpoint = endpoint(Dialect::AzureDated);
    endpoint.api_version = Some("2025-01-01-preview".to_owned());
    let mut request = question();
    request.model = "my gpt/../x".to_owned();
    let sent = endpoint.chat(&request).unwrap();
    let path = "deployments/my%20gpt%2F..%2Fx/chat/completions?api-version=2025-01-01-preview";
    assert_eq!(sent.url, format!("https://models.example/v1/{path}"));
    for model in ["", ".", ".."] {
        request.model = model.to_owned();
        assert_eq!(endpoint.chat(&request).unwrap_err().kind, ErrorKind::Unsupported, "{model}");
    }
}

#[test]
fn an_old_version_is_not_asked_to_count() {
    let mut endpoint = endpoint(Dialect::AzureDated);
    for (version, counts) in
        [("2024-06-01", false), ("2024-09-01-preview", true), ("2024-10-21", true)]
    {
        endpoint.api_version = Some(version.to_owned());
        let body = endpoint.chat(&question()).unwrap().body;
        assert_eq!(body.get("stream_options").is_some(), counts, "{version}");
    }
}

/// S7.
#[test]
fn annotations_before_the_text_and_after_the_end_add_nothing() {
    let first = json!({ "id": "", "object": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": [{ "prompt_index": 0 }] });
    let mut events = vec![first];
    events.extend(chunks(&[json!({ "role": "assistant" }), json!({ "content": "Yes" })], "stop"));
    events[2]["model"] = json!("gpt-x");
    let offsets = json!({ "check_offset": 1, "start_offset": 0, "end_offset": 3 });
    events
        .push(json!({ "choices": [{ "index": 0, "content_filter_results": {}, "content_filter_offsets": offsets }] }));
    let answer = read_events(Dialect::Azure, &events);
    assert_eq!(
        (answer.text.as_str(), answer.finish.clone(), answer.error),
        ("Yes", Some(FinishReason::Stop), None)
    );
    assert_eq!(answer.model.as_deref(), Some("gpt-x"));

    events.push(json!({ "choices": [{ "index": 0, "finish_reason": "content_filter" }] }));
    let blocked = read_events(Dialect::Azure, &events);
    assert_eq!(blocked.finish, Some(FinishReason::ContentFilter), "the filter speaks last");
}
