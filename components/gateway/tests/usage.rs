//! What a question reserves, and what is recorded of its calls.

use std::time::Duration;

use catalogue::model::{ModelSettings, create_model};
use credentials::{GrantPurpose, model_grant};
use http_body_util::BodyExt;
use kernel::id::ModelId;
use models::{ModelKind, gateway::CHAT};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, question, refuses, says},
    provider::{Provider, Reply},
};

/// A model that costs a dollar a token of the prompt and ten a token of the answer.
async fn priced(fixture: &Fixture, url: &str, name: &str) -> ModelId {
    let settings = ModelSettings {
        prices: json!({ "standard": { "input": "1", "output": "10" } }),
        context_tokens: Some(1_000),
        output_tokens: Some(100),
        ..ModelSettings::named(name, ModelKind::Chat)
    };
    create_model(&fixture.cx, fixture.provider(url).await, settings).await.unwrap().id
}

/// The records, oldest first, each as JSON.
pub(crate) async fn records(fixture: &Fixture) -> Vec<Value> {
    let sql = "select jsonb_build_object('model', model_name, 'provider', provider_id, 'outcome', outcome, 'attempt', attempt, 'prompt', prompt_tokens,
                 'completion', completion_tokens, 'cost', trim_scale(cost)::text, 'state', cost_state, 'estimated', tokens_estimated, 'user', user_id,
                 'space', space_id, 'purpose', purpose, 'searches', searches, 'seconds', audio_seconds, 'key', api_key_id, 'message', message_id)::text
          from usage_records order by attempt, created_at";
    let rows: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(&mut fixture.app.database.superuser().await)
        .await
        .unwrap();
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

async fn reservations(fixture: &Fixture) -> i64 {
    let sql = "select count(*) from quota_reservations";
    sqlx::query_scalar(sql).fetch_one(&mut fixture.app.database.superuser().await).await.unwrap()
}

pub(crate) async fn quota(fixture: &Fixture, measure: &str, amount: i32) {
    let sql = "insert into quotas (id, tenant_id, subject, measure, period, amount) values (gen_random_uuid(), $1, 'tenant', $2, 'day', $3)";
    let mut db = fixture.app.database.superuser_in(fixture.admin.tenant).await;
    sqlx::query(sql)
        .bind(fixture.admin.tenant.0)
        .bind(measure)
        .bind(amount)
        .execute(&mut db)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_call_is_recorded_with_its_tokens_cost_and_place() {
    let provider = Provider::start(|_, _| says("Hello")).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 1_000_000).await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let message = Uuid::now_v7();
    let mut asked = question();
    asked["attribution"] = json!({ "space_id": fixture.admin.space, "assistant_id": null, "conversation_id": null,
        "message_id": message, "api_key_id": Uuid::now_v7(), "purpose": "title" });
    fixture.post(CHAT, grant, &asked).await.expect(200);
    let records = records(&fixture).await;
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(
        (&record["model"], &record["outcome"], &record["attempt"]),
        (&json!("m-1"), &json!("done"), &json!(1))
    );
    // Three tokens of the prompt, two of the answer: 3 × 1 + 2 × 10.
    assert_eq!(
        (&record["prompt"], &record["completion"], &record["cost"]),
        (&json!(3), &json!(2), &json!("23"))
    );
    assert_eq!((&record["state"], &record["estimated"]), (&json!("priced"), &json!(false)));
    assert_eq!(
        (&record["user"], &record["space"]),
        (&json!(fixture.admin.user), &json!(fixture.admin.space))
    );
    assert_eq!(
        (&record["key"], &record["message"]),
        (&Value::Null, &json!(message)),
        "a key of nobody is none"
    );
    assert_eq!(record["purpose"], "title");
    assert_eq!(reservations(&fixture).await, 0);
}

