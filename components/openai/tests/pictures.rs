//! Pictures in questions to models.

use serde_json::{Value, json};

use crate::fixture::{CHAT, Fixture, RESPONSES, error, says};

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

fn seen(fixture: &Fixture, model: &str, url: &str) -> Value {
    let mut body = fixture.asks(model);
    let picture = json!({ "type": "image_url", "image_url": { "url": url } });
    body["messages"][0]["content"] = json!([{ "type": "text", "text": "What is it?" }, picture]);
    body
}

#[tokio::test]
async fn a_row_with_vision_gets_pictures_in_their_place() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{vision}").await);
    fixture.post(CHAT, &key, &seen(&fixture, &row, PNG)).send().await.expect(200);
    let parts = json!([{ "type": "input_text", "text": "What is it?" }, { "type": "input_image", "image_url": PNG }]);
    let body = json!({ "model": row, "input": [{ "role": "user", "content": parts }] });
    fixture.post(RESPONSES, &key, &body).send().await.expect(200);
    let text = json!({ "type": "text", "text": "What is it?" });
    let picture = json!({ "type": "image", "media_type": "image/png", "base64": "iVBORw0KGgo=" });
    for sent in fixture.gateway.requests() {
        assert_eq!(sent["messages"][0]["parts"], json!([text, picture]));
    }
}

#[tokio::test]
async fn a_picture_url_is_refused_and_never_fetched() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{vision}").await);
    let fetched = format!("{}/a.png", fixture.chat.url);
    let reply = fixture.post(CHAT, &key, &seen(&fixture, &row, &fetched)).send().await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
    assert_eq!(reply.body["error"]["param"], "messages[0].content[1].image_url.url");
    assert_eq!((fixture.chat.count(), fixture.gateway.count()), (0, 0));
}

#[tokio::test]
async fn assistants_and_models_without_vision_refuse_pictures() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{tools}").await);
    for model in [row.as_str(), &fixture.model, "extractive"] {
        let reply = fixture.post(CHAT, &key, &seen(&fixture, model, PNG)).send().await;
        assert_eq!(error(&reply).2, "unsupported_parameter", "{model}");
        assert_eq!(reply.body["error"]["param"], "messages[0].content[1].image_url.url");
    }
    assert_eq!((fixture.chat.count(), fixture.gateway.count()), (0, 0));
}

#[tokio::test]
async fn a_body_may_be_larger_for_pictures_only() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.capable_row("{vision}").await);
    let large = format!("data:image/png;base64,iVBORw0KGgo{}=", "A".repeat(1_200_000));
    fixture.post(CHAT, &key, &seen(&fixture, &row, &large)).send().await.expect(200);
    let mut body = fixture.asks(&row);
    body["messages"][0]["content"] = "x".repeat(1_100_000).into();
    let reply = fixture.post(CHAT, &key, &body).send().await;
    assert_eq!(error(&reply).0, 413);
}
