//! `/embeddings`: vectors of the installation's models.

use serde_json::json;

use crate::fixture::{EMBEDDINGS, Fixture, error, says};

const MODEL: &str = "all-MiniLM-L6-v2";

#[tokio::test]
async fn texts_become_vectors_in_their_order() {
    let fixture = Fixture::new(says(&[])).await;
    let body = json!({ "model": MODEL, "input": ["a", "b"], "user": "u" });
    let answer = fixture.post(EMBEDDINGS, &fixture.key().await, &body).send().await.expect(200);
    assert_eq!(
        (&answer["object"], &answer["data"].as_array().map(Vec::len)),
        (&json!("list"), &Some(2))
    );
    assert_eq!(
        (&answer["data"][1]["index"], &answer["data"][1]["embedding"][0]),
        (&json!(1), &json!(1.0))
    );
    assert_eq!(answer["usage"], json!({ "prompt_tokens": 2, "total_tokens": 2 }));
    assert_eq!(fixture.embedding.requests()[0]["input"], json!(["a", "b"]));
}

#[tokio::test]
async fn the_official_clients_get_base64() {
    let fixture = Fixture::new(says(&[])).await;
    let body =
        json!({ "model": MODEL, "input": "a", "encoding_format": "base64", "dimensions": 384 });
    let answer = fixture.post(EMBEDDINGS, &fixture.key().await, &body).send().await.expect(200);
    let text = answer["data"][0]["embedding"].as_str().unwrap();
    // 384 numbers of four bytes; the first is 1.0, the others are 0.
    assert!(text.len() == 2048 && text.starts_with("AACAPwAAAAA"), "{text}");
}

#[tokio::test]
async fn another_length_another_model_and_tokens_are_refused() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    for (body, status, code) in [
        (json!({ "model": MODEL, "input": "a", "dimensions": 8 }), 400, "unsupported_parameter"),
        (json!({ "model": MODEL, "input": [1, 2, 3] }), 400, "unsupported_parameter"),
        (json!({ "model": MODEL, "input": [""] }), 400, "invalid_value"),
        (json!({ "model": "multilingual-e5-small", "input": "a" }), 404, "model_not_found"),
        (json!({ "model": fixture.model, "input": "a" }), 404, "model_not_found"),
    ] {
        let reply = fixture.post(EMBEDDINGS, &key, &body).send().await;
        assert_eq!(error(&reply), (status, "invalid_request_error", code), "{body}");
    }
}
