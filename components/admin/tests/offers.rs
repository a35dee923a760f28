//! What a provider of models answers, through a stub of the gateway.

use serde_json::{Value, json};
use testkit::{App, Person};

use crate::provider::{self, Provider};

struct Office {
    app: App,
    admin: Person,
    gateway: Provider,
    /// The path of a provider.
    path: String,
}

async fn office(answers: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static) -> Office {
    let gateway = Provider::start(answers).await;
    let app = App::with(admin_component::router(), [("gateway_url", gateway.url.clone())]).await;
    let admin = app.database.person("owner").await;
    let provider =
        json!({ "name": "First", "dialect": "openai", "base_url": "https://api.example.org/v1" });
    let made =
        app.post("/api/v1/admin/providers").as_(&admin).json(&provider).send().await.expect(201);
    let path = format!("/api/v1/admin/providers/{}", made["id"].as_str().unwrap());
    Office { app, admin, gateway, path }
}

#[tokio::test]
async fn a_test_says_what_the_gateway_found() {
    let checks = json!([{ "name": "address", "ok": true, "reason": "server_reached", "value": null, "detail": "fine" }, { "name": "credential", "ok": false, "reason": "credential_refused", "value": "401: no", "detail": "wrong" }]);
    let found = json!({ "checks": checks });
    let office = office(move |_, _| Provider::json(200, &found)).await;
    let request = office.app.post(format!("{}/test", office.path)).as_(&office.admin);
    let test = request.json(&json!({ "model": "m-1" })).send().await.expect(200);
    assert_eq!((&test["ok"], &test["checks"]), (&json!(false), &checks));
    assert_eq!(office.gateway.requests(), [json!({ "model": "m-1" })]);
    let grant = office.gateway.header("x-model-grant").remove(0).unwrap();
    let id = office.path.rsplit('/').next().unwrap();
    assert!(grant.contains("|administration|") && grant.contains(id), "{grant}");
}

#[tokio::test]
async fn the_models_of_a_provider_are_offered() {
    let listed = json!({ "models": [{ "name": "m-1", "title": "Model One", "known": null }] });
    let office = office(move |_, _| Provider::json(200, &listed)).await;
    let offered = office
        .app
        .get(format!("{}/models", office.path))
        .as_(&office.admin)
        .send()
        .await
        .expect(200);
    assert_eq!(
        offered,
        json!({ "models": [{ "name": "m-1", "title": "Model One", "known": null }] })
    );
}

#[tokio::test]
async fn a_list_that_failed_says_why() {
    let office =
        office(|_, _| Provider::json(200, &json!({ "failed": "check the address" }))).await;
    let reply = office.app.get(format!("{}/models", office.path)).as_(&office.admin).send().await;
    assert_eq!((reply.status, &reply.body["detail"]), (503, &json!("check the address")));
}

#[tokio::test]
async fn providers_are_asked_for_administrators_of_their_tenant_only() {
    let office = office(|_, _| Provider::json(200, &json!({ "checks": [] }))).await;
    let user = office.app.database.colleague(office.admin.tenant, "user", "user").await;
    let stranger = office.app.database.person("stranger").await;
    let (test, models) = (format!("{}/test", office.path), format!("{}/models", office.path));
    let body = json!({});
    let post = |person| office.app.post(test.as_str()).as_(person).json(&body).send();
    let get = |person| office.app.get(models.as_str()).as_(person).send();
    assert_eq!(post(&user).await.problem(403), "not_allowed");
    assert_eq!(get(&user).await.problem(403), "not_allowed");
    assert_eq!(post(&stranger).await.problem(404), "not_found");
    assert_eq!(get(&stranger).await.problem(404), "not_found");
    assert_eq!(
        office.app.post(test.as_str()).json(&body).send().await.problem(401),
        "not_signed_in"
    );
    let unknown =
        office.app.post(test.as_str()).as_(&office.admin).json(&json!({ "url": "x" })).send().await;
    assert_eq!(unknown.problem(400), "invalid_body");
    assert_eq!(office.gateway.count(), 0);
}
