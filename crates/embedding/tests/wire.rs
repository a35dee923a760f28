//! The HTTP endpoints in OpenAI's wire format.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use embedding::{ALL_MINILM_L6_V2, ANSWER_MODEL, Lane, MULTILINGUAL_E5_SMALL, Models, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::e5::E5;
use super::model::{MODEL, cosine, from_base64};

/// Status and body of a request to a server of all-MiniLM-L6-v2.
pub(crate) async fn send(method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
    send_to(MODEL.clone(), method, path, body).await
}

/// Status and body of a request to a server of these models.
pub(crate) async fn send_to(
    models: impl Into<Models>,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let request =
        Request::builder().method(method).uri(path).header("content-type", "application/json");
    let response = router(models).oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn post(path: &str, body: Value) -> Value {
    let (status, body) = send("POST", path, body.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn embeddings_come_as_floats_or_as_base64() {
    let texts = json!(["one text", "another"]);
    let floats =
        post("/v1/embeddings", json!({"model": ALL_MINILM_L6_V2.id, "input": texts})).await;
    let coded = json!({"model": ALL_MINILM_L6_V2.id, "input": texts, "encoding_format": "base64", "user": "x"});
    let coded = post("/v1/embeddings", coded).await;
    assert_eq!(
        (&floats["object"], &floats["model"]),
        (&json!("list"), &json!(ALL_MINILM_L6_V2.id))
    );
    assert_eq!(floats["usage"], json!({"prompt_tokens": 7, "total_tokens": 7}));
    for index in 0..2 {
        let one = &floats["data"][index];
        assert_eq!((&one["object"], &one["index"]), (&json!("embedding"), &json!(index)));
        let vector: Vec<f32> = serde_json::from_value(one["embedding"].clone()).unwrap();
        assert_eq!(vector, from_base64(coded["data"][index]["embedding"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_single_text_needs_no_array() {
    let one =
        post("/v1/embeddings", json!({"model": ALL_MINILM_L6_V2.id, "input": "one text"})).await;
    let many =
        post("/v1/embeddings", json!({"model": ALL_MINILM_L6_V2.id, "input": ["one text"]})).await;
    assert_eq!(one, many);
    let vector: Vec<f32> = serde_json::from_value(one["data"][0]["embedding"].clone()).unwrap();
    assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
}

#[tokio::test]
async fn models_are_listed_and_health_is_told() {
    let (_, list) = send("GET", "/v1/models", Body::empty()).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    let ids: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, [ALL_MINILM_L6_V2.id, ANSWER_MODEL]);
    assert_eq!(
        send("GET", &format!("/v1/models/{ANSWER_MODEL}"), Body::empty()).await.0,
        StatusCode::OK
    );
    assert_eq!(send("GET", "/health", Body::empty()).await.0, StatusCode::OK);
}

fn question(stream: bool) -> Value {
    let system = "Answer.\n\n<sources>\n[1] Energy\nThere are 24 boreholes, each 280 metres deep.\n</sources>";
    let messages = json!([
        {"role": "system", "content": system},
        {"role": "user", "content": [{"type": "text", "text": "How deep are the boreholes?"}]},
    ]);
    json!({"model": ANSWER_MODEL, "messages": messages, "temperature": 0, "stream": stream})
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let answer = post("/v1/chat/completions", question(false)).await;
    assert_eq!(
        (&answer["object"], &answer["model"]),
        (&json!("chat.completion"), &json!(ANSWER_MODEL))
    );
    let choice = &answer["choices"][0];
    assert_eq!(
        (&choice["finish_reason"], &choice["message"]["role"]),
        (&json!("stop"), &json!("assistant"))
    );
    assert!(
        choice["message"]["content"].as_str().unwrap().ends_with("280 metres deep. [1]"),
        "{answer}"
    );
    let usage = &answer["usage"];
    let total =
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], total);
}

#[tokio::test]
async fn an_answer_comes_as_a_stream_that_makes_the_same_text() {
    let mut request = question(true);
    request["stream_options"] = json!({"include_usage": true});
    let (_, body) = send("POST", "/v1/chat/completions", request.to_string()).await;
    let events: Vec<&str> =
        body.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect();
    let (done, events) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let events: Vec<Value> =
        events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let (usage, events) = events.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    let whole = post("/v1/chat/completions", question(false)).await;
    assert_eq!(usage["usage"], whole["usage"]);
    let (last, rest) = events.split_last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(rest[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    let mut text = String::new();
    for event in rest {
        assert_eq!(event["object"], "chat.completion.chunk");
        assert_eq!(event["id"], last["id"]);
        assert!(event.as_object().unwrap().contains_key("usage") && event["usage"].is_null());
        assert!(event["choices"][0]["finish_reason"].is_null());
        text.push_str(event["choices"][0]["delta"]["content"].as_str().unwrap());
    }
    assert_eq!(text, whole["choices"][0]["message"]["content"].as_str().unwrap());
}

#[tokio::test]
async fn without_being_asked_a_stream_tells_no_usage() {
    let (_, body) = send("POST", "/v1/chat/completions", question(true).to_string()).await;
    assert!(!body.contains("usage"), "{body}");
    assert!(body.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn an_answer_ends_where_the_client_wants_no_more_tokens() {
    let mut request = question(false);
    request["max_tokens"] = json!(5);
    let answer = post("/v1/chat/completions", request).await;
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "No language model is");
}

#[tokio::test]
async fn the_server_ends_when_it_is_told_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(embedding::serve(listener, MODEL.clone(), async {
        let _ = stopped.await;
    }));
    assert!(tokio::net::TcpStream::connect(address).await.is_ok());
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_model_that_is_named_embeds_and_takes_queries_for_queries() {
    let both = Models::from(MODEL.clone()).and(E5.clone());
    let ids: Vec<&str> = both.ids().collect();
    assert_eq!(ids, [ALL_MINILM_L6_V2.id, MULTILINGUAL_E5_SMALL.id]);
    let ask = async |request: Value| -> (StatusCode, Value) {
        let body = request.to_string();
        let (status, body) = send_to(both.clone(), "POST", "/v1/embeddings", body).await;
        (status, serde_json::from_str(&body).unwrap())
    };
    let text = "Hur högt är taket?";
    let vector = |answer: &Value| -> Vec<f32> {
        serde_json::from_value(answer["data"][0]["embedding"].clone()).unwrap()
    };
    let named = |input_type: Value| json!({"model": MULTILINGUAL_E5_SMALL.id, "input": text, "input_type": input_type});
    for (input_type, lane) in [
        (json!("query"), Lane::Query),
        (json!("passage"), Lane::Document),
        (Value::Null, Lane::Document),
    ] {
        let (status, answer) = ask(named(input_type)).await;
        assert_eq!(
            (status, &answer["model"]),
            (StatusCode::OK, &json!(MULTILINGUAL_E5_SMALL.id)),
            "{answer}"
        );
        assert_eq!(vector(&answer), E5.embed(&[text], lane).await.unwrap().vectors[0]);
    }
    let (status, refused) = ask(named(json!("question"))).await;
    assert_eq!(
        (status, &refused["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("input_type"))
    );
    let (_, english) =
        ask(json!({"model": ALL_MINILM_L6_V2.id, "input": text, "input_type": "query"})).await;
    assert_eq!(vector(&english), MODEL.embed(&[text], Lane::Document).await.unwrap().vectors[0]);
    let bits = async |mut request: Value| {
        request["token_bits"] = json!(true);
        ask(request).await.1["data"][0]["token_bits"].clone()
    };
    assert!(bits(named(json!("query"))).await.as_str().unwrap().len() >= 64);
    assert_eq!(bits(json!({"model": ALL_MINILM_L6_V2.id, "input": text})).await, Value::Null);
    let (_, answer) = ask(named(json!("query"))).await;
    assert_eq!(answer["data"][0]["token_bits"], Value::Null, "only if asked for: {answer}");
    let (status, unknown) = send("POST", "/v1/embeddings", named(Value::Null).to_string()).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{unknown}");
}
