//! Searches of a tenant with a reranker, and a stub of the gateway in front of it.

use serde_json::{Value, json};
use testkit::{Fixture, Person};
use uuid::Uuid;

use crate::{
    provider::{Provider, Reply},
    tests::{axis, document, fixture_with, search},
};

/// A tenant whose reranker is asked at this gateway.
async fn reranked(gateway: &Provider) -> Fixture {
    let fixture = fixture_with(gateway.url.trim_end_matches("/v1").to_owned()).await;
    rerank_with(&fixture, fixture.person("owner")).await;
    fixture
}

async fn rerank_with(fixture: &Fixture, owner: &Person) {
    let sql = "with p as (insert into model_providers (id, tenant_id, name, dialect, base_url) values ($2, $1, 'Main', 'jina', 'https://r.example/v1')),
          m as (insert into models (id, tenant_id, provider_id, name, title, kind) values ($3, $1, $2, 'r-1', 'Ranker', 'rerank'))
        insert into rerankers (tenant_id, model_id) values ($1, $3)";
    let insert = sqlx::query(sql).bind(owner.tenant.0).bind(Uuid::now_v7()).bind(Uuid::now_v7());
    insert.execute(&mut fixture.app.database.superuser_in(owner.tenant).await).await.unwrap();
}

async fn found(fixture: &Fixture, body: Value) -> (Vec<String>, Value) {
    let found = search(fixture, &body).await.expect(200);
    let hits = found["results"].as_array().unwrap();
    let snippets = hits.iter().map(|hit| hit["snippet"].as_str().unwrap().to_owned()).collect();
    (snippets, found["reranking"].clone())
}

/// A vector near that of every query, another one for each number: texts with one vector are copies.
fn near(number: usize) -> Vec<f32> {
    let mut vector = axis(0);
    vector[number] = 0.1;
    vector
}

fn query() -> Value {
    json!({ "query": "Who is elected?" })
}

/// The gateway: what it received last, turned around.
fn turned(_: &str, request: &Value) -> Reply {
    let count = request["documents"].as_array().unwrap().len();
    Provider::json(200, &json!({ "order": (0..count).rev().collect::<Vec<_>>() }))
}

#[tokio::test]
async fn results_are_in_the_order_of_the_reranker_which_sees_only_what_the_caller_may_read() {
    let gateway = Provider::start(turned).await;
    let fixture = reranked(&gateway).await;
    let (app, owner) = (&fixture.app, fixture.person("owner"));
    let texts = ["The treasurer is elected too.", "Nobody else is elected."];
    for (number, text) in texts.into_iter().enumerate() {
        document(app, owner, &near(number + 1), text).await;
    }
    for (number, hidden) in ["outsider", "stranger"].into_iter().enumerate() {
        let text = "The secret keeper is elected.";
        document(app, fixture.person(hidden), &near(number + 10), text).await;
    }
    let own = json!({ "query": "Who is elected?", "mode": "vector" });
    let (_, reranking) = found(&fixture, own).await;
    assert_eq!((reranking, gateway.count()), (Value::Null, 0), "only the fused order is changed");
    let (results, reranking) = found(&fixture, query()).await;
    assert_eq!(reranking, json!({ "model": "Ranker", "skipped": null }));
    let sent = &gateway.requests()[0];
    let texts: Vec<&str> =
        sent["documents"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert_eq!((texts.len(), &sent["query"]), (3, &json!("Who is elected?")));
    for (text, result) in texts.iter().rev().zip(&results) {
        assert!(
            text.starts_with("Statutes of 2024\n") && text.ends_with(result),
            "{text} {result}"
        );
    }
    assert!(!sent.to_string().contains("secret"), "{sent:#}");
    let one = json!({ "query": "Who is elected?", "limit": 1 });
    let (first, _) = found(&fixture, one).await;
    assert_eq!(first, results[..1], "more is ordered than is shown");
}

#[tokio::test]
async fn results_keep_their_order_and_say_so_if_the_reranker_fails() {
    let mut answers = vec![
        Provider::json(
            200,
            &json!({ "failed": { "kind": "circuit_open", "status": null, "message": "" } }),
        ),
        Provider::json(
            200,
            &json!({ "failed": { "kind": "server", "status": 500, "message": "boom" } }),
        ),
        Provider::json(429, &json!({ "error": "usage_quota_reached", "detail": "used up" })),
        Provider::json(403, &json!({ "error": "price_missing", "detail": "no price" })),
        Reply::Bytes("HTTP/1.1 200 X\r\nconnection: close\r\n\r\n<html>".to_owned()),
        Provider::json(503, &json!({ "error": "unavailable" })),
    ];
    let gateway = Provider::start(move |_, _| answers.remove(0)).await;
    let fixture = reranked(&gateway).await;
    let text = "The treasurer is elected too.";
    document(&fixture.app, fixture.person("owner"), &near(1), text).await;
    let mut orders = Vec::new();
    for expected in ["circuit_open", "failed", "quota_reached", "price_missing", "failed", "failed"]
    {
        let (results, reranking) = found(&fixture, query()).await;
        assert_eq!(reranking, json!({ "model": "Ranker", "skipped": expected }));
        orders.push(results);
    }
    assert!(orders[0].len() == 2 && orders.iter().all(|order| *order == orders[0]), "{orders:?}");
}

#[tokio::test]
async fn nothing_is_sent_if_nothing_relevant_was_found_or_the_caller_may_not_ask() {
    let gateway = Provider::start(turned).await;
    let fixture = reranked(&gateway).await;
    let (app, owner) = (&fixture.app, fixture.person("owner"));
    let (_, reranking) = found(&fixture, query()).await;
    assert_eq!(reranking["skipped"], "nothing_to_order", "one hit has no order");
    let mut superuser = app.database.superuser_in(owner.tenant).await;
    sqlx::query("delete from documents").execute(&mut superuser).await.unwrap();
    for (number, text) in ["Bread and water.", "Rivers and lakes."].into_iter().enumerate() {
        document(app, owner, &axis(number + 7), text).await;
    }
    let (results, reranking) = found(&fixture, query()).await;
    assert_eq!((results.len(), &reranking["skipped"]), (2, &json!("nothing_to_order")));
    let sql = "update models set everywhere = false";
    sqlx::query(sql).execute(&mut superuser).await.unwrap();
    assert_eq!(found(&fixture, query()).await.1, Value::Null);
    let sql = "insert into model_availability (tenant_id, model_id, space_id) select tenant_id, model_id, $1 from rerankers";
    sqlx::query(sql).bind(owner.space.0).execute(&mut superuser).await.unwrap();
    let here = json!({ "query": "Who is elected?", "space_id": owner.space });
    assert_eq!(found(&fixture, here).await.1["model"], "Ranker");
    assert_eq!(gateway.count(), 0);
}
