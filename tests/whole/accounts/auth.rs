//! Sign-in, sessions, sign-out.

use http::Method;
use serde_json::json;
use sqlx::Connection;
use tests::stack::Stack;

#[tokio::test]
async fn a_user_signs_in_and_reads_their_profile() {
    let (client, person) = Stack::shared().person("anna").await;
    let me = client.get("/api/v1/me").await.expect(200);
    assert_eq!(
        (me["email"].as_str(), me["role"].as_str()),
        (Some(person.email.as_str()), Some("admin"))
    );
    assert_eq!(me["tenant"]["id"], person.tenant.to_string());
}

#[tokio::test]
async fn signing_out_ends_the_access_token_at_once() {
    let (client, _) = Stack::shared().person("eva").await;
    client.send(client.request(Method::POST, "/api/v1/auth/logout")).await.expect(204);
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let (here, person) = Stack::shared().person("ines").await;
    let there = Stack::shared().sign_in(&person).await;
    let list = here.get("/api/v1/auth/sessions").await.expect(200);
    assert_eq!(list["total"], 2);
    let current = list["current_session_id"].as_str().unwrap();
    let other = list["sessions"].as_array().unwrap().iter().find(|s| s["id"] != current).unwrap();
    here.delete(&format!("/api/v1/auth/sessions/{}", other["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert_eq!(there.get("/api/v1/me").await.problem(401), "session_ended");
    let (stranger, _) = Stack::shared().person("stranger").await;
    assert_eq!(
        stranger.delete(&format!("/api/v1/auth/sessions/{current}")).await.problem(404),
        "not_found"
    );
    assert_eq!(here.get("/api/v1/auth/sessions").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let (here, mut person) = Stack::shared().person("karl").await;
    let there = Stack::shared().sign_in(&person).await;
    let change = |current: &str, new: &str| json!({ "current_password": current, "password": new });
    let path = "/api/v1/auth/password";
    assert_eq!(
        here.post(path, &change("not the password", "quite another one")).await.problem(400),
        "invalid_body"
    );
    assert_eq!(
        here.post(path, &change(person.password, "short")).await.problem(400),
        "invalid_body"
    );
    here.post(path, &change(person.password, "quite another one")).await.expect(204);
    here.get("/api/v1/me").await.expect(200);
    assert_eq!(there.get("/api/v1/me").await.problem(401), "session_ended");
    person.password = "quite another one";
    Stack::shared().sign_in(&person).await;
    // A stolen token must not allow guessing the password either.
    let mut refused = None;
    for _ in 0..20 {
        let answer = here.post(path, &change("a guess, one of many", "quite another one")).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.problem(400), "invalid_body");
    }
    assert_eq!(refused.expect("20 guesses in a row").problem(429), "too_many_requests");
}

#[tokio::test]
async fn a_deactivated_user_and_a_suspended_tenant_lose_access_with_the_next_request() {
    let stack = Stack::shared();
    let (client, person) = stack.person("finn").await;
    let (other, other_person) = stack.person("gun").await;
    let mut db = stack.database.superuser().await;
    sqlx::query("update users set state = 'inactive' where id = $1")
        .bind(person.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("update tenants set state = 'suspended' where id = $1")
        .bind(other_person.tenant.0)
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    assert_eq!(other.get("/api/v1/spaces").await.problem(401), "session_ended");
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused() {
    let stack = Stack::shared();
    let (client, _) = stack.person("hans").await;
    let good = client.token.clone().unwrap();
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    // {"alg":"none","typ":"JWT","kid":"1"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiMSJ9";
    let flipped: String = signature.chars().rev().collect();
    for bad in [
        String::new(),
        "x".to_owned(),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{flipped}"),
        "a".repeat(100_000),
    ] {
        let mut forger = stack.anonymous();
        forger.token = Some(bad.clone());
        let answer = forger.get("/api/v1/me").await;
        assert!(answer.status == 401 || answer.status == 431, "{} for {:.80}", answer.status, bad);
    }
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_the_csrf_token() {
    let stack = Stack::shared();
    let person = stack.database.person("ida").await;
    let client = stack.anonymous();
    let answer = client
        .post("/api/v1/auth/login", &json!({ "email": person.email, "password": person.password }))
        .await;
    let cookies: Vec<String> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap().to_owned())
        .collect();
    let cookie =
        |name: &str| cookies.iter().find(|c| c.starts_with(&format!("{name}="))).unwrap().clone();
    assert!(
        cookie("tessera_access").contains("HttpOnly")
            && cookie("tessera_refresh").contains("HttpOnly"),
        "{cookies:?}"
    );
    assert!(!cookie("tessera_csrf").contains("HttpOnly"), "our own pages must read it");
    let pair = |name: &str| cookie(name).split(';').next().unwrap().to_owned();
    let access = pair("tessera_access");
    let csrf = pair("tessera_csrf").split_once('=').unwrap().1.to_owned();
    let send = |csrf: Option<&str>| {
        let mut request = client
            .request(Method::POST, "/api/v1/spaces")
            .header("cookie", &access)
            .json(&json!({ "name": "By cookie" }));
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        client.send(request)
    };
    assert_eq!(send(None).await.problem(403), "csrf_mismatch");
    assert_eq!(send(Some("0000")).await.problem(403), "csrf_mismatch");
    send(Some(&csrf)).await.expect(201);
    client
        .send(client.request(Method::GET, "/api/v1/me").header("cookie", &access))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_forged_request_id_or_spin_header_is_dropped() {
    let (client, _) = Stack::shared().person("jon").await;
    let answer = client
        .send(client.request(Method::GET, "/api/v1/me").header("x-request-id", "a b\"c"))
        .await;
    assert_ne!(answer.headers["x-request-id"], "a b\"c");
    let answer = client
        .send(client.request(Method::GET, "/api/v1/me").header("x-request-id", "my-request-0001"))
        .await;
    assert_ne!(answer.headers["x-request-id"], "my-request-0001", "it may be another client's");
    assert_eq!(answer.headers["x-client-request-id"], "my-request-0001");
}
