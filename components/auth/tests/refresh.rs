//! The exchange of refresh tokens.

use access::CredentialId;
use serde_json::{Value, json};
use testkit::{App, Person, Reply};

const PATH: &str = "/api/v1/auth/refresh";

/// The first refresh token of a new session.
pub(crate) async fn first_token(app: &App, person: &Person) -> String {
    let CredentialId::Session(session) = app.database.credential(person).await else {
        unreachable!("a person has a session")
    };
    let sql =
        "update sessions set refresh_hash = sha256(decode(repeat('00', 32), 'hex')) where id = $1";
    let update = sqlx::query(sql).bind(session.0);
    update.execute(&mut app.database.superuser_in(person.tenant).await).await.unwrap();
    format!("{}.1.{}", session.0.simple(), "00".repeat(32))
}

async fn refresh(app: &App, token: &str) -> Reply {
    app.post(PATH).json(&json!({ "refresh_token": token })).send().await
}

fn token(body: &Value) -> String {
    body["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_token_becomes_a_newer_one() {
    let app = App::new(auth_component::router()).await;
    let person = app.database.person("anna").await;
    let first = first_token(&app, &person).await;
    let second = refresh(&app, &first).await.expect(200);
    assert_ne!(token(&second), first);
    let access = format!("Bearer {}", second["access_token"].as_str().unwrap());
    let me = app.get("/api/v1/me").header("authorization", access).send().await.expect(200);
    assert_eq!(me["email"], person.email);
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_session() {
    let app = App::new(auth_component::router()).await;
    let person = app.database.person("anna").await;
    let first = first_token(&app, &person).await;
    let second = token(&refresh(&app, &first).await.expect(200));
    let third = token(&refresh(&app, &second).await.expect(200));
    let fourth = token(&refresh(&app, &third).await.expect(200));
    assert_eq!(refresh(&app, &second).await.problem(401), "session_ended");
    assert_eq!(refresh(&app, &fourth).await.problem(401), "session_ended");
}

#[tokio::test]
async fn a_malformed_request_is_refused() {
    let app = App::new(auth_component::router()).await;
    assert_eq!(app.post(PATH).send().await.problem(401), "not_signed_in");
    assert_eq!(refresh(&app, "nonsense").await.problem(401), "session_ended");
    let unknown = app.post(PATH).json(&json!({ "token": "a" })).send().await;
    assert_eq!(unknown.problem(400), "invalid_body");
    let text = app.post(PATH).body("text/plain", "{}").send().await;
    assert_eq!(text.problem(415), "unsupported_media_type");
}
