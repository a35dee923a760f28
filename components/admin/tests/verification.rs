//! Walking the audit log in steps: a cursor is valid for an hour.

use testkit::{App, Person};

async fn first_step() -> (App, Person, String) {
    let app = App::new(admin_component::router()).await;
    let admin = app.database.person("admin").await;
    for name in ["One", "Two"] {
        let group = serde_json::json!({ "name": name });
        app.post("/api/v1/admin/user-groups").as_(&admin).json(&group).send().await.expect(201);
    }
    let path = "/api/v1/admin/audit/verification?at_most=1";
    let step = app.get(path).as_(&admin).send().await.expect(200);
    let next = format!("{path}&cursor={}", step["next_cursor"].as_str().unwrap());
    (app, admin, next)
}

#[tokio::test]
async fn a_cursor_continues_within_the_hour() {
    let (app, admin, next) = first_step().await;
    app.advance(59 * 60);
    let step = app.get(next).as_(&admin).send().await.expect(200);
    assert_eq!(step["entries"], 2);
}

#[tokio::test]
async fn a_cursor_of_an_hour_ago_is_refused() {
    let (app, admin, next) = first_step().await;
    app.advance(60 * 60 + 1);
    assert_eq!(app.get(next).as_(&admin).send().await.problem(400), "invalid_query");
}

#[tokio::test]
async fn an_access_token_expires() {
    let app = App::new(admin_component::router()).await;
    let admin = app.database.person("admin").await;
    let settings = || app.get("/api/v1/admin/settings").as_(&admin).send();
    settings().await.expect(200);
    // The token stays the same: only the clock moves.
    app.clock.advance(24 * 60 * 60);
    assert_eq!(settings().await.problem(401), "not_signed_in");
}
