//! Answers, and what follows when a model fails.

use credentials::GrantPurpose;
use models::gateway::CHAT;
use serde_json::{Value, json};

use crate::{
    fixture::{CREDENTIAL, Fixture, question, refuses, says, text},
    provider::Provider,
};

fn last(events: &[Value]) -> &Value {
    events.last().unwrap()
}

#[tokio::test]
async fn a_model_answers_with_its_name_and_usage() {
    let provider = Provider::start(|_, _| says("Hello")).await;
    let fixture = Fixture::new().await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    let events = fixture.ask(&[model]).await;
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types[..2], ["model", "text"], "{events:#?}");
    assert_eq!((&events[0]["name"], &events[0]["id"]), (&json!("m-1"), &json!(model.to_string())));
    assert_eq!(
        (text(&events).as_str(), last(&events)),
        ("Hello", &json!({ "type": "done", "attempts": [] }))
    );
    let usage = events.iter().find(|event| event["type"] == "usage").unwrap();
    assert_eq!((&usage["prompt"], &usage["completion"]), (&json!(3), &json!(2)));
    let request = &provider.requests()[0];
    assert_eq!((&request["model"], &request["temperature"]), (&json!("m-1"), &json!(0.5)));
    assert_eq!(provider.header("authorization"), [Some(format!("bearer {CREDENTIAL}"))]);
}

#[tokio::test]
async fn the_next_model_answers_if_the_first_fails() {
    let broken = Provider::start(|_, _| refuses(503, "down")).await;
    let good = Provider::start(|_, _| says("Here")).await;
    let fixture = Fixture::new().await;
    let first = fixture.model(&broken.url, "m-1", None).await;
    let second = fixture.model(&good.url, "m-2", None).await;
    let events = fixture.ask(&[first, second]).await;
    assert_eq!((text(&events).as_str(), &events[0]["name"]), ("Here", &json!("m-2")));
    assert_eq!(broken.count(), 3, "the policy asks three times");
    for attempts in [&last(&events)["attempts"], &events[0]["attempts"]] {
        let attempt =
            json!({ "model_id": first.to_string(), "title": "m-1", "kind": "overloaded" });
        assert_eq!(attempts, &json!([attempt, attempt, attempt]));
    }
}

#[tokio::test]
async fn a_wrong_key_is_no_reason_to_ask_another_model() {
    let refusing =
        Provider::start(|_, _| refuses(401, "Incorrect API key sk-of-this-test-1234")).await;
    let good = Provider::start(|_, _| says("Here")).await;
    let fixture = Fixture::new().await;
    let models = [
        fixture.model(&refusing.url, "m-1", None).await,
        fixture.model(&good.url, "m-2", None).await,
    ];
    let events = fixture.ask(&models).await;
    let failure = &last(&events)["failure"];
    assert_eq!((&failure["kind"], &failure["status"]), (&json!("authentication"), &json!(401)));
    assert!(!last(&events).to_string().contains(CREDENTIAL), "{events:#?}");
    assert_eq!((good.count(), refusing.count()), (0, 1));
}

#[tokio::test]
async fn nothing_is_repeated_after_the_first_text() {
    let half = format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": "Half" } }] }));
    let breaking = Provider::start(move |_, _| Provider::events(&half)).await;
    let good = Provider::start(|_, _| says("Here")).await;
    let fixture = Fixture::new().await;
    let models = [
        fixture.model(&breaking.url, "m-1", None).await,
        fixture.model(&good.url, "m-2", None).await,
    ];
    let events = fixture.ask(&models).await;
    assert_eq!(text(&events), "Half");
    assert_eq!(
        (&last(&events)["type"], &last(&events)["failure"]["kind"]),
        (&json!("failed"), &json!("truncated"))
    );
    assert_eq!((breaking.count(), good.count()), (1, 0));
}

#[tokio::test]
async fn a_long_question_goes_to_a_larger_window_only() {
    let too_long = |_: &str, _: &Value| {
        let error =
            json!({ "message": "maximum context length is 8", "code": "context_length_exceeded" });
        Provider::json(400, &json!({ "error": error }))
    };
    let small = Provider::start(too_long).await;
    let same = Provider::start(|_, _| says("No")).await;
    let large = Provider::start(|_, _| says("Large")).await;
    let fixture = Fixture::new().await;
    let models = [
        fixture.model(&small.url, "m-1", Some(8)).await,
        fixture.model(&same.url, "m-2", Some(8)).await,
        fixture.model(&large.url, "m-3", Some(16)).await,
    ];
    assert_eq!(text(&fixture.ask(&models).await), "Large");
    assert_eq!((small.count(), same.count()), (1, 0));
}

#[tokio::test]
async fn a_refused_member_is_left_out() {
    let picky = Provider::start(|_, body| {
        if body.get("temperature").is_none() {
            return says("Fine");
        }
        let error = json!({ "message": "Unsupported parameter: 'temperature'", "param": "temperature", "code": "unsupported_parameter" });
        Provider::json(400, &json!({ "error": error }))
    })
    .await;
    let fixture = Fixture::new().await;
    let model = fixture.model(&picky.url, "m-1", None).await;
    assert_eq!(text(&fixture.ask(&[model]).await), "Fine");
    assert_eq!(picky.count(), 2);
}

