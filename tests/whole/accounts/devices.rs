//! Known browsers: a stranger who knows an address cannot lock its owner out of a known browser.

use http::Method;
use serde_json::{Value, json};
use testkit::Person;
use tests::{
    client::{Client, Response},
    stack::Stack,
};

use crate::accounts::{
    passwords::Counter,
    resets::{ask_for_reset, mailed},
};

const LOGIN: &str = "/api/v1/auth/login";
const PASSWORD: &str = "/api/v1/auth/password";
const NEW: &str = "quite another password";

/// Sends a document as a browser with this device cookie, or without one.
async fn send(client: &Client, path: &str, body: &Value, cookie: Option<&str>) -> Response {
    let mut request = client.request(Method::POST, path).json(body);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("tessera_csrf=1; tessera_device={cookie}"));
    }
    client.send(request).await
}

async fn sign_in(email: &str, password: &str, cookie: Option<&str>) -> Response {
    send(
        &Stack::shared().anonymous(),
        LOGIN,
        &json!({ "email": email, "password": password }),
        cookie,
    )
    .await
}

/// The complete device cookie that a response sets.
fn set_cookie(answer: &Response) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    cookies.filter(|cookie| cookie.starts_with("tessera_device=")).map(str::to_owned).next()
}

fn device(answer: &Response) -> String {
    let cookie = set_cookie(answer).expect("a device cookie");
    cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

/// Signs in from a new browser, and returns its cookie.
async fn known_browser(person: &Person) -> String {
    let signed_in = sign_in(&person.email, person.password, None).await;
    let cookie = device(&signed_in);
    signed_in.expect(200);
    cookie
}

/// Simulates forty failed attempts of a stranger.
async fn lock(email: &str) {
    Counter::of("account", email).await.set(40).await;
    sign_in(email, "a guess of a stranger", None).await.expect(401);
}

/// The counter of a browser: the device id follows tenant and user.
async fn counter_of(cookie: &str) -> Counter {
    Counter::of("device", &cookie[64..96]).await
}

/// The short name of a user's organisation.
async fn slug(person: &Person) -> String {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select slug from tenants where id = $1";
    sqlx::query_scalar(sql).bind(person.tenant.0).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_stranger_who_locks_an_account_does_not_lock_its_known_browser() {
    let person = Stack::shared().database.person("known").await;
    let cookie = known_browser(&person).await;
    lock(&person.email).await;
    assert_eq!(
        sign_in(&person.email, person.password, None).await.problem(429),
        "too_many_requests"
    );
    let here = sign_in(&person.email.to_uppercase(), person.password, Some(&cookie)).await;
    let next = device(&here);
    here.expect(200);
    sign_in(&person.email, person.password, Some(&next)).await.expect(200);
    assert_eq!(
        sign_in(&person.email, person.password, None).await.status,
        429,
        "the stranger still waits"
    );
    // The password can also be changed there, although strangers name the organisation.
    Counter::of("account", &format!("{}\0{}", person.email, slug(&person).await))
        .await
        .set(40)
        .await;
    let guess =
        json!({ "email": person.email, "password": "a guess", "tenant": slug(&person).await });
    send(&Stack::shared().anonymous(), LOGIN, &guess, None).await.expect(401);
    let mut client = Stack::shared().anonymous();
    client.token =
        sign_in(&person.email, person.password, Some(&next)).await.expect(200)["access_token"]
            .as_str()
            .map(str::to_owned);
    let change = json!({ "current_password": person.password, "password": NEW });
    assert_eq!(send(&client, PASSWORD, &change, None).await.status, 429);
    let changed = send(&client, PASSWORD, &change, Some(&next)).await;
    let fresh = device(&changed);
    changed.expect(204);
    sign_in(&person.email, NEW, Some(&fresh)).await.expect(200);
    assert_eq!(
        sign_in(&person.email, NEW, Some(&next)).await.status,
        429,
        "from before the change"
    );
}

#[tokio::test]
async fn failures_in_a_known_browser_lock_only_that_browser() {
    let person = Stack::shared().database.person("clumsy").await;
    let (cookie, other) = (known_browser(&person).await, known_browser(&person).await);
    let (mut common, mut own) =
        (Counter::of("account", &person.email).await, counter_of(&cookie).await);
    for failures in 1..=4 {
        sign_in(&person.email, "wrong wrong", Some(&cookie)).await.expect(401);
        assert_eq!((own.get().await, common.get().await), ((failures, 0), (0, 0)));
    }
    own.set(40).await;
    sign_in(&person.email, "wrong wrong", Some(&cookie)).await.expect(401);
    let refused = sign_in(&person.email, person.password, Some(&cookie)).await;
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((800..=900).contains(&wait), "{wait} s");
    assert_eq!(refused.problem(429), "too_many_requests");
    sign_in(&person.email, person.password, Some(&other)).await.expect(200);
    sign_in(&person.email, person.password, None).await.expect(200);
    // The right password resets the counter there too.
    own.set(40).await;
    sign_in(&person.email, person.password, Some(&cookie)).await.expect(200);
    assert_eq!(own.get().await, (0, 0));
}

#[tokio::test]
async fn only_the_accounts_own_cookie_counts_and_none_reveals_accounts() {
    let stack = Stack::shared();
    let (person, other) =
        (stack.database.person("meant").await, stack.database.person("other").await);
    let cookie = known_browser(&person).await;
    let digit = if cookie.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{digit}", &cookie[..cookie.len() - 1]);
    let another_user = format!("{}{}{}", &cookie[..32], other.user.0.simple(), &cookie[64..]);
    let unknown = format!("nobody-{}@example.org", uuid::Uuid::now_v7().simple());
    let elsewhere = known_browser(&other).await;
    for bad in [
        elsewhere.as_str(),
        &forged,
        &another_user,
        &cookie[2..],
        &"0".repeat(cookie.len()),
        "",
        "x",
    ] {
        let mut outcomes = Vec::new();
        for email in [&person.email, &unknown] {
            let mut common = Counter::of("account", email).await;
            common.set(0).await;
            let wrong = sign_in(email, "wrong wrong", Some(bad)).await;
            assert_eq!((common.get().await.0, set_cookie(&wrong)), (1, None), "{bad}");
            lock(email).await;
            let waiting = sign_in(email, person.password, Some(bad)).await;
            outcomes.push((
                wrong.problem(401),
                waiting.headers.contains_key("retry-after"),
                waiting.problem(429),
            ));
        }
        assert_eq!(outcomes[0], outcomes[1], "{bad}");
    }
    sign_in(&person.email, person.password, Some(&cookie)).await.expect(200);
}

/// The events that make a known browser unknown.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    SignedOut,
    Reset,
    Deactivated,
    TokenShownTwice,
}

/// Applies the event; returns the password afterwards.
async fn end(what: End, admin: &Client, person: &Person) -> &'static str {
    let (stack, refresh) = (Stack::shared(), "/api/v1/auth/refresh");
    let client = stack.sign_in(person).await;
    match what {
        End::SignedOut => {
            let gone = client.post("/api/v1/auth/logout", &json!({})).await;
            assert_eq!(set_cookie(&gone), None);
            gone.expect(204);
        }
        End::Reset => {
            ask_for_reset(&person.email).await;
            let body = json!({ "token": mailed(&person.email, 1, "reset").await, "password": NEW });
            client.post("/api/v1/auth/password/reset", &body).await.expect(204);
            return NEW;
        }
        End::Deactivated => {
            let path = format!("/api/v1/admin/users/{}", person.user);
            for active in [false, true] {
                admin.patch(&path, &json!({ "active": active })).await.expect(200);
            }
        }
        End::TokenShownTwice => {
            let first = json!({ "refresh_token": client.refresh_token });
            let second = client.post(refresh, &first).await.expect(200)["refresh_token"].clone();
            client.post(refresh, &json!({ "refresh_token": second })).await.expect(200);
            assert_eq!(client.post(refresh, &first).await.problem(401), "session_ended");
        }
    }
    person.password
}

