//! Tests of providers, and their lists of models.

use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, refuses, says},
    provider::{self, Provider},
};

fn listed() -> provider::Reply {
    Provider::json(200, &json!({ "data": [{ "id": "m-1" }, { "id": "m-2" }] }))
}

/// The outcome of each check by name.
fn outcomes(test: &Value) -> Vec<(&str, bool)> {
    let checks = test["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| (check["name"].as_str().unwrap(), check["ok"].as_bool().unwrap()))
        .collect()
}

fn last_detail(test: &Value) -> &str {
    test["checks"].as_array().unwrap().last().unwrap()["detail"].as_str().unwrap()
}

#[tokio::test]
async fn a_good_provider_passes_every_check() {
    let provider =
        Provider::start(|path, _| if path.ends_with("/models") { listed() } else { says("yes") })
            .await;
    let fixture = Fixture::new().await;
    let row = fixture.provider(&provider.url).await;
    let test = fixture.test(row, Some("m-1")).await;
    let expected =
        ["address", "credential", "models", "model", "streaming"].map(|name| (name, true));
    assert_eq!(outcomes(&test), expected, "{test:#}");
    assert_eq!(fixture.list(row).await["models"][1]["name"], "m-2");
}

#[tokio::test]
async fn a_wrong_key_is_named() {
    let provider = Provider::start(|_, _| refuses(401, "no")).await;
    let fixture = Fixture::new().await;
    let test = fixture.test(fixture.provider(&provider.url).await, Some("m-1")).await;
    assert_eq!(outcomes(&test), [("address", true), ("credential", false)]);
    assert!(last_detail(&test).contains("valid key"), "{test:#}");
}

#[tokio::test]
async fn a_wrong_path_is_named() {
    let provider =
        Provider::start(|_, _| Provider::json(404, &json!({ "detail": "Not Found" }))).await;
    let fixture = Fixture::new().await;
    let test = fixture.test(fixture.provider(&provider.url).await, None).await;
    assert_eq!(outcomes(&test), [("address", false)]);
    assert!(last_detail(&test).contains("ends with the version"), "{test:#}");
}

#[tokio::test]
async fn a_missing_model_is_named() {
    let missing = || {
        let error =
            json!({ "message": "The model `m-9` does not exist", "code": "model_not_found" });
        Provider::json(404, &json!({ "error": error }))
    };
    let provider = Provider::start(
        move |path, _| if path.ends_with("/models") { listed() } else { missing() },
    )
    .await;
    let fixture = Fixture::new().await;
    let test = fixture.test(fixture.provider(&provider.url).await, Some("m-9")).await;
    assert_eq!(outcomes(&test).last(), Some(&("model", false)));
    assert!(last_detail(&test).contains("does not have this model"), "{test:#}");
}

#[tokio::test]
async fn an_answer_in_one_piece_is_named() {
    let whole = || {
        let choice = json!({ "message": { "content": "yes" }, "finish_reason": "stop" });
        Provider::json(200, &json!({ "choices": [choice] }))
    };
    let provider =
        Provider::start(move |path, _| if path.ends_with("/models") { listed() } else { whole() })
            .await;
    let fixture = Fixture::new().await;
    let test = fixture.test(fixture.provider(&provider.url).await, Some("m-1")).await;
    assert_eq!(outcomes(&test).last(), Some(&("streaming", false)), "{test:#}");
}

#[tokio::test]
async fn a_server_that_is_away_is_named() {
    let url = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let fixture = Fixture::new().await;
    let row = fixture.provider(&url).await;
    let test = fixture.test(row, Some("m-1")).await;
    assert_eq!(outcomes(&test), [("address", false)]);
    assert!(last_detail(&test).contains("no server listens"), "{test:#}");
    assert!(fixture.list(row).await["failed"].as_str().unwrap().contains("no server listens"));
}
