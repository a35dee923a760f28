//! Passwords that were forgotten, and the mails about them.

use serde_json::{Value, json};
use tests::stack::Stack;

use super::passwords::{
    Counter, FORGOTTEN, LOGIN, NEW, RESET, login, retry_after, store_hash, unknown,
};

/// The token of the `n`-th mail to an address, once it has arrived.
pub(crate) async fn mailed(email: &str, n: usize, page: &str) -> String {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        if let Some(mail) = Stack::shared().emails_to(email).get(n - 1) {
            let (_, rest) =
                mail.split_once(&format!("https://tessera.example/{page}#")).expect(mail);
            return rest.chars().take_while(char::is_ascii_hexdigit).collect();
        }
        assert!(
            std::time::Instant::now() < deadline,
            "no mail number {n} to {email}; see .stack/test-worker.log"
        );
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn ask_for_reset(email: &str) {
    let body =
        Stack::shared().anonymous().post(FORGOTTEN, &json!({ "email": email })).await.expect(202);
    assert_eq!(body, json!({ "status": "accepted" }));
}

fn reset(token: &str) -> Value {
    json!({ "token": token, "password": NEW })
}

#[tokio::test]
async fn a_password_reset_by_mail_ends_every_session() {
    let stack = Stack::shared();
    let (here, mut person) = stack.person("forgetful").await;
    let anonymous = stack.anonymous();
    ask_for_reset(&person.email.to_uppercase()).await;
    let token = mailed(&person.email, 1, "reset").await;
    assert_eq!(token.len(), 64);
    here.get("/api/v1/me").await.expect(200);
    let weak = json!({ "token": token, "password": "short" });
    assert_eq!(anonymous.post(RESET, &weak).await.problem(400), "invalid_body");
    Counter::of("account", &person.email).await.set(50).await;
    anonymous.post(RESET, &reset(&token)).await.expect(204);
    assert_eq!(here.get("/api/v1/me").await.problem(401), "session_ended");
    let renewed =
        here.post("/api/v1/auth/refresh", &json!({ "refresh_token": here.refresh_token })).await;
    assert_eq!(renewed.problem(401), "session_ended");
    anonymous.post(LOGIN, &login(&person.email, person.password)).await.expect(401);
    person.password = NEW;
    stack.sign_in(&person).await;
    assert_eq!(
        anonymous.post(RESET, &reset(&token)).await.problem(400),
        "invalid_link",
        "a link works once"
    );
}

#[tokio::test]
async fn a_reset_link_ends_with_the_next_one_or_after_an_hour() {
    let stack = Stack::shared();
    let person = stack.database.person("late").await;
    let anonymous = stack.anonymous();
    ask_for_reset(&person.email).await;
    let first = mailed(&person.email, 1, "reset").await;
    let accept = json!({ "token": first, "password": NEW });
    assert_eq!(
        anonymous.post("/api/v1/auth/invitation/accept", &accept).await.problem(400),
        "invalid_link"
    );
    ask_for_reset(&person.email).await;
    let second = mailed(&person.email, 2, "reset").await;
    assert_eq!(anonymous.post(RESET, &reset(&first)).await.problem(400), "invalid_link");
    let mut db = stack.database.superuser().await;
    let left: i64 = sqlx::query_scalar(
        "select extract(epoch from expires_at - now())::bigint from one_time_links where user_id = $1 and kind = 'reset'",
    )
    .bind(person.user.0)
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert!((3_000..=3_600).contains(&left), "{left} s");
    let expire = "update one_time_links set expires_at = now() where user_id = $1";
    sqlx::query(expire).bind(person.user.0).execute(&mut db).await.unwrap();
    assert_eq!(anonymous.post(RESET, &reset(&second)).await.problem(400), "invalid_link");
    stack.sign_in(&person).await;
}

#[tokio::test]
async fn one_of_two_concurrent_uses_of_a_reset_link_succeeds() {
    let stack = Stack::shared();
    let person = stack.database.person("twice").await;
    ask_for_reset(&person.email).await;
    let token = mailed(&person.email, 1, "reset").await;
    let (one, two) = (stack.anonymous(), stack.anonymous());
    let body = reset(&token);
    let (a, b) = tokio::join!(one.post(RESET, &body), two.post(RESET, &body));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400]);
}

