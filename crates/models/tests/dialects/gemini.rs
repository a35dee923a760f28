//! Google Gemini (S16).

use models::{Dialect, Effort, ErrorKind, FinishReason, Opaque, ToolChoice};
use serde_json::{Value, json};

use super::{body_of, conversation, endpoint, parameters, question, read, read_events};

const DIALECT: Dialect = Dialect::Gemini;

fn response(parts: &Value, finish: Option<&str>) -> Value {
    json!({ "candidates": [{ "index": 0, "content": { "role": "model", "parts": parts }, "finishReason": finish }], "modelVersion": "gemini-x" })
}

#[test]
fn the_model_stands_in_the_path() {
    let mut request = question();
    request.model = "models/gemini-x".to_owned();
    let sent = endpoint(DIALECT).chat(&request).unwrap();
    assert_eq!(sent.url, "https://models.example/v1/models/gemini-x:streamGenerateContent?alt=sse");
    assert!(sent.headers.contains(&("x-goog-api-key", "sk-1".to_owned())));
    assert_eq!(sent.body["systemInstruction"], json!({ "parts": [{ "text": "be brief" }] }));
    assert_eq!(sent.body["contents"], json!([{ "role": "user", "parts": [{ "text": "when?" }] }]));
    request.stream = false;
    assert!(endpoint(DIALECT).chat(&request).unwrap().url.ends_with("gemini-x:generateContent"));
}

#[test]
fn the_signature_of_a_thought_goes_back_with_its_call() {
    let mut request = conversation(DIALECT, json!("text-sig"), Some(json!("call-sig")));
    request.tool_choice = ToolChoice::Required;
    let body = body_of(DIALECT, &request);
    let said = &body["contents"][1]["parts"];
    assert_eq!(said[0], json!({ "text": "", "thoughtSignature": "text-sig" }));
    let call = json!({ "name": "look_up", "args": { "q": "x" } });
    assert_eq!(said[2], json!({ "functionCall": call, "thoughtSignature": "call-sig" }));
    let result = json!({ "name": "look_up", "response": { "result": "found" } });
    assert_eq!(body["contents"][2]["parts"][0], json!({ "functionResponse": result }));
    assert_eq!(
        body["contents"][0]["parts"][1],
        json!({ "inlineData": { "mimeType": "image/png", "data": "aGk=" } })
    );
    assert_eq!(body["toolConfig"]["functionCallingConfig"]["mode"], "ANY");
    assert_eq!(
        body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"],
        json!({ "type": "object" })
    );
}

#[test]
fn a_call_of_another_model_has_the_documented_signature() {
    let body = body_of(DIALECT, &conversation(Dialect::OpenAiChat, json!({}), None));
    assert_eq!(
        body["contents"][1]["parts"][1]["thoughtSignature"],
        "skip_thought_signature_validator"
    );
}

#[test]
fn effort_is_a_level_or_a_budget() {
    let mut request = question();
    request.parameters = parameters();
    request.parameters.effort = Some(Effort::Medium);
    let level = json!({ "includeThoughts": true, "thinkingLevel": "MEDIUM" });
    assert_eq!(body_of(DIALECT, &request)["generationConfig"]["thinkingConfig"], level);
    let mut older = endpoint(DIALECT);
    older.thinks_by_budget = true;
    let generation = older.chat(&request).unwrap().body["generationConfig"].clone();
    assert_eq!(
        generation["thinkingConfig"],
        json!({ "includeThoughts": true, "thinkingBudget": 8_192 })
    );
    assert_eq!((&generation["maxOutputTokens"], &generation["topP"]), (&json!(100), &json!(0.5)));
}

#[test]
fn thoughts_text_calls_and_usage_are_read() {
    let usage = |candidates: u64| {
        json!({ "promptTokenCount": 50, "cachedContentTokenCount": 20, "toolUsePromptTokenCount": 5,
        "candidatesTokenCount": candidates, "thoughtsTokenCount": 8, "promptTokensDetails": [{ "modality": "AUDIO", "tokenCount": 7 }] })
    };
    let mut events = vec![
        response(&json!([{ "text": "hm", "thought": true }]), None),
        response(
            &json!([{ "text": "Yes" }, { "functionCall": { "name": "f", "args": { "a": 1 } }, "thoughtSignature": "sig" }, { "functionCall": { "name": "g" } }]),
            None,
        ),
        response(&json!([{ "text": "", "thoughtSignature": "end" }]), Some("STOP")),
    ];
    events[1]["usageMetadata"] = usage(3);
    events[2]["usageMetadata"] = usage(9);
    let answer = read_events(DIALECT, &events);
    assert_eq!((answer.text.as_str(), answer.thinking.as_str(), answer.error), ("Yes", "hm", None));
    assert_eq!(answer.calls(), [("call_0", "f", "{\"a\":1}"), ("call_1", "g", "{}")]);
    assert_eq!(answer.call_data, [Opaque { family: "gemini".to_owned(), data: json!("sig") }]);
    assert_eq!((answer.opaque, answer.finish), (vec![json!("end")], Some(FinishReason::ToolCalls)));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.prompt, usage.cached_read, usage.prompt_audio), (55, 20, 7));
    assert_eq!((usage.completion, usage.reasoning), (17, 8));
}

#[test]
fn a_question_that_is_blocked_has_no_candidates() {
    let answer = read_events(
        DIALECT,
        &[json!({ "promptFeedback": { "blockReason": "SAFETY" }, "usageMetadata": {} })],
    );
    assert_eq!(answer.error, Some(ErrorKind::ContentFilter));
    assert!(answer.message.contains("SAFETY"));
}

#[test]
fn finish_reasons_are_told_apart() {
    for (reason, expected) in [
        ("MAX_TOKENS", FinishReason::Length),
        ("RECITATION", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", FinishReason::Other("malformed_function_call".to_owned())),
    ] {
        assert_eq!(
            read_events(DIALECT, &[response(&json!([]), Some(reason))]).finish,
            Some(expected)
        );
    }
    assert_eq!(
        read_events(DIALECT, &[response(&json!([{ "text": "a" }]), None)]).error,
        Some(ErrorKind::Truncated)
    );
}

#[test]
fn an_array_of_responses_or_of_an_error_is_read() {
    let all = json!([
        response(&json!([{ "text": "a" }]), None),
        response(&json!([{ "text": "b" }]), Some("STOP"))
    ]);
    let answer = read(DIALECT, "application/json; charset=UTF-8", &all.to_string());
    assert_eq!((answer.text.as_str(), answer.finish), ("ab", Some(FinishReason::Stop)));
    let error =
        json!([{ "error": { "code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED" } }]);
    assert_eq!(
        read(DIALECT, "application/json", &error.to_string()).error,
        Some(ErrorKind::RateLimited)
    );
}
