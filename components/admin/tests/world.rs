//! A tenant with an administrator, a user, and a provider with a model and an alias.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{App, Fixture, Person};

pub(crate) async fn world() -> Fixture {
    let key = ("master_key", "the-master-key-of-these-tests-0123456789abcdef".to_owned());
    let app = App::with(admin_component::router(), [key]).await;
    let owner = app.database.person("owner").await;
    let mut people = BTreeMap::from([("stranger", app.database.person("stranger").await)]);
    people.insert("user", app.database.colleague(owner.tenant, "user", "user").await);
    let provider = json!({ "name": "First", "dialect": "openai", "base_url": "https://api.example.org/v1" });
    let provider = create(&app, &owner, "/api/v1/admin/providers", &provider).await;
    let model = json!({ "provider_id": provider, "name": "m-1", "kind": "chat" });
    let model = create(&app, &owner, "/api/v1/admin/models", &model).await;
    let alias = json!({ "name": "default", "model_ids": [model] });
    let alias = create(&app, &owner, "/api/v1/admin/model-aliases", &alias).await;
    people.insert("owner", owner);
    let ids = BTreeMap::from([("provider_id", provider), ("model_id", model), ("alias_id", alias)]);
    Fixture { app, people, ids }
}

/// Creates something and gives its id.
async fn create(app: &App, person: &Person, path: &str, body: &Value) -> String {
    let created = app.post(path).as_(person).json(body).send().await.expect(201);
    created["id"].as_str().unwrap().to_owned()
}
