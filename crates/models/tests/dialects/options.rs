//! Tools and formats as each provider takes them.

use models::{AnswerFormat, AnswerSchema, Dialect, ToolChoice};
use serde_json::{Value, json};

use super::{body_of, conversation, question};

fn body_with(dialect: Dialect, format: AnswerFormat) -> Value {
    let mut request = question();
    request.parameters.format = Some(format);
    body_of(dialect, &request)
}

fn schema(strict: bool) -> AnswerFormat {
    let (name, description) = ("a".to_owned(), Some("An answer.".to_owned()));
    let schema = json!({ "type": "object" });
    AnswerFormat::Schema(AnswerSchema { name, description, schema, strict })
}

#[test]
fn any_json_object_has_a_form_with_every_provider() {
    let body = |dialect| body_with(dialect, AnswerFormat::JsonObject);
    for dialect in [Dialect::OpenAiChat, Dialect::Compatible, Dialect::Mistral] {
        assert_eq!(body(dialect)["response_format"], json!({ "type": "json_object" }));
    }
    assert_eq!(body(Dialect::OpenAiResponses)["text"]["format"], json!({ "type": "json_object" }));
    assert_eq!(body(Dialect::Ollama)["format"], "json");
    let generation = &body(Dialect::Gemini)["generationConfig"];
    assert_eq!(generation, &json!({ "responseMimeType": "application/json" }));
    let system = body(Dialect::Anthropic)["system"].as_str().unwrap().to_owned();
    assert!(system.starts_with("be brief\n\n") && system.contains("JSON object"), "{system}");
}

#[test]
fn a_schema_goes_as_the_client_wrote_it() {
    let inner = json!({ "name": "a", "description": "An answer.", "schema": { "type": "object" }, "strict": false });
    let body = body_with(Dialect::OpenAiChat, schema(false));
    assert_eq!(body["response_format"], json!({ "type": "json_schema", "json_schema": inner }));
    let format = &body_with(Dialect::OpenAiResponses, schema(true))["text"]["format"];
    assert_eq!((&format["type"], &format["strict"]), (&json!("json_schema"), &json!(true)));
    let gemini = body_with(Dialect::Gemini, schema(true));
    assert_eq!(gemini["generationConfig"]["responseJsonSchema"], json!({ "type": "object" }));
    assert_eq!(body_with(Dialect::Ollama, schema(true))["format"], json!({ "type": "object" }));
}

#[test]
fn one_call_at_a_time_is_asked_for_where_a_provider_knows_it() {
    let body = |dialect| {
        let mut request = conversation(dialect, json!({}), None);
        request.parallel_tool_calls = Some(false);
        body_of(dialect, &request)
    };
    for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Mistral] {
        assert_eq!(body(dialect)["parallel_tool_calls"], false);
    }
    let choice = json!({ "type": "auto", "disable_parallel_tool_use": true });
    assert_eq!(body(Dialect::Anthropic)["tool_choice"], choice);
    let plain = body_of(Dialect::OpenAiChat, &conversation(Dialect::OpenAiChat, json!({}), None));
    assert_eq!(plain.get("parallel_tool_calls"), None);
}

#[test]
fn strictness_is_sent_only_if_it_is_asked_for() {
    let mut request = conversation(Dialect::Compatible, json!({}), None);
    assert_eq!(body_of(Dialect::Compatible, &request)["tools"][0]["function"].get("strict"), None);
    request.tools[0].strict = true;
    assert_eq!(body_of(Dialect::Compatible, &request)["tools"][0]["function"]["strict"], true);
    assert_eq!(body_of(Dialect::OpenAiResponses, &request)["tools"][0]["strict"], true);
}

#[test]
fn anthropic_gets_the_tools_of_earlier_calls() {
    let mut request = conversation(Dialect::Anthropic, json!({}), None);
    request.tools.clear();
    request.tool_choice = ToolChoice::Auto;
    let body = body_of(Dialect::Anthropic, &request);
    assert_eq!(body["tools"], json!([{ "name": "look_up", "input_schema": { "type": "object" } }]));
    assert_eq!(body["tool_choice"], json!({ "type": "none" }));
}
