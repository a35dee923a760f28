//! The requests of one client leave room for others.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::Fixture;

/// `GET path` with a bearer token: the status, and the code of a problem.
async fn asked(fixture: &Fixture, token: &str, path: &str) -> (u16, Option<String>) {
    let response = fixture
        .client
        .get(format!("{}{path}", fixture.url))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert!(!response.headers().contains_key("tessera-principal"), "the header is the host's");
    let status = response.status().as_u16();
    assert_eq!(
        response.headers().contains_key("retry-after"),
        matches!(status, 429 | 503),
        "{path}: {status}"
    );
    let body: Option<Value> = serde_json::from_str(&response.text().await.unwrap()).ok();
    (status, body.and_then(|body| body["error"].as_str().map(str::to_owned)))
}

/// Makes the component report the caller of the token.
async fn known(fixture: &Fixture, token: &str, tenant: &str) {
    assert_eq!(
        asked(fixture, token, &format!("/principal?tenant={tenant}&caller={token}")).await.0,
        200
    );
}

async fn requests_in_flight(fixture: &Fixture, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while fixture.host.requests_in_flight() != count {
        assert!(
            Instant::now() < deadline,
            "{} requests are in flight, not {count}",
            fixture.host.requests_in_flight()
        );
        tokio::task::yield_now().await;
    }
}

const FULL: (u16, Option<String>) = (200, None);

fn own_share() -> (u16, Option<String>) {
    (429, Some("too_many_requests".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_and_a_tenant_over_their_shares_get_429_and_others_are_served() {
    let runtime = "[limits]\nqueue_wait_ms = 100\n[shares]\ncaller_working = 2\ntenant_working = 3";
    let fixture = Fixture::with("", runtime).await;
    for (token, tenant) in
        [("anna", "north"), ("bert", "north"), ("carl", "north"), ("dora", "south")]
    {
        known(&fixture, token, tenant).await;
    }
    let slow = |token: &'static str| asked(&fixture, token, "/slow?ms=4000");
    let judged = async {
        requests_in_flight(&fixture, 3).await;
        assert_eq!(asked(&fixture, "anna", "/hello").await, own_share(), "she has two in work");
        assert_eq!(
            asked(&fixture, "carl", "/hello").await,
            own_share(),
            "the tenant has three in work"
        );
        assert_eq!(asked(&fixture, "dora", "/hello").await, FULL);
        assert_eq!(fixture.get("/hello").await.0, 200, "an anonymous client");
        // The guest returns 500 for an unknown path: it was called, so the share did not refuse.
        assert_eq!(asked(&fixture, "anna", "/neighbour/hello").await.0, 500, "another component");
    };
    let (a, b, c, ()) = futures::join!(slow("anna"), slow("anna"), slow("bert"), judged);
    assert_eq!([a, b, c], [FULL; 3]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_no_component_has_accepted_count_for_their_address() {
    let fixture =
        Fixture::with("", "[limits]\nqueue_wait_ms = 100\n[shares]\naddress_working = 2").await;
    known(&fixture, "anna", "north").await;
    let slow = |token: &'static str| asked(&fixture, token, "/slow?ms=4000");
    let judged = async {
        requests_in_flight(&fixture, 2).await;
        assert_eq!(asked(&fixture, "made up too", "/hello").await, own_share());
        assert_eq!(asked(&fixture, "anna", "/hello").await, FULL, "at the same address");
    };
    let (a, b, ()) = futures::join!(slow("made up"), slow("made up as well"), judged);
    assert_eq!([a, b], [FULL; 2]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_its_share_is_served_when_it_is_free() {
    let fixture =
        Fixture::with("", "[limits]\nqueue_wait_ms = 60000\n[shares]\ncaller_working = 1").await;
    known(&fixture, "anna", "north").await;
    let all =
        futures::future::join_all((0..20).map(|_| asked(&fixture, "anna", "/slow?ms=20"))).await;
    assert_eq!(all, vec![FULL; 20]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_trusted_proxy_have_shares_of_their_own() {
    let runtime = "[limits]\nqueue_wait_ms = 100\n[shares]\naddress_working = 1\n[clients]\ntrusted_proxies = \"127.0.0.0/8\"";
    let fixture = Fixture::with("", runtime).await;
    let of = async |client: &str, path: &str| {
        let request =
            fixture.client.get(format!("{}{path}", fixture.url)).header("x-forwarded-for", client);
        request.send().await.unwrap().status().as_u16()
    };
    let judged = async {
        requests_in_flight(&fixture, 1).await;
        assert_eq!(of("203.0.113.9", "/hello").await, 429);
        assert_eq!(of("203.0.113.8", "/hello").await, 200);
    };
    assert_eq!(futures::join!(of("203.0.113.9", "/slow?ms=3000"), judged).0, 200);
    fixture.stop().await;
}

/// A request of which half the body is sent.
async fn half(fixture: &Fixture) -> TcpStream {
    let mut stream = TcpStream::connect(fixture.host.addr()).await.unwrap();
    stream
        .write_all(b"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nx")
        .await
        .unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_small_body_takes_no_permit_and_times_out() {
    let fixture = Fixture::with(
        "",
        "[limits]\nrequests_in_flight = 4\nqueue_wait_ms = 100\n[small_bodies]\nseconds = 3",
    )
    .await;
    let mut halves = Vec::new();
    for _ in 0..40 {
        halves.push(half(&fixture).await);
    }
    assert_eq!(fixture.get("/hello").await.0, 200);
    let response = fixture
        .client
        .post(format!("{}/upload", fixture.url))
        .body("all at once")
        .send()
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap().split(' ').next(), Some("11"));
    for stream in &mut halves {
        let mut answer = String::new();
        let read =
            tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await;
        read.expect("no answer in 20 s").unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 408 ") && answer.contains("body_timed_out"),
            "{answer}"
        );
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_any_length_arrives_completely_with_and_without_content_length() {
    let fixture = Fixture::new().await;
    for length in [0, 1, 65_535, 65_536, 65_537, 3 << 20] {
        let whole = vec![7_u8; length];
        let pieces = futures::stream::iter(
            whole
                .chunks(10_000)
                .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
                .collect::<Vec<_>>(),
        );
        for body in [reqwest::Body::from(whole.clone()), reqwest::Body::wrap_stream(pieces)] {
            let response = fixture
                .client
                .post(format!("{}/upload", fixture.url))
                .body(body)
                .send()
                .await
                .unwrap();
            assert_eq!(
                response.text().await.unwrap().split(' ').next(),
                Some(length.to_string().as_str())
            );
        }
    }
    fixture.stop().await;
}
