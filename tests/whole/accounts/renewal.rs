//! Session renewal: a lost response, two tabs, and a key rotation meanwhile.

use http::Method;
use serde_json::{Value, json};
use tests::{
    client::Client,
    stack::{Stack, TOKEN_KEY, token_public_key},
};

const REFRESH: &str = "/api/v1/auth/refresh";
const NEXT_KEY: &str = "the-next-key-of-the-tests-that-is-long-enough-0123";

fn with(token: &Value) -> Value {
    json!({ "refresh_token": token })
}

/// Simulates that the last rotation was half a minute ago.
async fn half_a_minute_passes(session: &Value) {
    let session = session.as_str().unwrap().split('.').next().unwrap();
    let mut db = Stack::shared().database.superuser().await;
    let sql = "update sessions set rotated_at = rotated_at - interval '31 seconds' where id = $1";
    let id = uuid::Uuid::parse_str(session).unwrap();
    assert_eq!(sqlx::query(sql).bind(id).execute(&mut db).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn a_renewal_after_a_lost_response_gives_the_same_token() {
    let (client, _) = Stack::shared().person("dora").await;
    let first = json!(client.refresh_token);
    let lost = client.post(REFRESH, &with(&first)).await.expect(200);
    let again = client.post(REFRESH, &with(&first)).await.expect(200);
    assert_eq!(again["refresh_token"], lost["refresh_token"]);
    let mut renewed = client.clone();
    renewed.token = again["access_token"].as_str().map(str::to_owned);
    renewed.get("/api/v1/me").await.expect(200);
    let second = client.post(REFRESH, &with(&again["refresh_token"])).await.expect(200);
    assert_ne!(second["refresh_token"], again["refresh_token"]);
}

#[tokio::test]
async fn the_token_before_the_last_one_ends_the_session_even_at_once() {
    let (client, _) = Stack::shared().person("ture").await;
    let first = json!(client.refresh_token);
    let second = client.post(REFRESH, &with(&first)).await.expect(200);
    let third = client.post(REFRESH, &with(&second["refresh_token"])).await.expect(200);
    assert_eq!(client.post(REFRESH, &with(&first)).await.problem(401), "session_ended");
    assert_eq!(
        client.post(REFRESH, &with(&third["refresh_token"])).await.problem(401),
        "session_ended"
    );
    assert_eq!(
        client.get("/api/v1/me").await.problem(401),
        "session_ended",
        "the session has ended"
    );
}

#[tokio::test]
async fn the_last_token_ends_the_session_half_a_minute_later() {
    let (client, _) = Stack::shared().person("lage").await;
    let first = json!(client.refresh_token);
    let second = client.post(REFRESH, &with(&first)).await.expect(200);
    half_a_minute_passes(&first).await;
    assert_eq!(client.post(REFRESH, &with(&first)).await.problem(401), "session_ended");
    assert_eq!(
        client.post(REFRESH, &with(&second["refresh_token"])).await.problem(401),
        "session_ended"
    );
}

#[tokio::test]
async fn a_guess_at_an_older_token_gets_nothing_and_ends_nothing() {
    let (client, _) = Stack::shared().person("gissa").await;
    let first = client.refresh_token.clone().unwrap();
    let second = client.post(REFRESH, &with(&json!(first))).await.expect(200);
    let third = client.post(REFRESH, &with(&second["refresh_token"])).await.expect(200);
    let (head, secret) = first.rsplit_once('.').unwrap();
    let session = head.split('.').next().unwrap();
    let backwards = format!("{head}.{}", secret.chars().rev().collect::<String>());
    // Every reader of the audit log knows the ids of sessions.
    for guess in [
        backwards,
        format!("{session}.0.{}", "0".repeat(64)),
        format!("{session}.1.{}", "f".repeat(64)),
    ] {
        assert_eq!(client.post(REFRESH, &with(&json!(guess))).await.problem(401), "session_ended");
    }
    client.post(REFRESH, &with(&third["refresh_token"])).await.expect(200);
}

/// A token with another generation written into it.
fn altered(token: &str, generation: &str) -> Value {
    let mut parts = token.split('.');
    json!(format!("{}.{generation}.{}", parts.next().unwrap(), parts.next_back().unwrap()))
}

async fn revoked_reason(session: &str) -> Option<String> {
    let id = uuid::Uuid::parse_str(session.split('.').next().unwrap()).unwrap();
    let mut db = Stack::shared().database.superuser().await;
    sqlx::query_scalar("select revoked_reason from sessions where id = $1")
        .bind(id)
        .fetch_one(&mut db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stolen_token_with_another_generation_gets_nothing_and_ends_the_session() {
    for generation in ["-999", "0", "2", "3", "2147483647", "-2147483648"] {
        let (owner, _) = Stack::shared().person("stulen").await;
        let newest = owner.refresh_token.clone().unwrap();
        assert_eq!(
            owner.post(REFRESH, &with(&altered(&newest, generation))).await.problem(401),
            "session_ended"
        );
        assert_eq!(
            owner.post(REFRESH, &with(&json!(newest))).await.problem(401),
            "session_ended",
            "{generation}"
        );
        assert_eq!(
            owner.get("/api/v1/me").await.problem(401),
            "session_ended",
            "the session has ended"
        );
        assert_eq!(
            revoked_reason(&newest).await.as_deref(),
            Some("refresh_token_reused"),
            "{generation}"
        );
    }
}

#[tokio::test]
async fn an_older_token_ends_the_session_with_any_generation() {
    for generation in ["-1", "1", "3", "4", "99"] {
        let (owner, _) = Stack::shared().person("gammal").await;
        let first = owner.refresh_token.clone().unwrap();
        let second = owner.post(REFRESH, &with(&json!(first))).await.expect(200);
        let third = owner.post(REFRESH, &with(&second["refresh_token"])).await.expect(200);
        assert_eq!(
            owner.post(REFRESH, &with(&altered(&first, generation))).await.problem(401),
            "session_ended"
        );
        assert_eq!(
            owner.post(REFRESH, &with(&third["refresh_token"])).await.problem(401),
            "session_ended"
        );
        assert_eq!(
            revoked_reason(&first).await.as_deref(),
            Some("refresh_token_reused"),
            "{generation}"
        );
    }
}

#[tokio::test]
async fn a_reused_token_is_recorded() {
    let (owner, person) = Stack::shared().person("uppsatt").await;
    let newest = owner.refresh_token.clone().unwrap();
    owner.post(REFRESH, &with(&altered(&newest, "-999"))).await.problem(401);
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select count(*) from audit_entries where tenant_id = $1 and action = 'session.update' and after ->> 'revoked_reason' = 'refresh_token_reused'";
    let entries: i64 =
        sqlx::query_scalar(sql).bind(person.tenant.0).fetch_one(&mut db).await.unwrap();
    assert_eq!(entries, 1);
}

#[tokio::test]
async fn an_expired_newest_token_is_not_treated_as_reused() {
    let (owner, _) = Stack::shared().person("utgangen").await;
    let newest = owner.refresh_token.clone().unwrap();
    let mut db = Stack::shared().database.superuser().await;
    let id = uuid::Uuid::parse_str(newest.split('.').next().unwrap()).unwrap();
    let sql = "update sessions set idle_expires_at = now() where id = $1";
    sqlx::query(sql).bind(id).execute(&mut db).await.unwrap();
    assert_eq!(owner.post(REFRESH, &with(&json!(newest))).await.problem(401), "session_ended");
    assert_eq!(revoked_reason(&newest).await, None);
}

#[tokio::test]
async fn tabs_that_renew_at_once_all_stay_signed_in() {
    let (client, _) = Stack::shared().person("flik").await;
    let mut token = json!(client.refresh_token);
    for _ in 0..3 {
        let body = with(&token);
        let tabs: Vec<Client> = (0..6).map(|_| Stack::shared().anonymous()).collect();
        let answers =
            futures::future::join_all(tabs.iter().map(|tab| tab.post(REFRESH, &body))).await;
        let next: Vec<Value> =
            answers.into_iter().map(|a| a.expect(200)["refresh_token"].clone()).collect();
        assert!(next.iter().all(|other| *other == next[0]), "{next:?}");
        token = next[0].clone();
    }
}

#[tokio::test]
async fn a_key_rotation_signs_no_user_out() {
    let stack = Stack::shared();
    let overlap = stack
        .another_host(|config| {
            config.variables.insert("token_key".to_owned(), NEXT_KEY.to_owned());
            config.variables.insert("token_key_previous".to_owned(), TOKEN_KEY.to_owned());
            config.variables.insert("token_public_key".to_owned(), token_public_key(NEXT_KEY));
            config
                .variables
                .insert("token_public_key_previous".to_owned(), token_public_key(TOKEN_KEY));
        })
        .await;
    let changed = stack
        .another_host(|config| {
            config.variables.insert("token_key".to_owned(), NEXT_KEY.to_owned());
            config.variables.insert("token_public_key".to_owned(), token_public_key(NEXT_KEY));
        })
        .await;
    let person = stack.database.person("nyckel").await;
    let login = json!({ "email": person.email, "password": person.password });
    let signed_in = stack.anonymous().post("/api/v1/auth/login", &login).await;
    let cookie = |name: &str| {
        let cookies = signed_in.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
        cookies
            .filter_map(|c| c.split(';').next())
            .find(|c| c.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let (access, csrf) =
        (cookie("tessera_access="), cookie("tessera_csrf=").split_once('=').unwrap().1.to_owned());
    let at = |host: &host::Host| Client::new(&format!("http://{}", host.addr()));
    let change = async |client: &Client| {
        let request =
            client.request(Method::POST, "/api/v1/spaces").json(&json!({ "name": "By cookie" }));
        client.send(request.header("cookie", &access).header("x-csrf-token", &csrf)).await
    };
    change(&at(&overlap)).await.expect(201);
    assert_eq!(
        change(&at(&changed)).await.problem(401),
        "not_signed_in",
        "invalid without the previous key"
    );

    // The old host's response was lost; the new one gives the same successor, and later its own.
    let first = signed_in.body["refresh_token"].clone();
    let lost = stack.anonymous().post(REFRESH, &with(&first)).await.expect(200);
    let again = at(&overlap).post(REFRESH, &with(&first)).await.expect(200);
    assert_eq!(again["refresh_token"], lost["refresh_token"]);
    let newest = at(&changed).post(REFRESH, &with(&again["refresh_token"])).await.expect(200);
    let mut client = at(&changed);
    client.token = newest["access_token"].as_str().map(str::to_owned);
    client.get("/api/v1/me").await.expect(200);
    overlap.shutdown().await;
    changed.shutdown().await;
}