#[tokio::test]
async fn every_attempt_is_recorded_and_failures_cost_nothing() {
    let broken = Provider::start(|_, _| refuses(503, "down")).await;
    let good = Provider::start(|_, _| says("Here")).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "requests", 10).await;
    let models =
        [priced(&fixture, &broken.url, "m-1").await, priced(&fixture, &good.url, "m-2").await];
    fixture.ask(&models).await;
    let records = records(&fixture).await;
    let seen: Vec<_> = records
        .iter()
        .map(|it| (it["attempt"].clone(), it["outcome"].clone(), it["cost"].clone()))
        .collect();
    let failed = |attempt: i32| (json!(attempt), json!("overloaded"), json!("0"));
    assert_eq!(seen[..3], [1, 2, 3].map(failed));
    assert_eq!(seen[3..], [(json!(4), json!("done"), json!("23"))]);
    let sql = "select used::int from quota_counters";
    let used: i32 = sqlx::query_scalar(sql)
        .fetch_one(&mut fixture.app.database.superuser().await)
        .await
        .unwrap();
    assert_eq!((used, reservations(&fixture).await), (1, 0), "one question, and nothing is held");
}

#[tokio::test]
async fn a_question_beyond_a_quota_reaches_no_provider() {
    let provider = Provider::start(|_, _| says("No")).await;
    let fixture = Fixture::new().await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    quota(&fixture, "tokens", 0).await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let reply = fixture.post(CHAT, grant, &question()).await;
    let seconds: u32 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    assert_eq!((reply.problem(429).as_str(), provider.count()), ("usage_quota_reached", 0));
}

#[tokio::test]
async fn a_model_without_a_price_is_refused_if_the_organisation_says_so() {
    let provider = Provider::start(|_, _| says("Hello")).await;
    let fixture = Fixture::new().await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    fixture.ask(&[model]).await;
    let flagged = &records(&fixture).await[0];
    assert_eq!((&flagged["cost"], &flagged["state"]), (&Value::Null, &json!("unpriced")));
    let sql = "insert into usage_policies (tenant_id, unpriced) values ($1, 'refuse')";
    let mut db = fixture.app.database.superuser_in(fixture.admin.tenant).await;
    sqlx::query(sql).bind(fixture.admin.tenant.0).execute(&mut db).await.unwrap();
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    assert_eq!(fixture.post(CHAT, grant, &question()).await.problem(403), "price_missing");
    assert_eq!(provider.count(), 1);
}

#[tokio::test]
async fn a_huge_limit_of_the_client_is_no_more_than_what_the_model_can() {
    let provider = Provider::start(|_, _| says("Hello")).await;
    let fixture = Fixture::new().await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let mut asked = question();
    asked["max_tokens"] = json!(u32::MAX);
    fixture.post(CHAT, grant, &asked).await.expect(200);
    assert_eq!(provider.requests()[0]["max_tokens"], 100);
}

#[tokio::test]
async fn a_caller_who_leaves_pays_for_what_was_sent_and_received() {
    let (pieces, live) = mpsc::unbounded_channel();
    let mut live = Some(live);
    let provider = Provider::start(move |_, _| Reply::Live(live.take().unwrap())).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 1_000_000).await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let asking =
        fixture.app.post(CHAT).header(model_grant::HEADER, grant).json(&question()).begin();
    let mut body = asking.await.into_body();
    let piece = |text: &str| {
        format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
    };
    pieces.send(piece("Twelve chars")).unwrap();
    let mut read = String::new();
    while !read.contains("Twelve chars") {
        let frame = body.frame().await.unwrap().unwrap();
        read.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert_eq!(reservations(&fixture).await, 1, "while it is answered");
    drop(body);
    let left = async {
        while records(&fixture).await.is_empty() {
            // Each piece is a write that shows that no one reads.
            let _ = pieces.send(piece("."));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), left).await.unwrap();
    let record = &records(&fixture).await[0];
    assert_eq!((&record["outcome"], &record["estimated"]), (&json!("caller_gone"), &json!(true)));
    assert!(
        record["prompt"].as_i64() > Some(0) && record["completion"].as_i64() >= Some(3),
        "{record}"
    );
    assert_eq!(record["state"], "priced");
}

