//! Every operation that checks or sets a password.

use std::collections::BTreeMap;

use http::Method;
use kernel::id::{TenantId, UserId};
use serde_json::{Value, json};
use testkit::{App, Fixture, Operation};

const NEW: &str = "another horse battery staple";

fn post(path: &'static str, body: Value) -> Operation {
    Operation::new(Method::POST, path).with(body)
}

/// In an order in which they all succeed; the links and addresses are of the fixture.
fn operations() -> Vec<Operation> {
    let old = "correct horse battery staple";
    let accepted = json!({ "token": "{invitation}", "password": NEW, "display_name": "Ada" });
    vec![
        Operation::new(Method::GET, "/api/v1/auth/setup").is_no_list(),
        post("/api/v1/auth/login", json!({ "email": "{email}", "password": old })),
        post("/api/v1/auth/invitation", json!({ "token": "{invitation}" })),
        post("/api/v1/auth/invitation/accept", accepted),
        post("/api/v1/auth/password/forgotten", json!({ "email": "{email}" })).answers(202),
        post("/api/v1/auth/password/reset", json!({ "token": "{reset}", "password": NEW }))
            .answers(204),
        post("/api/v1/auth/password", json!({ "current_password": old, "password": NEW }))
            .answers(204),
    ]
}

/// A user with a password, a colleague with a link to reset theirs, and one who is invited.
async fn fixture() -> Fixture {
    let app = App::new(passwords_component::router()).await;
    let owner = app.database.person("owner").await;
    let colleague = app.database.colleague(owner.tenant, "colleague", "user").await;
    let invited = app.database.colleague(owner.tenant, "invited", "user").await;
    let stranger = app.database.person("stranger").await;
    let mut db = app.database.superuser_in(owner.tenant).await;
    let sql = "update users set state = 'invited', password_hash = null where id = $1";
    sqlx::query(sql).bind(invited.user.0).execute(&mut db).await.unwrap();
    let ids = [
        ("email", owner.email.clone()),
        ("invitation", link(&app, owner.tenant, invited.user, "invitation").await),
        ("reset", link(&app, owner.tenant, colleague.user, "reset").await),
    ];
    let people = [("owner", owner), ("colleague", colleague), ("stranger", stranger)];
    Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from(ids) }
}

/// The token of a link for a user.
async fn link(app: &App, tenant: TenantId, user: UserId, kind: &str) -> String {
    let token = format!("the-token-of-an-{kind}");
    let sql = "insert into one_time_links (id, tenant_id, user_id, kind, token_hash, expires_at)
        values (gen_random_uuid(), $1, $2, $3, sha256($4::text::bytea), now() + interval '1 hour')";
    let insert = sqlx::query(sql).bind(tenant.0).bind(user.0).bind(kind).bind(&token);
    insert.execute(&mut app.database.superuser_in(tenant).await).await.unwrap();
    token
}

// The set-up succeeds on an empty installation only: it has a test of its own below.
testkit::operation_tests!(
    passwords_component::router(),
    fixture,
    operations,
    except | name | name == "POST /api/v1/auth/setup"
);

#[tokio::test]
async fn a_link_works_once() {
    let fixture = fixture().await;
    for (path, name) in
        [("/api/v1/auth/invitation/accept", "invitation"), ("/api/v1/auth/password/reset", "reset")]
    {
        let body = json!({ "token": fixture.id(name), "password": NEW });
        let first = fixture.app.post(path).json(&body).send().await;
        assert!(first.status < 300, "{path}: {first:#?}");
        let again = fixture.app.post(path).json(&body).send().await;
        assert_eq!(again.problem(400), "invalid_link", "{path}");
    }
}

#[tokio::test]
async fn the_link_of_the_setup_makes_one_administrator() {
    let app = App::new(passwords_component::router()).await;
    let source = app.database.source("tessera_worker").await;
    let token = passwords::bootstrap::setup_link(&source).await.unwrap().unwrap();
    let setup = json!({
        "token": token, "organisation": "North", "display_name": "Ada", "email": "ada@north.example", "password": NEW
    });
    let needed = || app.get("/api/v1/auth/setup").send();
    assert_eq!(needed().await.expect(200)["needed"], true);
    let wrong = app.post("/api/v1/auth/setup").json(&json!({ "token": token })).send().await;
    assert_eq!(wrong.problem(400), "invalid_body");
    let made = app.post("/api/v1/auth/setup").json(&setup).send().await.expect(201);
    assert_eq!(made["user"]["email"], "ada@north.example");
    assert_eq!(needed().await.expect(200)["needed"], false);
    app.post("/api/v1/auth/setup").json(&setup).send().await.expect(400);
}
