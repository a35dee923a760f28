//! Asking an embedding model.

use std::{collections::BTreeSet, time::Duration};

use kernel::Code;
use models::{InputType, Provider, TextEmbedding, Timeouts};
use serde_json::{Value, json};

use crate::provider::Provider as Stub;

fn provider(url: &str) -> Provider {
    let timeouts = Timeouts { first: Duration::from_secs(20), between: Duration::from_secs(20) };
    // A model of its own for each test: what another run left in the cache is no answer here.
    let model = format!("stub-{url}-{}", platform::random::id::<kernel::id::TenantId>().unwrap());
    let prices = models::PriceList::default();
    Provider { url: url.to_owned(), key: None, model, timeouts, prices }
}

/// One number for each text: its length. Answered backwards, as a server may.
fn embeddings(body: &Value) -> Value {
    let texts = body["input"].as_array().unwrap();
    let item = |(index, text): (usize, &Value)| json!({"index": index, "embedding": [text.as_str().unwrap().len()]});
    json!({ "data": texts.iter().enumerate().map(item).rev().collect::<Vec<_>>() })
}

fn vector(embedding: TextEmbedding) -> Vec<f32> {
    embedding.vector
}

#[tokio::test]
async fn chunks_are_embedded_in_their_order_several_a_request() {
    let stub = Stub::start(|path, body| {
        assert_eq!(path, "/v1/embeddings");
        Stub::json(200, &embeddings(body))
    })
    .await;
    let texts: Vec<String> = (1..=150).map(|n| "x".repeat(n)).collect();
    let found = provider(&stub.url).embed_texts(InputType::Document, &texts, None).await.unwrap();
    assert_eq!(found, (1..=150_u8).map(|n| vec![f32::from(n)]).collect::<Vec<_>>());
    assert_eq!(stub.count(), 3);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_asked_again() {
    let mut first = true;
    let stub = Stub::start(move |_, body| {
        if std::mem::take(&mut first) {
            Stub::json(503, &json!({}))
        } else {
            Stub::json(200, &embeddings(body))
        }
    })
    .await;
    let texts = ["ab".to_owned()];
    let found = provider(&stub.url).embed_texts(InputType::Document, &texts, None).await;
    assert_eq!(found, Ok(vec![vec![2.0]]));
    assert_eq!(stub.count(), 2);
}

#[tokio::test]
async fn a_question_is_sent_again_to_the_server_that_takes_over() {
    let mut failures = 2;
    let stub = Stub::start(move |_, body| {
        if failures > 0 {
            failures -= 1;
            return Stub::json(503, &json!({}));
        }
        Stub::json(200, &embeddings(body))
    })
    .await;
    assert_eq!(provider(&stub.url).embed("ours", "ab").await.map(vector), Ok(vec![2.0]));
    assert_eq!(stub.count(), 3);
}

#[tokio::test]
async fn a_refused_text_is_not_sent_again() {
    let stub = Stub::start(|_, _| Stub::json(400, &json!({"error":{"message":"too long"}}))).await;
    let texts = ["ab".to_owned()];
    let found = provider(&stub.url).embed_texts(InputType::Document, &texts, None).await;
    let problem = found.unwrap_err();
    assert_eq!((problem.code, stub.count()), (Code::ModelFailed, 1));
}

#[tokio::test]
async fn embeddings_of_api_clients_are_not_cached() {
    let stub = Stub::start(|_, body| Stub::json(200, &embeddings(body))).await;
    let provider = provider(&stub.url);
    let texts = ["when does it open?".to_owned()];
    let embed = || provider.embed_texts(InputType::Query, &texts, Some("ours"));
    assert_eq!(embed().await, Ok(vec![vec![18.0]]));
    assert_eq!(provider.embed("ours", &texts[0]).await.map(vector), Ok(vec![18.0]));
    assert_eq!(embed().await, Ok(vec![vec![18.0]]));
    assert_eq!(stub.count(), 3);
}

#[tokio::test]
async fn the_bits_of_tokens_come_with_a_question_and_from_the_cache() {
    let stub = Stub::start(|_, body| {
        let given = json!({"embedding": [1], "token_bits": "AQI="});
        let bits = body["token_bits"] == true && body["input_type"] == "query";
        Stub::json(200, &json!({ "data": [if bits { given } else { json!({"embedding": [1]}) }] }))
    })
    .await;
    let provider = provider(&stub.url);
    let expected = TextEmbedding { vector: vec![1.0], token_bits: vec![1, 2] };
    let cached = async {
        loop {
            let before = stub.count();
            assert_eq!(provider.embed("ours", "a question").await, Ok(expected.clone()));
            if stub.count() == before {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), cached).await.expect("Redis keeps it");
}

#[tokio::test]
async fn a_question_is_embedded_once_an_hour_for_each_tenant() {
    let stub = Stub::start(|_, body| Stub::json(200, &embeddings(body))).await;
    let provider = provider(&stub.url);
    let question = "when does it open?";
    assert_eq!(provider.embed("ours", question).await.map(vector), Ok(vec![18.0]));
    // It is kept beside the request: asked again until it is there, which takes no second embedding
    // for long.
    let kept = async {
        loop {
            let before = stub.count();
            assert_eq!(provider.embed("ours", question).await.map(vector), Ok(vec![18.0]));
            if stub.count() == before {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept)
        .await
        .expect("TESSERA_REDIS_URL must name a Redis server");
    let before = stub.count();
    assert_eq!(provider.embed("theirs", question).await.map(vector), Ok(vec![18.0]));
    assert_eq!(stub.count(), before + 1, "another tenant's cache does not have it");
    // The built-in model lets tenants take turns.
    let users: BTreeSet<_> = stub.header("x-tessera-user").into_iter().flatten().collect();
    assert_eq!(users, BTreeSet::from(["ours".to_owned(), "theirs".to_owned()]));
}