#[tokio::test]
async fn pictures_stand_before_the_question_and_have_bounds() {
    let provider = Provider::start(|_, _| says("A cat")).await;
    let fixture = Fixture::new().await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    let ask = async |images: Value| {
        let mut body = question();
        body["images"] = images;
        let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
        fixture.post(CHAT, grant, &body).await.status
    };
    let picture = json!({ "media_type": "image/png", "base64": "YWJj" });
    assert_eq!(ask(json!([picture])).await, 200);
    let parts = provider.requests()[0]["messages"][1]["content"].clone();
    assert_eq!(parts[0]["image_url"]["url"], "data:image/png;base64,YWJj");
    assert_eq!(parts[1]["text"], "Hi");
    let large = json!({ "media_type": "image/png", "base64": "a".repeat(1_400_001) });
    let drawing = json!({ "media_type": "image/svg+xml", "base64": "YWJj" });
    for images in [json!(vec![picture; 5]), json!([large]), json!([drawing])] {
        assert_eq!(ask(images).await, 400);
    }
    assert_eq!(provider.count(), 1);
}

/// The provider's body and the events of a question with these members.
async fn ask_with(provider: &Provider, members: Value) -> Vec<Value> {
    let fixture = Fixture::new().await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    let mut body = question();
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let stream = fixture.post(CHAT, grant, &body).await.expect(200);
    let data = stream.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn weather() -> Value {
    json!({ "name": "weather", "description": "Says it.", "parameters": { "type": "object" }, "strict": false })
}

#[tokio::test]
async fn tools_go_to_the_provider_and_calls_come_back() {
    let provider = Provider::start(|_, _| {
        let function = json!({ "name": "weather", "arguments": "{}" });
        let call = json!({ "index": 0, "id": "c1", "function": function });
        let chunk = json!({ "choices": [{ "delta": { "tool_calls": [call] } }] });
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] });
        Provider::events(&format!("data: {chunk}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
    })
    .await;
    let options = json!({ "tools": [weather()], "tool_choice": { "named": "weather" }, "parallel_tool_calls": false });
    let events = ask_with(&provider, json!({ "options": options })).await;
    assert_eq!(
        events[..3].iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["model", "tool_call", "finish"]
    );
    assert_eq!((&events[1]["id"], &events[1]["name"]), (&json!("c1"), &json!("weather")));
    let sent = &provider.requests()[0];
    assert_eq!(
        (&sent["tools"][0]["function"]["name"], &sent["tool_choice"]["function"]["name"]),
        (&json!("weather"), &json!("weather"))
    );
    assert_eq!(sent["parallel_tool_calls"], false);
}

#[tokio::test]
async fn parts_of_messages_reach_the_provider_in_order() {
    let provider = Provider::start(|_, _| says("Snow")).await;
    let picture = json!({ "type": "image", "media_type": "image/png", "base64": "YWJj" });
    let messages = json!([
        { "role": "user", "parts": [{ "type": "text", "text": "This?" }, picture] },
        { "role": "assistant", "parts": [{ "type": "tool_call", "id": "c1", "name": "weather", "arguments": "{}" }] },
        { "role": "user", "parts": [{ "type": "tool_result", "call_id": "c1", "name": "weather", "content": "Snow" }] },
    ]);
    ask_with(&provider, json!({ "messages": messages })).await;
    let sent = &provider.requests()[0]["messages"];
    assert_eq!(sent[0]["content"][1]["image_url"]["url"], "data:image/png;base64,YWJj");
    assert_eq!(sent[1]["tool_calls"][0]["id"], "c1");
    assert_eq!(sent[2], json!({ "role": "tool", "tool_call_id": "c1", "content": "Snow" }));
}

#[tokio::test]
async fn a_provider_that_refuses_a_format_is_not_asked_without_it() {
    let picky = Provider::start(|_, _| {
        let error = json!({ "message": "Unknown parameter: 'response_format'", "param": "response_format", "code": "unsupported_parameter" });
        Provider::json(400, &json!({ "error": error }))
    })
    .await;
    let events = ask_with(&picky, json!({ "options": { "format": "json_object" } })).await;
    assert_eq!((&last(&events)["type"], picky.count()), (&json!("failed"), 1));
}

#[tokio::test]
async fn tools_and_pictures_of_messages_have_bounds() {
    let fixture = Fixture::new().await;
    let provider = Provider::start(|_, _| says("no")).await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    let picture = json!({ "type": "image", "media_type": "image/png", "base64": "YWJj" });
    let foreign = json!({ "type": "image", "media_type": "image/svg+xml", "base64": "YWJj" });
    let message = |parts: Value| json!({ "messages": [{ "role": "user", "parts": parts }] });
    for body in [
        message(json!(vec![picture; 17])),
        message(json!([foreign])),
        message(json!([{ "type": "image", "url": "https://example.org/a.png" }])),
        json!({ "messages": [{ "role": "user", "content": "Hi" }], "options": { "tools": vec![weather(); 129] } }),
    ] {
        let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
        assert_eq!(fixture.post(CHAT, grant, &body).await.status, 400);
    }
    assert_eq!(provider.count(), 0);
}
