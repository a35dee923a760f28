//! Embeddings of every server (E1 to E5).

use models::{Dialect, EmbedRequest, Embeddings, ErrorKind, InputType};
use serde_json::{Value, json};

use super::endpoint;

fn request() -> EmbedRequest {
    let texts = vec!["a".to_owned(), "b".to_owned()];
    EmbedRequest {
        model: "e-1".to_owned(),
        texts,
        input_type: InputType::Query,
        dimensions: Some(2),
    }
}

fn read(body: &Value) -> Result<Embeddings, ErrorKind> {
    Embeddings::read(body.to_string().as_bytes(), 2).map_err(|error| error.kind)
}

#[test]
fn each_server_is_asked_in_its_own_words() {
    let sent = |dialect| endpoint(dialect).embed(&request()).unwrap();
    let openai = sent(Dialect::OpenAiChat);
    assert_eq!(openai.url, "https://models.example/v1/embeddings");
    assert_eq!(openai.body, json!({ "model": "e-1", "input": ["a", "b"], "dimensions": 2 }));
    assert_eq!(sent(Dialect::Mistral).body["output_dimension"], 2);
    assert_eq!(sent(Dialect::Cohere).body["input_type"], "search_query");
    assert_eq!(sent(Dialect::Jina).body["task"], "retrieval.query");
    let gemini = sent(Dialect::Gemini);
    assert_eq!(gemini.url, "https://models.example/v1/models/e-1:batchEmbedContents");
    assert_eq!(gemini.body["requests"][1]["content"]["parts"][0]["text"], "b");
    let tei = sent(Dialect::TextEmbeddingsInference);
    assert_eq!(
        (tei.url.as_str(), tei.body),
        ("https://models.example/v1/embed", json!({ "inputs": ["a", "b"], "truncate": false }))
    );
    assert_eq!(
        endpoint(Dialect::Anthropic).embed(&request()).unwrap_err().kind,
        ErrorKind::Unsupported
    );
}

#[test]
fn bits_of_tokens_belong_to_the_text_of_their_item() {
    let body = json!({ "data": [
        { "index": 1, "embedding": [1], "token_bits": "AQI=" },
        { "index": 0, "embedding": [2] },
        { "index": 2, "embedding": [3], "token_bits": "not base64!" },
    ] });
    let found = models::Embeddings::read(body.to_string().as_bytes(), 3).unwrap();
    assert_eq!(found.token_bits, [vec![], vec![1, 2], vec![]]);
}

#[test]
fn every_shape_of_answer_gives_the_same_vectors() {
    let expected = vec![vec![0.5, -1.0], vec![0.25, 2.0]];
    for body in [
        json!({ "data": [{ "index": 1, "embedding": [0.25, 2] }, { "index": 0, "embedding": [0.5, -1.0] }] }),
        json!({ "data": [{ "embedding": "AAAAPwAAgL8=", "index": 0 }, { "embedding": "AACAPgAAAEA=", "index": 1 }] }),
        json!({ "embeddings": { "float": [[0.5, -1], [0.25, 2]] } }),
        json!({ "embeddings": [{ "values": [0.5, -1] }, { "values": [0.25, 2] }] }),
        json!({ "embeddings": [[0.5, -1], [0.25, 2]], "prompt_eval_count": 4 }),
        json!([[0.5, -1], [0.25, 2]]),
    ] {
        assert_eq!(read(&body).map(|found| found.vectors), Ok(expected.clone()), "{body}");
    }
}

#[test]
fn what_went_in_is_counted_where_the_server_says_it() {
    let vectors = json!([[0.5], [0.25]]);
    let data = json!([{ "embedding": [1] }, { "embedding": [2] }]);
    assert_eq!(
        read(&json!({ "data": data, "usage": { "prompt_tokens": 8, "total_tokens": 8 } }))
            .unwrap()
            .usage
            .prompt,
        8
    );
    assert_eq!(
        read(&json!({ "data": data, "usage": { "total_tokens": 6 } })).unwrap().usage.prompt,
        6
    );
    let cohere = json!({ "embeddings": { "float": vectors }, "meta": { "billed_units": { "input_tokens": 5 } } });
    assert_eq!(read(&cohere).unwrap().usage.prompt, 5);
    assert_eq!(read(&vectors).unwrap().usage.prompt, 0);
}

#[test]
fn anything_but_one_good_vector_for_each_text_is_refused() {
    for body in [
        json!({ "data": [{ "index": 0, "embedding": [1] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 0, "embedding": [1] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 2, "embedding": [1] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [null] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [1, 2] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [1e300] }] }),
        json!({ "data": [{ "index": 0, "embedding": "AADAfw==" }, { "index": 1, "embedding": "AADAfw==" }] }),
        json!({ "data": [{ "index": 0, "embedding": "AAA=" }, { "index": 1, "embedding": "AAA=" }] }),
        json!([[1], [2], [3]]),
        json!({}),
    ] {
        assert_eq!(read(&body), Err(ErrorKind::Unreadable), "{body}");
    }
    assert_eq!(Embeddings::read(b"<html>", 1).unwrap_err().kind, ErrorKind::Unreadable);
    assert_eq!(
        read(&json!({ "error": { "message": "x", "code": "rate_limit_exceeded" } })),
        Err(ErrorKind::RateLimited)
    );
}

#[test]
fn another_length_than_the_model_has_is_refused() {
    let found = || Embeddings::read(b"[[1,2]]", 1).unwrap();
    assert!(found().expect_dimensions(2).is_ok());
    let error = found().expect_dimensions(384).unwrap_err();
    assert!(error.message.contains("384") && error.message.contains('2'), "{error}");
}
