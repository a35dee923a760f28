//! What is refused, and that it is said in OpenAI's shape.

use axum::http::StatusCode;
use embedding::{ALL_MINILM_L6_V2, ANSWER_MODEL, Embedder, Options};
use serde_json::{Value, json};

use super::wire::send;

/// Asserts that a request is refused with `status`; gives back the error.
async fn refused(path: &str, body: &str, status: u16) -> Value {
    let (came, body) = send("POST", path, body.to_owned()).await;
    assert_eq!(came.as_u16(), status, "{body}");
    let error = serde_json::from_str::<Value>(&body).unwrap()["error"].clone();
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert_eq!(error["type"], "invalid_request_error");
    assert!(
        error.as_object().unwrap().contains_key("param")
            && error.as_object().unwrap().contains_key("code")
    );
    error
}

#[tokio::test]
async fn unknown_models_are_named() {
    let asked = json!({"model": "gpt-9", "input": "x", "messages": []}).to_string();
    for path in ["/v1/embeddings", "/v1/chat/completions"] {
        let error = refused(path, &asked, 404).await;
        assert_eq!(error["code"], "model_not_found");
        assert!(error["message"].as_str().unwrap().contains("gpt-9"));
    }
}

#[tokio::test]
async fn input_that_is_no_text_is_refused() {
    let too_many = vec!["x"; 2049];
    for input in
        [json!([]), json!(""), json!(["a", ""]), json!([1, 2]), json!({"a": 1}), json!(too_many)]
    {
        let error = refused(
            "/v1/embeddings",
            &json!({"model": ALL_MINILM_L6_V2.id, "input": input}).to_string(),
            400,
        )
        .await;
        assert_eq!(error["param"], "input");
    }
}

#[tokio::test]
async fn what_the_model_cannot_do_is_refused() {
    let format = json!({"model": ALL_MINILM_L6_V2.id, "input": "x", "encoding_format": "hex"});
    assert_eq!(
        refused("/v1/embeddings", &format.to_string(), 400).await["param"],
        "encoding_format"
    );
    let dimensions = json!({"model": ALL_MINILM_L6_V2.id, "input": "x", "dimensions": 100});
    assert_eq!(
        refused("/v1/embeddings", &dimensions.to_string(), 400).await["param"],
        "dimensions"
    );
    let no_one = json!({"model": ANSWER_MODEL, "messages": [{"role": "system", "content": "x"}]});
    assert_eq!(
        refused("/v1/chat/completions", &no_one.to_string(), 400).await["param"],
        "messages"
    );
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    for body in ["", "{", "[]", "null", "{\"model\": 3}", "\u{fffd}"] {
        refused("/v1/embeddings", body, 400).await;
        refused("/v1/chat/completions", body, 400).await;
    }
    let long = json!({"model": ALL_MINILM_L6_V2.id, "input": "x".repeat(17 << 20)}).to_string();
    refused("/v1/embeddings", &long, 413).await;
    refused("/v1/nothing", "{}", 404).await;
    assert_eq!(send("GET", "/v1/embeddings", "").await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_folder_without_the_model_is_named() {
    let empty = std::env::temp_dir().join(format!("no-model-{}", std::process::id()));
    std::fs::create_dir_all(&empty).unwrap();
    let Err(error) = Embedder::load(&empty, Options::default()) else {
        panic!("loaded from an empty folder")
    };
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
    std::fs::copy(super::model::folder().join("tokenizer.json"), empty.join("tokenizer.json"))
        .unwrap();
    for broken in [
        &b""[..],
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x02\0\0\0\0\0\0\0{}",
        b"\x02\0\0\0\0\0\0\0no",
    ] {
        std::fs::write(empty.join("model.safetensors"), broken).unwrap();
        let Err(error) = Embedder::load(&empty, Options::default()) else {
            panic!("loaded {broken:?}")
        };
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    std::fs::remove_dir_all(&empty).unwrap();
}
