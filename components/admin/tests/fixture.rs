//! A tenant with an administrator, a plain user, and one of everything that is administered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{App, Fixture, Person};

pub(crate) async fn fixture() -> Fixture {
    let key = ("master_key", "the-master-key-of-these-tests-0123456789abcdef".to_owned());
    let app = App::with(admin_component::router(), [key]).await;
    let owner = app.database.person("owner").await;
    let user = app.database.colleague(owner.tenant, "user", "user").await;
    let stranger = app.database.person("stranger").await;
    let invite = json!({ "email": "first@north.example", "role": "user" });
    let invited = create(&app, &owner, "users", &invite).await["user"]["id"].clone();
    let role =
        create(&app, &owner, "roles", &json!({ "name": "Clerks", "permissions": ["people"] }))
            .await["id"]
            .clone();
    let group =
        create(&app, &owner, "user-groups", &json!({ "name": "Members" })).await["id"].clone();
    let token =
        create(&app, &owner, "scim-tokens", &json!({ "name": "Entra" })).await["scim_token"]["id"]
            .clone();
    let provider =
        json!({ "name": "First", "dialect": "openai", "base_url": "https://api.example.org/v1" });
    let provider = create(&app, &owner, "providers", &provider).await["id"].clone();
    let model = json!({ "provider_id": provider, "name": "m-1", "kind": "chat" });
    let model = create(&app, &owner, "models", &model).await["id"].clone();
    let ranking =
        json!({ "name": "Second", "dialect": "jina", "base_url": "https://api.example.org/v1" });
    let ranking = create(&app, &owner, "providers", &ranking).await["id"].clone();
    let reranker = json!({ "provider_id": ranking, "name": "r-1", "kind": "rerank" });
    let reranker = create(&app, &owner, "models", &reranker).await["id"].clone();
    let next = json!({ "provider_id": provider, "name": "m-3", "kind": "chat" });
    let next = create(&app, &owner, "models", &next).await["id"].clone();
    let alias = json!({ "name": "default", "model_ids": [model] });
    let alias = create(&app, &owner, "model-aliases", &alias).await["id"].clone();
    let quota =
        json!({ "subject": "tenant", "measure": "tokens", "period": "day", "limit": "1000000" });
    let quota =
        app.post("/api/v1/quotas").as_(&owner).json(&quota).send().await.expect(201)["id"].clone();
    let ids = [
        ("quota_id", quota),
        ("user_id", invited),
        ("role_id", role),
        ("group_id", group),
        ("provider_id", provider),
        ("model_id", model),
        ("alias_id", alias),
        ("successor_model_id", next),
        ("rerank_model_id", reranker),
        ("scim_token_id", token),
    ];
    let ids = ids.into_iter().map(|(name, id)| (name, id.as_str().unwrap().to_owned())).collect();
    Fixture {
        app,
        people: BTreeMap::from([("owner", owner), ("user", user), ("stranger", stranger)]),
        ids,
    }
}

async fn create(app: &App, person: &Person, what: &str, body: &Value) -> Value {
    app.post(format!("/api/v1/admin/{what}")).as_(person).json(body).send().await.expect(201)
}
