//! Tools of the client and formats of answers: what models get and answer, and what is refused.

use serde_json::{Value, json};

use crate::{
    fixture::{CHAT, END, Fixture, RESPONSES, error, events, piece, says},
    provider::{self, Provider},
};

const TOOLS: &str = "{tools}";
const ARGUMENTS: &str = "{\"city\":\"Åre\"}";

fn weather() -> Value {
    json!({ "name": "weather", "description": "Says it.", "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } })
}

fn nested() -> Value {
    json!([{ "type": "function", "function": weather() }])
}

fn flat() -> Value {
    let mut tool = weather();
    tool["type"] = "function".into();
    json!([tool])
}

/// A question in `/chat/completions` with one more member.
fn asks(fixture: &Fixture, model: &str, member: &str, value: Value) -> Value {
    let mut body = fixture.asks(model);
    body[member] = value;
    body
}

#[tokio::test]
async fn a_row_calls_a_tool_of_the_client() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row(TOOLS).await);
    let mut body = asks(&fixture, &row, "tools", nested());
    body["parallel_tool_calls"] = false.into();
    body["tool_choice"] = "required".into();
    let answer = fixture.post(CHAT, &key, &body).send().await.expect(200);
    let choice = &answer["choices"][0];
    let function = json!({ "name": "weather", "arguments": ARGUMENTS });
    assert_eq!(
        choice["message"]["tool_calls"],
        json!([{ "id": "call_9", "type": "function", "function": function }])
    );
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&Value::Null, &json!("tool_calls"))
    );
    let options = &fixture.gateway.requests()[0]["options"];
    assert_eq!(
        (&options["tool_choice"], &options["parallel_tool_calls"], &options["tools"][0]["name"]),
        (&json!("required"), &json!(false), &json!("weather"))
    );
}

#[tokio::test]
async fn a_stream_has_the_call_in_fragments() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row(TOOLS).await);
    let mut body = asks(&fixture, &row, "tools", nested());
    body["stream"] = true.into();
    let reply = fixture.post(CHAT, &key, &body).send().await;
    let chunks = events(reply.body.as_str().unwrap());
    let calls: Vec<&Value> = chunks
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0])
        .filter(|call| !call.is_null())
        .collect();
    assert_eq!(
        (&calls[0]["id"], &calls[0]["type"], &calls[0]["function"]["name"]),
        (&json!("call_9"), &json!("function"), &json!("weather"))
    );
    assert!(calls[1].get("id").is_none() && calls[1]["function"].get("name").is_none());
    let arguments: String =
        calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
    assert_eq!(arguments, ARGUMENTS);
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn results_reach_the_model_with_their_calls() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row(TOOLS).await);
    let function = json!({ "name": "weather", "arguments": ARGUMENTS });
    let mut body = fixture.asks(&row);
    body["messages"] = json!([
        { "role": "user", "content": "How is it in Åre?" },
        { "role": "assistant", "content": null, "tool_calls": [{ "id": "call_9", "type": "function", "function": function }] },
        { "role": "tool", "tool_call_id": "call_9", "content": "Snow" },
    ]);
    fixture.post(CHAT, &key, &body).send().await.expect(200);
    let sent = fixture.gateway.requests()[0]["messages"].clone();
    let call =
        json!({ "type": "tool_call", "id": "call_9", "name": "weather", "arguments": ARGUMENTS });
    let result =
        json!({ "type": "tool_result", "call_id": "call_9", "name": "weather", "content": "Snow" });
    assert_eq!((&sent[1]["parts"], &sent[2]["parts"]), (&json!([call]), &json!([result])));
    body["messages"].as_array_mut().unwrap().pop();
    let reply = fixture.post(CHAT, &key, &body).send().await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "invalid_value"));
    assert_eq!(reply.body["error"]["param"], "messages");
}

#[tokio::test]
async fn the_responses_api_has_calls_as_items() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row(TOOLS).await);
    let mut body = json!({ "model": row, "input": "How is it in Åre?", "tools": flat() });
    let response = fixture.post(RESPONSES, &key, &body).send().await.expect(200);
    let item = &response["output"][0];
    assert_eq!(
        (&item["type"], &item["call_id"], &item["arguments"], &response["status"]),
        (&json!("function_call"), &json!("call_9"), &json!(ARGUMENTS), &json!("completed"))
    );
    assert_eq!(response["tools"], flat());
    body["stream"] = true.into();
    let reply = fixture.post(RESPONSES, &key, &body).send().await;
    let seen = events(reply.body.as_str().unwrap());
    let kinds: Vec<&str> = seen.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    assert_eq!(seen[6]["item"], seen[7]["response"]["output"][0]);
    assert_eq!(seen[6]["item"]["name"], "weather");
}

