//! Maintenance mode: a key in Redis that hosts share. Each test has a database of its own in the test
//! Redis, because every host looks at the same key.

use std::time::Duration;

use reqwest::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::fixture::{Fixture, redis_url};

/// Served in maintenance, like the front end.
const NEIGHBOUR_IS_OPEN: &str = "[component.neighbour]\nin_maintenance = true\n";

/// `redis://user:password@address/DATABASE`.
fn database(number: u8) -> String {
    format!("{}/{number}", redis_url())
}

/// Sends commands, each as its words, and returns what came.
async fn redis(database: u8, words: &[&str]) -> String {
    let url = reqwest::Url::parse(&redis_url()).unwrap();
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let number = database.to_string();
    let auth = ["AUTH", url.username(), url.password().unwrap_or_default()];
    let commands: [&[&str]; 4] = [&auth, &["SELECT", &number], words, &["QUIT"]];
    for command in commands {
        let mut text = format!("*{}\r\n", command.len());
        for word in command {
            text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(text.as_bytes()).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.contains('-'), "{answer}");
    answer
}

async fn host(redis: String) -> Fixture {
    Fixture::try_with("", NEIGHBOUR_IS_OPEN, |config| config.key_value_redis = Some(redis))
        .await
        .unwrap()
}

/// The first response with this status.
async fn until(fixture: &Fixture, path: &str, status: u16) -> Response {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..600 {
        ticks.tick().await;
        let response = fixture.client.get(format!("{}{path}", fixture.url)).send().await.unwrap();
        if response.status().as_u16() == status {
            return response;
        }
    }
    panic!("no response of {path} has the status {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_requests_are_refused_on_every_host_and_open_responses_continue() {
    redis(9, &["DEL", "maintenance"]).await;
    let (first, second) = (host(database(9)).await, host(database(9)).await);
    let stream = first.client.get(format!("{}/sse?events=150&ms=20", first.url)).send().await;
    let stream = stream.unwrap();
    redis(9, &["SET", "maintenance", r#"{"message": "Back at noon."}"#]).await;
    for fixture in [&first, &second] {
        let refused = until(fixture, "/headers", 503).await;
        assert_eq!(refused.headers()["retry-after"], "60");
        let problem: serde_json::Value = refused.json().await.unwrap();
        assert_eq!(problem["error"], "maintenance");
        assert_eq!(problem["operator_message"], "Back at noon.");
    }
    assert_eq!(first.get("/fixed").await.0, 203);
    assert_eq!(first.get("/.well-known/spin/health").await.0, 200);
    // The guest knows no case of that name, but it was asked.
    assert_eq!(first.get("/neighbour/headers").await.0, 500);
    let text = stream.text().await.unwrap();
    assert!(text.trim_end().ends_with('}') && !text.contains("shutdown"), "{text}");

    redis(9, &["DEL", "maintenance"]).await;
    for fixture in [first, second] {
        until(&fixture, "/headers", 200).await;
        fixture.stop().await;
    }
}

/// Forwards connections to the test Redis until it is dropped.
struct Forwarder {
    url: String,
    task: JoinHandle<()>,
}

impl Forwarder {
    async fn to(database: u8) -> Self {
        let url = reqwest::Url::parse(&redis_url()).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let url = format!("{}/{database}", redis_url().replace(&server, &own));
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let server = server.clone();
                open.spawn(async move {
                    let mut to = TcpStream::connect(server).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut to).await;
                });
            }
        });
        Self { url, task }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_mode_stays_as_it_was_and_a_new_host_serves() {
    redis(10, &["SET", "maintenance", "on"]).await;
    let forwarder = Forwarder::to(10).await;
    let url = forwarder.url.clone();
    let closed = host(url.clone()).await;
    until(&closed, "/headers", 503).await;
    drop(forwarder);
    let fresh = host(url).await;
    // More than one look at a Redis that is gone.
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    for _ in 0..6 {
        ticks.tick().await;
        assert_eq!(closed.get("/headers").await.0, 503);
        assert_eq!(fresh.get("/headers").await.0, 200);
    }
    redis(10, &["DEL", "maintenance"]).await;
    closed.stop().await;
    fresh.stop().await;
}
