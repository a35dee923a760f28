//! Every operation of the gateway: a grant for its rows opens it, and nothing else does.

use std::collections::BTreeMap;

use credentials::GrantPurpose;
use http::Method;
use models::gateway::{CHAT, LIST, RERANK, TEST, TRANSCRIBE};
use serde_json::{Value, json};
use testkit::{Fixture, Operation};

use crate::{
    fixture::{self, question, says},
    provider::{self, Provider},
    rerank::{reranker, texts},
};

fn operations() -> Vec<Operation> {
    let post = |path| Operation::new(Method::POST, path).is_no_list();
    let (provider, tested) = (GrantPurpose::Administration, json!({ "model": "m-1" }));
    vec![
        post(CHAT).with(question()).granted(GrantPurpose::Chat, &["model_id"]),
        post(RERANK).with(texts()).granted(GrantPurpose::Rerank, &["reranker_id"]),
        post(TEST).with(tested).granted(provider, &["provider_id"]),
        post(LIST).granted(provider, &["provider_id"]),
    ]
}

fn answer(path: &str, _: &Value) -> provider::Reply {
    if path.ends_with("/models") {
        Provider::json(200, &json!({ "data": [{ "id": "m-1" }] }))
    } else if path.ends_with("/rerank") {
        Provider::json(200, &json!({ "results": [{ "index": 2, "relevance_score": 0.9 }] }))
    } else {
        says("Yes")
    }
}

async fn fixture() -> Fixture {
    let provider = Provider::start(answer).await;
    let fixture = fixture::Fixture::new().await;
    let ids = [
        ("model_id", fixture.model(&provider.url, "m-1", None).await.to_string()),
        ("reranker_id", reranker(&fixture, &provider.url).await.to_string()),
        ("provider_id", fixture.provider(&provider.url).await.to_string()),
    ];
    let people = BTreeMap::from([("owner", fixture.admin)]);
    Fixture { app: fixture.app, people, ids: BTreeMap::from(ids) }
}

// The body of a transcription is a recording: `transcribe` sends it.
testkit::operation_tests!(
    gateway_component::router(),
    fixture,
    operations,
    except | name | name.ends_with(TRANSCRIBE)
);