#[tokio::test]
async fn a_format_reaches_the_model() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{json_schema}").await);
    let schema = json!({ "type": "object" });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": schema, "strict": true } });
    fixture
        .post(CHAT, &key, &asks(&fixture, &row, "response_format", format))
        .send()
        .await
        .expect(200);
    let text = json!({ "format": { "type": "json_object" } });
    let body = json!({ "model": row, "input": "Answer in JSON.", "text": text });
    fixture.post(RESPONSES, &key, &body).send().await.expect(200);
    let formats: Vec<Value> =
        fixture.gateway.requests().iter().map(|it| it["options"]["format"].clone()).collect();
    let schema = json!({ "name": "a", "description": null, "schema": schema, "strict": true });
    assert_eq!(formats, [json!({ "schema": schema }), json!("json_object")]);
}

#[tokio::test]
async fn what_a_row_cannot_do_is_refused_by_name() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{vision}").await);
    let schema = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": {} } });
    for (member, value, param) in
        [("tools", nested(), "tools"), ("response_format", schema, "response_format.type")]
    {
        let reply = fixture.post(CHAT, &key, &asks(&fixture, &row, member, value)).send().await;
        assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
        assert_eq!(reply.body["error"]["param"], param);
    }
    let mut off = asks(&fixture, &row, "tools", nested());
    off["tool_choice"] = "none".into();
    fixture.post(CHAT, &key, &off).send().await.expect(200);
    let sent = fixture.gateway.requests();
    assert!(sent.len() == 1 && sent[0].get("options").is_none(), "{sent:#?}");
}

#[tokio::test]
async fn an_assistant_refuses_tools_and_formats() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let key = fixture.key().await;
    for (member, value) in
        [("tools", nested()), ("response_format", json!({ "type": "json_object" }))]
    {
        let reply =
            fixture.post(CHAT, &key, &asks(&fixture, &fixture.model, member, value)).send().await;
        assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
        let message = reply.body["error"]["message"].as_str().unwrap();
        assert!(message.contains("an assistant answers"), "{message}");
    }
    let mut off = asks(&fixture, &fixture.model, "tools", nested());
    off["tool_choice"] = "none".into();
    fixture.post(CHAT, &key, &off).send().await.expect(200);
}

/// A model that calls a tool if it gets one.
fn calls() -> impl FnMut(&str, &Value) -> provider::Reply + Send + 'static {
    |_, body| {
        if body.get("tools").is_none() {
            return Provider::events(&(piece("Snow.") + END));
        }
        let function = json!({ "name": "weather", "arguments": ARGUMENTS });
        let call = json!({ "index": 0, "id": "call_1", "type": "function", "function": function });
        let chunk = json!({ "choices": [{ "delta": { "tool_calls": [call] } }] });
        Provider::events(&format!("data: {chunk}\n\n{END}"))
    }
}

#[tokio::test]
async fn the_model_of_the_installation_is_asked_and_the_built_in_one_is_not() {
    let fixture = Fixture::new(calls()).await;
    let key = fixture.key().await;
    let body = asks(&fixture, "vendor/large", "tools", nested());
    let answer = fixture.post(CHAT, &key, &body).send().await.expect(200);
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(fixture.chat.requests()[0]["tools"], nested());
    let built_in = asks(&fixture, "extractive", "tools", nested());
    let reply = fixture.post(CHAT, &key, &built_in).send().await;
    assert_eq!(error(&reply).2, "unsupported_parameter");
}

#[tokio::test]
async fn schemas_of_tools_count_where_a_provider_does_not() {
    let end = json!({ "choices": [{ "delta": { "content": "Hi" }, "finish_reason": "stop" }] });
    let fixture =
        Fixture::new(move |_: &str, _: &Value| Provider::events(&format!("data: {end}\n\n"))).await;
    let mut tools = nested();
    tools[0]["function"]["parameters"]["description"] = "x".repeat(30_000).into();
    let body = asks(&fixture, "vendor/large", "tools", tools);
    let answer = fixture.post(CHAT, &fixture.key().await, &body).send().await.expect(200);
    assert!(answer["usage"]["prompt_tokens"].as_u64().unwrap() > 7_500, "{answer:#}");
    assert_eq!(answer["tessera"]["usage_is_estimated"], true);
    let recorded = "select count(*) from usage_records where prompt_tokens > 7500";
    assert_eq!(fixture.count(recorded).await, 1);
}
