//! Streams stay open until access is lost, for every kind of caller and during other failures.

use std::time::Duration;

use credentials::{ApiKey, Credential};
use futures::{Stream, StreamExt};
use http::Method;
use kernel::Code;
use platform::Origin;
use serde_json::{Value, json};
use tests::{client::Client, pg_proxy::PgProxy, stack::Stack};

/// The frames of a stream of events, as text.
type EventFrames = std::pin::Pin<Box<dyn Stream<Item = String>>>;

async fn events(client: &Client) -> EventFrames {
    let response = client.request(Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let pieces = response
        .bytes_stream()
        .map(|piece| String::from_utf8_lossy(&piece.unwrap_or_default()).into_owned());
    Box::pin(pieces)
}

/// Reads until `what` has come `times` times.
async fn read_until(pieces: &mut EventFrames, what: &str, times: usize) {
    let mut all = String::new();
    while all.matches(what).count() < times {
        all += &pieces
            .next()
            .await
            .unwrap_or_else(|| panic!("ended before {times} × {what:?} came: {all}"));
    }
}

/// A key of the owner, and a client that sends it.
async fn key(owner: &Client, new: &Value) -> (String, Client) {
    let made = owner.post("/api/v1/api-keys", new).await.expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    (made["api_key"]["id"].as_str().unwrap().to_owned(), client)
}

#[tokio::test]
async fn an_event_stream_costs_one_request_of_its_key_and_ends_with_it() {
    let (owner, _) = Stack::shared().person("listener").await;
    let (_, collection) = owner.collection("Listened").await;
    let new = json!({ "name": "Listener", "scopes": ["knowledge:read"], "requests_per_minute": 1 });
    let (id, client) = key(&owner, &new).await;
    let mut stream = events(&client).await;
    // One at the beginning; each of the others comes after the key was checked again.
    read_until(&mut stream, ": ping", 3).await;
    assert_eq!(client.get("/api/v1/jobs").await.problem(429), "too_many_requests");
    owner.upload(&collection, "heard.md", "# Heard").await.expect(202);
    read_until(&mut stream, "\"type\":\"document\"", 1).await;
    owner.delete(&format!("/api/v1/api-keys/{id}")).await.expect(204);
    let ended = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), ended)
        .await
        .expect("the stream goes on without its key");
}

#[tokio::test]
async fn checking_a_key_again_costs_no_request_and_stays_with_its_assistant() {
    let stack = Stack::shared();
    let (owner, _) = stack.person("looker").await;
    let (space, _) = owner.collection("Looked at").await;
    let mut assistants = Vec::new();
    for name in ["Ours", "Another"] {
        assistants.push(
            owner.create("/api/v1/assistants", &json!({ "space_id": space, "name": name })).await,
        );
    }
    let new = json!({ "name": "Widget", "scopes": ["chat"], "assistant_id": assistants[0], "requests_per_minute": 1 });
    let (_, client) = key(&owner, &new).await;
    let credential = Credential::Key(ApiKey::read(client.token.as_deref().unwrap()).unwrap());
    let source = stack.database.source("tessera_chat").await;
    let look = || credentials::revalidate(source.clone(), &credential, Origin::default());
    for _ in 0..3 {
        let (cx, _) = look().await.unwrap();
        let row = cx.db.one("select count(*) as n from assistants", &[]).await.unwrap();
        assert_eq!(row.get::<i64>("n").unwrap(), 1);
    }
    let open = || credentials::authenticate(source.clone(), &credential, Origin::default());
    open().await.expect("the key's one request of the minute");
    let refused = open().await.err().expect("it has no second");
    assert_eq!(refused.code, Code::TooManyRequests);
    look().await.expect("an open stream is not affected");
}

#[tokio::test]
async fn an_event_stream_survives_a_database_outage() {
    let stack = Stack::shared();
    let proxy = PgProxy::to(&stack.database.server, None).await;
    let host = stack.another_host(|config| proxy.configure(config)).await;
    let (client, _) = stack.person("patient").await;
    let (_, collection) = client.collection("Away").await;
    let mut elsewhere = Client::new(&format!("http://{}", host.addr()));
    elsewhere.token.clone_from(&client.token);
    let mut stream = events(&elsewhere).await;
    read_until(&mut stream, ": ping", 1).await;
    proxy.cut();
    // The next one comes after a check while the database does not answer.
    read_until(&mut stream, ": ping", 1).await;
    assert_eq!(elsewhere.get("/api/v1/spaces").await.problem(503), "unavailable");
    proxy.mend();
    client.upload(&collection, "later.md", "# Later").await.expect(202);
    read_until(&mut stream, "\"type\":\"document\"", 1).await;
    drop(stream);
    host.shutdown().await;
}
