//! `/responses`: the same answers in the shape of the Responses API.

use serde_json::{Value, json};

use crate::{
    fixture::{CITED, Fixture, RESPONSES, error, events, piece, says},
    provider::Provider,
};

fn request(fixture: &Fixture) -> Value {
    json!({ "model": fixture.model, "input": "How long is the chair elected?", "instructions": "In Swedish.", "store": true })
}

#[tokio::test]
async fn an_answer_is_one_message_with_flat_citations() {
    let fixture = Fixture::new(says(&["It is elected for two years ", "[1]."])).await;
    let response =
        fixture.post(RESPONSES, &fixture.key().await, &request(&fixture)).send().await.expect(200);
    assert_eq!(
        (&response["object"], &response["status"]),
        (&json!("response"), &json!("completed"))
    );
    assert_eq!((&response["store"], &response["model"]), (&json!(false), &json!(fixture.model)));
    let part = &response["output"][0]["content"][0];
    assert_eq!((&part["type"], &part["text"]), (&json!("output_text"), &json!(CITED)));
    assert_eq!(
        (&part["annotations"][0]["start_index"], &part["annotations"][0]["title"]),
        (&json!(28), &json!("Statutes of 2024"))
    );
    assert_eq!(response["usage"]["total_tokens"], 18);
    let system = fixture.chat.requests()[0]["messages"][0]["content"].as_str().unwrap().to_owned();
    assert!(system.starts_with("Be brief.\n\nIn Swedish."), "{system}");
}

#[tokio::test]
async fn a_stream_has_the_events_of_the_protocol_in_order() {
    let fixture = Fixture::new(says(&["It is elected for two years ", "[1]."])).await;
    let mut body = request(&fixture);
    body["stream"] = true.into();
    let reply = fixture.post(RESPONSES, &fixture.key().await, &body).send().await;
    let stream = reply.body.as_str().unwrap();
    let seen = events(stream);
    let mut kinds: Vec<&str> = seen.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let named: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(kinds, named);
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.annotation.added",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let numbers: Vec<i64> =
        seen.iter().map(|event| event["sequence_number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (0..).take(seen.len()).collect::<Vec<i64>>());
    let text: String = seen.iter().filter_map(|event| event["delta"].as_str()).collect();
    let last = &seen.last().unwrap()["response"];
    assert_eq!((text.as_str(), &last["output"][0]["content"][0]["text"]), (CITED, &json!(CITED)));
    assert!(!stream.contains("[DONE]") && !stream.contains("\nid:"), "{stream}");
}

#[tokio::test]
async fn an_answer_at_its_limit_is_incomplete() {
    let fixture = Fixture::new(says(&["one two three"])).await;
    let mut body = request(&fixture);
    body["max_output_tokens"] = 1.into();
    let key = fixture.key().await;
    let response = fixture.post(RESPONSES, &key, &body).send().await.expect(200);
    let reason = json!({ "reason": "max_output_tokens" });
    assert_eq!(
        (&response["status"], &response["incomplete_details"]),
        (&json!("incomplete"), &reason)
    );
    body["stream"] = true.into();
    let reply = fixture.post(RESPONSES, &key, &body).send().await;
    assert_eq!(events(reply.body.as_str().unwrap()).last().unwrap()["type"], "response.incomplete");
}

#[tokio::test]
async fn a_provider_that_breaks_off_fails_the_response() {
    let fixture = Fixture::new(|_: &str, _: &Value| Provider::cut(&piece("so far"))).await;
    let mut body = request(&fixture);
    body["stream"] = true.into();
    let reply = fixture.post(RESPONSES, &fixture.key().await, &body).send().await;
    let last = events(reply.body.as_str().unwrap()).pop().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["error"]["code"]),
        (&json!("response.failed"), &json!("server_error"))
    );
}

#[tokio::test]
async fn what_would_have_to_be_stored_is_refused() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let mut body = request(&fixture);
    body["previous_response_id"] = "resp_1".into();
    let reply = fixture.post(RESPONSES, &fixture.key().await, &body).send().await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
    assert_eq!(reply.body["error"]["param"], "previous_response_id");
}