#[tokio::test]
async fn a_known_browser_ends_with_the_password_the_access_or_a_stolen_token() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    for what in [End::SignedOut, End::Reset, End::Deactivated, End::TokenShownTwice] {
        let person = stack.database.colleague(boss.tenant, "suspected", "user").await;
        let cookie = known_browser(&person).await;
        let password = end(what, &admin, &person).await;
        lock(&person.email).await;
        let answer = sign_in(&person.email, password, Some(&cookie)).await;
        assert_eq!(answer.status, if what == End::SignedOut { 200 } else { 429 }, "{what:?}");
    }
}

#[tokio::test]
async fn a_browser_known_in_one_organisation_is_unknown_in_another() {
    let stack = Stack::shared();
    let (here, there) = (stack.database.person("here").await, stack.database.person("there").await);
    let own = json!({ "current_password": there.password, "password": NEW });
    stack.sign_in(&there).await.post(PASSWORD, &own).await.expect(204);
    let mut db = stack.database.superuser().await;
    let sql = "update users set email = $2 where id = $1";
    sqlx::query(sql).bind(there.user.0).bind(&here.email).execute(&mut db).await.unwrap();
    let known_here = known_browser(&here).await;
    let signed_in = sign_in(&here.email, NEW, Some(&known_here)).await;
    let known_there = device(&signed_in);
    assert_eq!(
        signed_in.expect(200)["user"]["id"],
        there.user.to_string(),
        "a person with two accounts"
    );
    let mut common = Counter::of("account", &here.email).await;
    common.set(0).await;
    sign_in(&here.email, "wrong wrong", Some(&known_there)).await.expect(401);
    assert_eq!(common.get().await.0, 1, "it was tried at both accounts");
    lock(&here.email).await;
    assert_eq!(sign_in(&here.email, here.password, Some(&known_there)).await.status, 429);
    sign_in(&here.email, here.password, Some(&known_here)).await.expect(200);
    sign_in(&here.email, NEW, Some(&known_there)).await.expect(200);
}

