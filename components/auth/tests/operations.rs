//! Every operation on the caller's own account: for whom it works, and for whom it does not.

use std::collections::BTreeMap;

use access::CredentialId;
use http::Method;
use serde_json::json;
use testkit::{App, Fixture, Operation};

use crate::refresh::first_token;

/// In an order in which the owner can do them all: the last one ends the session.
fn operations() -> Vec<Operation> {
    let key = json!({ "name": "Reports", "scopes": ["chat"] });
    let refresh = json!({ "refresh_token": "{refresh_token}" });
    let get = |path| Operation::new(Method::GET, path);
    let delete = |path| Operation::new(Method::DELETE, path).hidden_from("colleague").answers(204);
    // Without a provider, a sign-in at one goes to our page and says that it failed, and no token
    // ends sessions: `tests/whole/sso` has providers.
    let at_provider = |path| Operation::new(Method::GET, path).is_no_list().answers(302);
    let token = ("application/x-www-form-urlencoded", "logout_token=a.b.c");
    vec![
        at_provider("/api/v1/auth/oidc/start"),
        at_provider("/api/v1/auth/oidc/callback"),
        at_provider("/api/v1/auth/oidc/callback/{tenant_id}"),
        Operation::new(Method::POST, "/api/v1/auth/oidc/backchannel-logout")
            .with_text(token.0, token.1)
            .answers(400),
        Operation::new(Method::POST, "/api/v1/auth/refresh").with(refresh).answers_something_else(),
        get("/api/v1/auth/providers").is_no_list(),
        get("/api/v1/me").is_no_list(),
        get("/api/v1/auth/sessions"),
        delete("/api/v1/auth/sessions/{session_id}"),
        get("/api/v1/api-keys"),
        Operation::new(Method::POST, "/api/v1/api-keys").with(key).answers(201),
        delete("/api/v1/api-keys/{api_key_id}"),
        Operation::new(Method::POST, "/api/v1/auth/logout").is_no_list().answers(204),
    ]
}

/// A user with a second session and a key, and a colleague.
async fn fixture() -> Fixture {
    let app = App::new(auth_component::router()).await;
    let owner = app.database.person("owner").await;
    let colleague = app.database.colleague(owner.tenant, "colleague", "admin").await;
    let stranger = app.database.person("stranger").await;
    let CredentialId::Session(session) = app.database.credential(&owner).await else {
        unreachable!("a person has a session")
    };
    let key = json!({ "name": "Imports", "scopes": ["knowledge:write"] });
    let key = app.post("/api/v1/api-keys").as_(&owner).json(&key).send().await.expect(201);
    let ids = [
        ("tenant_id", owner.tenant.to_string()),
        ("refresh_token", first_token(&app, &owner).await),
        ("session_id", session.to_string()),
        ("api_key_id", key["api_key"]["id"].as_str().unwrap().to_owned()),
    ];
    let people = [("owner", owner), ("colleague", colleague), ("stranger", stranger)];
    Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from(ids) }
}

testkit::operation_tests!(auth_component::router(), fixture, operations);

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let fixture = fixture().await;
    let (app, owner) = (&fixture.app, fixture.person("owner"));
    let body = json!({ "name": "Reports", "scopes": ["chat"] });
    let made = app.post("/api/v1/api-keys").as_(owner).json(&body).send().await.expect(201);
    let me = || app.get("/api/v1/me").header("x-api-key", made["key"].as_str().unwrap());
    assert_eq!(me().send().await.expect(200)["email"], owner.email);
    let path = format!("/api/v1/api-keys/{}", made["api_key"]["id"].as_str().unwrap());
    app.delete(path).as_(owner).send().await.expect(204);
    assert_eq!(me().send().await.problem(401), "session_ended");
}

#[tokio::test]
async fn an_ended_session_opens_nothing() {
    let fixture = fixture().await;
    let (app, owner) = (&fixture.app, fixture.person("owner"));
    let me = || app.get("/api/v1/me").as_(owner).send();
    me().await.expect(200);
    let ended = app.post("/api/v1/auth/logout").as_(owner).send().await;
    let cleared = ended.headers.get_all("set-cookie").iter().count();
    assert!(cleared >= 2, "the cookies of the session are cleared: {:?}", ended.headers);
    assert_eq!(me().await.problem(401), "session_ended");
}
