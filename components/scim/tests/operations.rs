//! Every operation of a directory, and every credential that is not a directory's.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use testkit::{App, Fixture, Operation};

fn operations() -> Vec<Operation> {
    [users(), groups(), discovery()].concat()
}

fn get(path: &'static str) -> Operation {
    Operation::new(Method::GET, path).is_no_list()
}

fn with(method: Method, path: &'static str, body: Value) -> Operation {
    Operation::new(method, path).with(body)
}

fn users() -> Vec<Operation> {
    let new = json!({ "userName": "bo@north.example", "externalId": "2", "active": true });
    let changed = json!({ "userName": "anna@north.example", "displayName": "Anna" });
    let patch = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    vec![
        get("/api/v1/scim/v2/Users"),
        with(Method::POST, "/api/v1/scim/v2/Users", new).answers(201),
        get("/api/v1/scim/v2/Users/{scim_user_id}"),
        with(Method::PUT, "/api/v1/scim/v2/Users/{scim_user_id}", changed),
        with(Method::PATCH, "/api/v1/scim/v2/Users/{scim_user_id}", patch),
        Operation::new(Method::DELETE, "/api/v1/scim/v2/Users/{scim_user_id}").answers(204),
    ]
}

fn groups() -> Vec<Operation> {
    let new = json!({ "displayName": "Board", "externalId": "2" });
    let patch = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "C" }] });
    vec![
        get("/api/v1/scim/v2/Groups"),
        with(Method::POST, "/api/v1/scim/v2/Groups", new).answers(201),
        get("/api/v1/scim/v2/Groups/{scim_group_id}"),
        with(
            Method::PUT,
            "/api/v1/scim/v2/Groups/{scim_group_id}",
            json!({ "displayName": "Council" }),
        ),
        with(Method::PATCH, "/api/v1/scim/v2/Groups/{scim_group_id}", patch),
        Operation::new(Method::DELETE, "/api/v1/scim/v2/Groups/{scim_group_id}").answers(204),
    ]
}

fn discovery() -> Vec<Operation> {
    vec![
        get("/api/v1/scim/v2/ServiceProviderConfig"),
        get("/api/v1/scim/v2/ResourceTypes"),
        get("/api/v1/scim/v2/Schemas"),
    ]
}

/// A directory with a user and a group, in a tenant of its own.
async fn fixture() -> Fixture {
    let app = App::new(scim_component::router()).await;
    let owner = app.database.person("owner").await;
    let stranger = app.database.person("stranger").await;
    let token = format!("Bearer {}", app.directory_token(&owner).await);
    let create = async |path: &str, body: Value| {
        let request = app.post(format!("/api/v1/scim/v2/{path}")).json(&body);
        let made = request.header("authorization", &*token).send().await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    };
    let ids = [
        ("scim_user_id", create("Users", json!({ "userName": "anna@north.example" })).await),
        ("scim_group_id", create("Groups", json!({ "displayName": "Clerks" })).await),
    ];
    let people = [("owner", owner), ("stranger", stranger)];
    Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from(ids) }
}

testkit::operation_tests!(scim_component::router(), fixture, operations);
