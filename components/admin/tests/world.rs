//! A tenant with an administrator, a plain user, and one of everything that is administered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{App, Fixture, Person};

pub(crate) async fn world() -> Fixture {
    let app = App::new(admin_component::router()).await;
    let owner = app.database.person("owner").await;
    let user = app.database.colleague(owner.tenant, "user", "user").await;
    let stranger = app.database.person("stranger").await;
    let invite = json!({ "email": "first@north.example", "role": "user" });
    let invited = create(&app, &owner, "users", &invite).await["user"]["id"].clone();
    let role =
        create(&app, &owner, "roles", &json!({ "name": "Clerks", "permissions": ["people"] })).await["id"].clone();
    let group = create(&app, &owner, "user-groups", &json!({ "name": "Members" })).await["id"].clone();
    let token = create(&app, &owner, "scim-tokens", &json!({ "name": "Entra" })).await["scim_token"]["id"].clone();
    let ids = [("user_id", invited), ("role_id", role), ("group_id", group), ("scim_token_id", token)];
    let ids = ids.into_iter().map(|(name, id)| (name, id.as_str().unwrap().to_owned())).collect();
    Fixture { app, people: BTreeMap::from([("owner", owner), ("user", user), ("stranger", stranger)]), ids }
}

async fn create(app: &App, person: &Person, what: &str, body: &Value) -> Value {
    app.post(format!("/api/v1/admin/{what}")).as_(person).json(body).send().await.expect(201)
}