#[tokio::test]
async fn parts_of_the_usage_are_billed_at_their_own_prices() {
    let provider = Provider::start(|_, _| {
        let usage = json!({ "prompt_tokens": 1_000, "prompt_tokens_details": { "cached_tokens": 600 },
            "completion_tokens": 50, "completion_tokens_details": { "reasoning_tokens": 20 } });
        let text = json!({ "choices": [{ "delta": { "content": "Hello" } }] });
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": usage });
        Provider::events(&format!("data: {text}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
    })
    .await;
    let fixture = Fixture::new().await;
    let settings = ModelSettings {
        prices: json!({ "standard": { "input": "0.000002", "output": "0.00001", "cached_read": "0.0000002", "reasoning": "0.00002" } }),
        ..ModelSettings::named("m-1", ModelKind::Chat)
    };
    let model = create_model(&fixture.cx, fixture.provider(&provider.url).await, settings)
        .await
        .unwrap()
        .id;
    fixture.ask(&[model]).await;
    let record = &records(&fixture).await[0];
    // 400 · 2 + 600 · 0.2 + 30 · 10 + 20 · 20 millionths
    assert_eq!((&record["cost"], &record["state"]), (&json!("0.00162"), &json!("priced")));
}

#[tokio::test]
async fn schemas_results_and_pictures_count_where_a_provider_does_not() {
    let end = json!({ "choices": [{ "delta": { "content": "Hi" }, "finish_reason": "stop" }] });
    let provider = Provider::start(move |_, _| Provider::events(&format!("data: {end}\n\n"))).await;
    let fixture = Fixture::new().await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    let text = "x".repeat(30_000);
    let tool = json!({ "name": "f", "description": "", "parameters": { "description": text } });
    let result = json!({ "type": "tool_result", "call_id": "c", "name": "f", "content": text });
    let picture = json!({ "type": "image", "media_type": "image/png", "base64": "YWJj" });
    let message = |part: &Value| json!([{ "role": "user", "parts": [part] }]);
    for (messages, options) in [
        (message(&json!({ "type": "text", "text": "Hi" })), json!({ "tools": [tool] })),
        (message(&result), json!({})),
        (message(&picture), json!({})),
    ] {
        let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
        let body = json!({ "messages": messages, "options": options });
        fixture.post(CHAT, grant, &body).await.expect(200);
    }
    let counted = records(&fixture).await;
    let counted: Vec<u64> = counted.iter().map(|it| it["prompt"].as_u64().unwrap()).collect();
    assert!(counted[0] > 7_500 && counted[1] > 7_500 && counted[2] == 40_000, "{counted:?}");
}

#[tokio::test]
async fn a_rewritten_question_is_billed_and_counts_as_no_question_unless_it_is_long() {
    let provider = Provider::start(|_, _| says("Hello")).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "requests", 1).await;
    let model = priced(&fixture, &provider.url, "m-1").await;
    let ask = async |max_tokens: u32| {
        let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
        let mut asked = question();
        asked["max_tokens"] = json!(max_tokens);
        asked["attribution"] = json!({ "space_id": null, "assistant_id": null, "conversation_id": null,
            "message_id": null, "api_key_id": null, "purpose": "rewrite" });
        fixture.post(CHAT, grant, &asked).await.status
    };
    assert_eq!([ask(120).await, ask(120).await], [200, 200]);
    assert_eq!([ask(2_000).await, ask(2_000).await], [200, 429], "that is an answer");
    assert_eq!(ask(120).await, 200);
    let seen: Vec<_> = records(&fixture)
        .await
        .iter()
        .map(|record| (record["purpose"].clone(), record["cost"].clone()))
        .collect();
    let rewritten = (json!("rewrite"), json!("23"));
    let answered = (json!("chat"), json!("23"));
    assert_eq!(seen, [rewritten.clone(), rewritten.clone(), answered, rewritten]);
}