#[tokio::test]
async fn the_device_cookie_is_hidden_from_scripts_and_sent_to_sign_ins_only() {
    let stack = Stack::shared();
    let (admin, _) = stack.person("boss").await;
    let email = format!("invited-{}@example.org", uuid::Uuid::now_v7().simple());
    let invited = admin
        .post("/api/v1/admin/users", &json!({ "email": email, "role": "user" }))
        .await
        .expect(201);
    let token = invited["invitation"]["url"].as_str().unwrap().split_once('#').unwrap().1;
    let body = json!({ "token": token, "password": NEW });
    let accepted = stack.anonymous().post("/api/v1/auth/invitation/accept", &body).await;
    let cookie = set_cookie(&accepted).expect("a new password makes the browser known too");
    assert!(
        cookie.ends_with("; Path=/api/v1/auth; Max-Age=15552000; SameSite=Lax; HttpOnly"),
        "{cookie}"
    );
    let value = device(&accepted);
    let refresh = json!({ "refresh_token": accepted.expect(200)["refresh_token"] });
    let renewed = stack.anonymous().post("/api/v1/auth/refresh", &refresh).await;
    assert_eq!(set_cookie(&renewed), None, "only a password makes a browser known");
    renewed.expect(200);
    lock(&email).await;
    sign_in(&email, NEW, Some(&value)).await.expect(200);
}

#[tokio::test]
async fn signing_in_at_another_organisation_resets_no_failures() {
    let stack = Stack::shared();
    let (victim, guesser) =
        (stack.database.person("guessed").await, stack.database.person("guesser").await);
    let client = stack.sign_in(&guesser).await;
    let change = json!({ "current_password": guesser.password, "password": NEW });
    client.post(PASSWORD, &change).await.expect(204);
    let mut db = stack.database.superuser().await;
    let sql = "update users set email = $2 where id = $1";
    sqlx::query(sql).bind(guesser.user.0).bind(&victim.email).execute(&mut db).await.unwrap();
    let mut counter = Counter::of("account", &victim.email).await;
    for guesses in 1..=3 {
        sign_in(&victim.email, "a guess", None).await.expect(401);
        sign_in(&victim.email, NEW, None).await.expect(200);
        let own = json!({ "email": victim.email, "password": NEW, "tenant": slug(&guesser).await });
        stack.anonymous().post(LOGIN, &own).await.expect(200);
        let again = json!({ "current_password": NEW, "password": NEW });
        client.post(PASSWORD, &again).await;
        assert_eq!(counter.get().await.0, guesses);
    }
}
