//! Reranks: one attempt, in little time, recorded and within quotas.

use catalogue::model::{ModelSettings, create_model};
use credentials::GrantPurpose;
use kernel::id::ModelId;
use models::{
    ModelKind,
    gateway::{CHAT, RERANK},
};
use serde_json::{Value, json};
use testkit::Reply;

use crate::{
    fixture::{Fixture, question, refuses, says},
    provider::{self, Provider},
    usage::{quota, records},
};

/// A reranker for a dollar a search.
pub(crate) async fn reranker(fixture: &Fixture, url: &str) -> ModelId {
    let settings = ModelSettings {
        prices: json!({ "standard": { "search": "1" } }),
        ..ModelSettings::named("r-1", ModelKind::Rerank)
    };
    create_model(&fixture.cx, fixture.provider(url).await, settings).await.unwrap().id
}

async fn rank(fixture: &Fixture, model: ModelId, body: &Value) -> Reply {
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Rerank, &[model.0]).await;
    fixture.post(RERANK, grant, body).await
}

pub(crate) fn texts() -> Value {
    json!({ "query": "cats", "documents": ["dogs", "birds", "cats"] })
}

fn ranked(body: &Value) -> provider::Reply {
    Provider::json(200, body)
}

/// What the gateway says of a provider that answers like this.
async fn failure_of(decide: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static) -> Value {
    let provider = Provider::start(decide).await;
    let fixture = Fixture::new().await;
    let model = reranker(&fixture, &provider.url).await;
    let answer = rank(&fixture, model, &texts()).await.expect(200);
    answer["failed"]["kind"].clone()
}

#[tokio::test]
async fn a_reranker_orders_texts_and_its_searches_are_recorded() {
    let provider = Provider::start(|_, _| {
        ranked(&json!({ "results": [{ "index": 2, "relevance_score": 0.9 }, { "index": 0, "relevance_score": 0.2 }],
            "meta": { "billed_units": { "search_units": 2 } } }))
    })
    .await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 10).await;
    quota(&fixture, "requests", 0).await;
    let model = reranker(&fixture, &provider.url).await;
    let mut body = texts();
    body["attribution"] = json!({ "space_id": fixture.admin.space, "assistant_id": null,
        "conversation_id": null, "message_id": null, "api_key_id": null });
    let answer = rank(&fixture, model, &body).await.expect(200);
    assert_eq!(answer, json!({ "order": [2, 0, 1] }), "what is left out comes last");
    let sent = &provider.requests()[0];
    assert_eq!((&sent["model"], &sent["documents"][2]), (&json!("r-1"), &json!("cats")));
    let record = &records(&fixture).await[0];
    assert_eq!(
        (&record["purpose"], &record["searches"], &record["cost"], &record["space"]),
        (&json!("rerank"), &json!(2), &json!("2"), &json!(fixture.admin.space))
    );
    assert_eq!(record["estimated"], true, "the provider says nothing of tokens");
}

#[tokio::test]
async fn a_rerank_beyond_a_quota_reaches_no_provider() {
    let provider = Provider::start(|_, _| ranked(&json!([]))).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 0).await;
    let model = reranker(&fixture, &provider.url).await;
    let reply = rank(&fixture, model, &texts()).await;
    assert_eq!((reply.problem(429).as_str(), provider.count()), ("usage_quota_reached", 0));
}

#[tokio::test]
async fn a_reranker_has_one_attempt_and_its_breaker_opens() {
    let provider = Provider::start(|_, _| refuses(503, "down")).await;
    let fixture = Fixture::new().await;
    let model = reranker(&fixture, &provider.url).await;
    for calls in 1..=5 {
        let answer = rank(&fixture, model, &texts()).await.expect(200);
        assert_eq!(answer["failed"]["kind"], "overloaded");
        assert_eq!(provider.count(), calls);
    }
    let answer = rank(&fixture, model, &texts()).await.expect(200);
    assert_eq!((&answer["failed"]["kind"], provider.count()), (&json!("circuit_open"), 5));
    let records = records(&fixture).await;
    assert!(records.len() == 5 && records.iter().all(|it| it["cost"] == "0"), "{records:#?}");
}

#[tokio::test]
async fn an_answer_that_is_no_ranking_is_a_failure() {
    let foreign = json!({ "results": [{ "index": 3, "relevance_score": 1 }] });
    assert_eq!(failure_of(move |_, _| ranked(&foreign)).await, "unreadable");
    let nan = "HTTP/1.1 200 X\r\ncontent-length: 25\r\nconnection: close\r\n\r\n[{\"index\":0,\"score\":NaN}]\n";
    assert_eq!(failure_of(|_, _| provider::Reply::Bytes(nan.to_owned())).await, "unreadable");
    let html = "HTTP/1.1 200 X\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>";
    assert_eq!(failure_of(|_, _| provider::Reply::Bytes(html.to_owned())).await, "unreadable");
    let huge = json!({ "results": [], "text": "x".repeat(5 << 20) });
    assert_eq!(failure_of(move |_, _| ranked(&huge)).await, "too_long");
}

#[tokio::test]
async fn a_silent_reranker_is_not_waited_for_and_billed_a_search() {
    let provider = Provider::start(|_, _| provider::Reply::Silence).await;
    let fixture = Fixture::new().await;
    let model = reranker(&fixture, &provider.url).await;
    let answer = rank(&fixture, model, &texts()).await.expect(200);
    assert_eq!(answer["failed"]["kind"], "timeout");
    let record = &records(&fixture).await[0];
    assert_eq!(
        (&record["outcome"], &record["cost"], &record["estimated"]),
        (&json!("caller_gone"), &json!("1"), &json!(true))
    );
}

#[tokio::test]
async fn a_refused_member_is_left_out_of_a_rerank() {
    let picky = Provider::start(|_, body| {
        if body.get("return_documents").is_none() {
            return ranked(&json!([{ "index": 1, "score": 1 }]));
        }
        let error = json!({ "message": "Unsupported parameter: 'return_documents'", "param": "return_documents", "code": "unsupported_parameter" });
        Provider::json(400, &json!({ "error": error }))
    })
    .await;
    let fixture = Fixture::new().await;
    let model = reranker(&fixture, &picky.url).await;
    assert_eq!(rank(&fixture, model, &texts()).await.expect(200), json!({ "order": [1, 0, 2] }));
}

#[tokio::test]
async fn a_grant_for_one_purpose_opens_no_model_of_another() {
    let provider = Provider::start(|_, _| says("No")).await;
    let fixture = Fixture::new().await;
    let chat = fixture.model(&provider.url, "m-1", None).await;
    let reranker = reranker(&fixture, &provider.url).await;
    assert_eq!(rank(&fixture, chat, &texts()).await.problem(503), "model_failed");
    for (purpose, path, body) in
        [(GrantPurpose::Chat, RERANK, texts()), (GrantPurpose::Rerank, CHAT, question())]
    {
        let grant = fixture.grant_of(&fixture.admin, purpose, &[reranker.0]).await;
        fixture.post(path, grant, &body).await.expect(500);
    }
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_rerank_has_bounds() {
    let fixture = Fixture::new().await;
    let model = reranker(&fixture, "http://127.0.0.1:9/v1").await;
    for body in [
        json!({ "query": "", "documents": ["a"] }),
        json!({ "query": "q", "documents": [] }),
        json!({ "query": "q", "documents": vec!["a"; 101] }),
        json!({ "query": "q", "documents": ["a".repeat((16 << 10) + 1)] }),
    ] {
        assert_eq!(rank(&fixture, model, &body).await.problem(400), "invalid_body");
    }
}
