//! A tenant with an administrator, a plain user, and one of everything that is administered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{App, Fixture, Person};

use crate::provider::Provider;

pub(crate) async fn fixture() -> Fixture {
    let key = ("master_key", "the-master-key-of-these-tests-0123456789abcdef".to_owned());
    let gateway = ("gateway_url", gateway().await);
    let app = App::with(admin_component::router(), [key, gateway]).await;
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
    let reading = create(&app, &owner, "audit/readings", &json!({ "reason": "A complaint" })).await;
    let reading = reading["id"].clone();
    let export = export(&app, &owner, &reading).await;
    let ids = [
        ("reading_id", reading),
        ("export_id", export),
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

/// A gateway whose providers have one model and pass every test.
async fn gateway() -> String {
    let answers = |path: &str, _: &Value| {
        let model = json!({ "name": "m-1", "title": "Model One", "known": null });
        let is_list = path.ends_with("list-models");
        let found = if is_list { json!({ "models": [model] }) } else { json!({ "checks": [] }) };
        Provider::json(200, &found)
    };
    Provider::start(answers).await.url
}

/// An export that the worker has written.
async fn export(app: &App, owner: &Person, reading: &Value) -> Value {
    let body = json!({ "reading": reading, "format": "csv" });
    let path = "/api/v1/admin/audit/exports";
    let id = app.post(path).as_(owner).json(&body).send().await.expect(202)["id"].clone();
    let sql = "with written as (
          update audit_exports set state = 'ready', rows = 0, size_bytes = 5 where id = $1::text::uuid returning tenant_id, id
        )
        insert into audit_export_pieces (tenant_id, export_id, seq, text) select tenant_id, id, 0, 'seq\r\n' from written";
    let written = sqlx::query(sql).bind(id.as_str().unwrap().to_owned());
    written.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    id
}

async fn create(app: &App, person: &Person, what: &str, body: &Value) -> Value {
    app.post(format!("/api/v1/admin/{what}")).as_(person).json(body).send().await.expect(201)
}
