//! Invitations: a link that works once, for an address that did not get too many.

use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

use super::users::{PASSWORD, user_path};

/// Invites a user; returns id, address and token.
async fn invite(admin: &Client, name: &str, role: &str) -> (String, String, String) {
    let email = format!("{name}-{}@example.org", uuid::Uuid::now_v7().simple());
    let invited = admin
        .post("/api/v1/admin/users", &json!({ "email": email, "role": role }))
        .await
        .expect(201);
    assert_eq!(
        (&invited["user"]["state"], &invited["user"]["display_name"]),
        (&json!("invited"), &json!(email.split('@').next()))
    );
    let url = invited["invitation"]["url"].as_str().unwrap();
    let token = url.split_once("/invitation#").unwrap().1.to_owned();
    (invited["user"]["id"].as_str().unwrap().to_owned(), email, token)
}

async fn accept(token: &str) -> Client {
    let mut client = Stack::shared().anonymous();
    let body = json!({ "token": token, "password": PASSWORD, "display_name": "Chosen Name" });
    let granted = client.post("/api/v1/auth/invitation/accept", &body).await.expect(200);
    client.token = granted["access_token"].as_str().map(str::to_owned);
    client.refresh_token = granted["refresh_token"].as_str().map(str::to_owned);
    client
}

#[tokio::test]
async fn an_invited_user_sets_a_password_and_signs_in() {
    let (admin, _) = Stack::shared().person("boss").await;
    let (id, email, token) = invite(&admin, "new", "user").await;
    let anonymous = Stack::shared().anonymous();
    let login = json!({ "email": email, "password": PASSWORD });
    assert_eq!(
        anonymous.post("/api/v1/auth/login", &login).await.problem(401),
        "wrong_credentials"
    );
    let whom =
        anonymous.post("/api/v1/auth/invitation", &json!({ "token": token })).await.expect(200);
    assert_eq!(whom["email"], email);
    let client = accept(&token).await;
    let me = client.get("/api/v1/me").await.expect(200);
    assert_eq!(
        (&me["id"], &me["display_name"], &me["role"]),
        (&json!(id), &json!("Chosen Name"), &json!("user"))
    );
    let spaces = client.get("/api/v1/spaces").await.expect(200);
    assert_eq!((&spaces["total"], &spaces["spaces"][0]["kind"]), (&json!(1), &json!("personal")));
    anonymous.post("/api/v1/auth/login", &login).await.expect(200);
    let person = admin.get(&user_path(&id)).await.expect(200);
    assert_eq!(person["state"], "active");
    assert!(person["last_login_at"].is_string());
}

#[tokio::test]
async fn an_invitation_works_once_and_a_newer_one_ends_it() {
    let (admin, _) = Stack::shared().person("boss").await;
    let anonymous = Stack::shared().anonymous();
    let (id, _, first) = invite(&admin, "late", "user").await;
    let renewed =
        admin.post(&format!("{}/invitation", user_path(&id)), &json!({})).await.expect(200);
    let second = renewed["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let read = async |token: &str| {
        anonymous.post("/api/v1/auth/invitation", &json!({ "token": token })).await
    };
    assert_eq!(read(&first).await.problem(400), "invalid_link");
    let weak = json!({ "token": second, "password": "short" });
    assert_eq!(
        anonymous.post("/api/v1/auth/invitation/accept", &weak).await.problem(400),
        "invalid_body"
    );
    accept(&second).await;
    assert_eq!(read(&second).await.problem(400), "invalid_link");
    let again = json!({ "token": second, "password": PASSWORD });
    assert_eq!(
        anonymous.post("/api/v1/auth/invitation/accept", &again).await.problem(400),
        "invalid_link"
    );
    assert_eq!(
        anonymous.post("/api/v1/auth/setup", &setup_with(&first)).await.problem(400),
        "invalid_link"
    );
    let renewed = admin.post(&format!("{}/invitation", user_path(&id)), &json!({})).await;
    assert_eq!(renewed.problem(409), "conflict");
}

fn setup_with(token: &str) -> Value {
    json!({ "token": token, "organisation": "Mine now", "display_name": "X", "email": "x@example.org", "password": PASSWORD })
}

#[tokio::test]
async fn invitations_to_one_address_are_rate_limited() {
    let stack = Stack::shared();
    let (admin, _) = stack.person("ivrig").await;
    let (id, email, _) = invite(&admin, "tired", "user").await;
    let renew = format!("{}/invitation", user_path(&id));
    for _ in 0..2 {
        admin.post(&renew, &json!({})).await.expect(200);
    }
    let refused = admin.post(&renew, &json!({})).await;
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait} s");
    assert_eq!(refused.problem(429), "too_many_requests");
    // Deleting and inviting the user again does not reset the limit.
    admin.delete(&user_path(&id)).await.expect(204);
    let again = json!({ "email": email, "role": "user" });
    assert_eq!(admin.post("/api/v1/admin/users", &again).await.problem(429), "too_many_requests");
    // Other addresses can be invited meanwhile, and another organisation may invite this address.
    invite(&admin, "fresh", "user").await;
    let (elsewhere, _) = stack.person("annan").await;
    elsewhere.post("/api/v1/admin/users", &again).await.expect(201);
}

#[tokio::test]
async fn an_invitation_cannot_create_the_first_administrator() {
    let (admin, _) = Stack::shared().person("boss").await;
    let (_, _, token) = invite(&admin, "sly", "user").await;
    let answer = Stack::shared().anonymous().post("/api/v1/auth/setup", &setup_with(&token)).await;
    assert_eq!(answer.problem(409), "already_set_up");
}

#[tokio::test]
async fn an_address_is_invited_once_and_malformed_ones_are_refused() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let taken = json!({ "email": boss.email.to_uppercase(), "role": "user" });
    assert_eq!(admin.post("/api/v1/admin/users", &taken).await.problem(409), "conflict");
    for email in ["", "x", "a@b@c", "a b@example.org", "<a>@\u{0}"] {
        let body = json!({ "email": email, "role": "user" });
        assert_eq!(
            admin.post("/api/v1/admin/users", &body).await.problem(400),
            "invalid_body",
            "{email:?}"
        );
    }
}