#[tokio::test]
async fn a_user_without_password_or_access_gets_no_mail() {
    let stack = Stack::shared();
    let mut db = stack.database.superuser().await;
    let (federated, inactive) =
        (stack.database.person("oidc").await, stack.database.person("gone").await);
    let suspended = stack.database.person("suspended").await;
    store_hash(&federated, None).await;
    for (sql, id) in [
        ("update users set state = 'inactive' where id = $1", inactive.user.0),
        ("update tenants set state = 'suspended' where id = $1", suspended.tenant.0),
    ] {
        sqlx::query(sql).bind(id).execute(&mut db).await.unwrap();
    }
    for email in [&federated.email, &inactive.email, &suspended.email, &unknown()] {
        ask_for_reset(email).await;
    }
    // Requests are processed in order: once this one has its mail, the earlier ones were processed.
    let witness = stack.database.person("witness").await;
    ask_for_reset(&witness.email).await;
    mailed(&witness.email, 1, "reset").await;
    for person in [&federated, &inactive, &suspended] {
        let jobs: i64 = sqlx::query_scalar("select count(*) from jobs where tenant_id = $1")
            .bind(person.tenant.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(jobs, 0);
        assert!(stack.emails_to(&person.email).is_empty());
    }
    let waiting: i64 = sqlx::query_scalar("select count(*) from reset_requests where email = $1")
        .bind(&federated.email)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(waiting, 0, "requests are not stored");
}

#[tokio::test]
async fn the_secret_of_a_link_is_only_in_the_mail() {
    let stack = Stack::shared();
    let (client, person) = stack.person("secretive").await;
    ask_for_reset(&person.email).await;
    let token = mailed(&person.email, 1, "reset").await;
    let mut db = stack.database.superuser().await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select to_jsonb(j)::text from jobs j where tenant_id = $1 union all
         select to_jsonb(l)::text from one_time_links l where tenant_id = $1",
    )
    .bind(person.tenant.0)
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| !row.contains(&token)), "{rows:#?}");
    let log = std::fs::read_to_string(tests::stack::root().join(".stack/test-worker.log")).unwrap();
    assert!(!log.contains(&token));
    let jobs = client.get("/api/v1/jobs").await.expect(200);
    assert_eq!(jobs["total"], 0, "no user sees the job of a mail");
}

#[tokio::test]
async fn reset_mails_are_rate_limited_for_known_and_unknown_addresses() {
    let stack = Stack::shared();
    for email in [stack.database.person("eager").await.email, unknown()] {
        for _ in 0..3 {
            ask_for_reset(&email).await;
        }
        let refused = stack.anonymous().post(FORGOTTEN, &json!({ "email": email })).await;
        assert!(
            retry_after(&refused).is_some_and(|s| (30..=60).contains(&s)),
            "{:?}",
            refused.headers
        );
        assert_eq!(refused.problem(429), "too_many_requests");
    }
}

#[tokio::test]
async fn an_invitation_is_mailed_beside_the_link_that_the_inviter_sees() {
    let stack = Stack::shared();
    let (admin, _) = stack.person("inviter").await;
    let email = unknown();
    let invited = admin
        .post("/api/v1/admin/users", &json!({ "email": email, "role": "user" }))
        .await
        .expect(201);
    let shown =
        invited["invitation"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let token = mailed(&email, 1, "invitation").await;
    assert_ne!(token, shown, "the shown one is not kept, so another is mailed");
    let anonymous = stack.anonymous();
    for good in [&token, &shown] {
        let whom =
            anonymous.post("/api/v1/auth/invitation", &json!({ "token": good })).await.expect(200);
        assert_eq!(whom["email"], email);
    }
    assert_eq!(anonymous.post(RESET, &reset(&token)).await.problem(400), "invalid_link");
    anonymous.post("/api/v1/auth/invitation/accept", &reset(&token)).await.expect(200);
    assert_eq!(
        anonymous.post("/api/v1/auth/invitation/accept", &reset(&shown)).await.problem(400),
        "invalid_link"
    );
}
