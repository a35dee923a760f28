//! Behind a trusted proxy, the client's address counts and is shown.

use http::Method;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    stack::Stack,
};

use crate::{access::audit, accounts::passwords::Counter};

const LOGIN: &str = "/api/v1/auth/login";

/// A proxy of `stack::PROXIES`.
fn proxy() -> Client {
    Client::from(&Stack::shared().url, [127, 7, 7, 1].into())
}

/// An address without earlier requests.
fn new_address() -> String {
    let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    format!("203.{b}.{c}.{d}")
}

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// A request as the proxy forwards it.
async fn forwarded(by: &Client, from: &str, method: Method, path: &str, body: &Value) -> Response {
    by.send(by.request(method, path).header("x-forwarded-for", from).json(body)).await
}

/// Signs in through a proxy, or through a client that poses as one.
async fn signed_in(mut by: Client, from: &str, email: &str, password: &str) -> Client {
    let body = forwarded(&by, from, Method::POST, LOGIN, &login(email, password)).await.expect(200);
    by.token = body["access_token"].as_str().map(str::to_owned);
    by
}

/// The addresses of the user's own sessions, newest first.
async fn addresses(client: &Client) -> Vec<String> {
    let list = client.get("/api/v1/auth/sessions").await.expect(200);
    list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["address"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn two_clients_behind_one_proxy_are_throttled_apart() {
    let person = Stack::shared().database.person("behind").await;
    let (guesser, other) = (new_address(), new_address());
    let mut counter = Counter::of("address", &guesser).await;
    counter.set(104).await;
    let proxy = proxy();
    let wrong =
        login(&format!("nobody-{}@example.org", uuid::Uuid::now_v7().simple()), "wrong wrong");
    let right = login(&person.email, person.password);
    forwarded(&proxy, &guesser, Method::POST, LOGIN, &wrong).await.expect(401);
    assert_eq!(counter.get().await.0, 105, "the client's failure");
    // Another port, or an address that the client itself adds in front, does not make it another
    // client.
    for from in
        [guesser.clone(), format!("{guesser}:40001"), format!("{other}, {guesser}, 10.7.0.1")]
    {
        let refused = forwarded(&proxy, &from, Method::POST, LOGIN, &right).await;
        assert_eq!(refused.problem(429), "too_many_requests", "{from}");
    }
    forwarded(&proxy, &other, Method::POST, LOGIN, &right).await.expect(200);
}

#[tokio::test]
async fn sessions_and_the_audit_log_show_the_client_and_not_the_proxy() {
    let person = Stack::shared().database.person("shown").await;
    let (first, second) = (new_address(), new_address());
    let said = format!("198.51.100.66, {first}, 10.7.0.1");
    let admin = signed_in(proxy(), &said, &person.email, person.password).await;
    assert_eq!(addresses(&admin).await, std::slice::from_ref(&first));
    let space = json!({ "name": "From elsewhere" });
    forwarded(&admin, &second, Method::POST, "/api/v1/spaces", &space).await.expect(201);
    for (action, address) in [("session.create", first), ("space.create", second)] {
        let entries = audit::entries(&admin, &format!("&action={action}")).await;
        assert!(entries.iter().any(|entry| entry["address"] == *address), "{action}: {entries:#?}");
    }
}

#[tokio::test]
async fn the_forwarded_address_of_an_untrusted_client_is_ignored() {
    let person = Stack::shared().database.person("forger").await;
    let victim = new_address();
    let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    let own = std::net::Ipv4Addr::new(127, b, c, d.clamp(2, 254));
    let forger = Client::from(&Stack::shared().url, own);
    let (mut of_victim, mut of_forger) =
        (Counter::of("address", &victim).await, Counter::of("address", &own.to_string()).await);
    of_victim.set(104).await;
    of_forger.set(0).await;
    let wrong =
        login(&format!("nobody-{}@example.org", uuid::Uuid::now_v7().simple()), "wrong wrong");
    let request = forger.request(Method::POST, LOGIN).header("x-forwarded-for", &victim);
    let request = request
        .header("spin-client-addr", format!("{victim}:1"))
        .header("forwarded", format!("for={victim}"));
    forger.send(request.json(&wrong)).await.expect(401);
    assert_eq!((of_victim.get().await.0, of_forger.get().await.0), (104, 1));
    // Naming a proxy's address does not help either.
    let client =
        signed_in(forger, &format!("{victim}, 127.7.7.1"), &person.email, person.password).await;
    let shown = addresses(&client).await;
    assert!(shown.len() == 1 && shown[0].starts_with(&format!("{own}:")), "{shown:?}");
}

#[tokio::test]
async fn a_proxy_that_forwards_no_address_is_the_client_itself() {
    let person = Stack::shared().database.person("unsaid").await;
    let client = signed_in(proxy(), "203.0.113.9, unknown", &person.email, person.password).await;
    let shown = addresses(&client).await;
    assert!(shown.len() == 1 && shown[0].starts_with("127.7.7.1:"), "{shown:?}");
}
