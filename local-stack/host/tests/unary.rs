//! Both ways into a component, `tessera:http/unary` and `wasi:http`: the same responses, limits and
//! isolation.

use std::time::{Duration, Instant};

use futures::future::join_all;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::fixture::{Fixture, STREAMED};

/// A host that prefers `tessera:http/unary`, and one that does not know it.
async fn both(runtime: &str) -> [Fixture; 2] {
    [Fixture::with("", runtime).await, Fixture::with("", &format!("{STREAMED}{runtime}")).await]
}

/// What a client sees, without what differs between two requests by any way.
async fn seen(fixture: &Fixture, method: &Method, path: &str, body: &str) -> (u16, Value, String) {
    let mut request = fixture
        .client
        .request(method.clone(), format!("{}{path}", fixture.url))
        .header("x-twice", "one")
        .header("x-twice", http::HeaderValue::from_bytes(b"caf\xe9:two").unwrap())
        .header("te", "trailers")
        .header("connection", "keep-alive, x-hop")
        .header("x-hop", "1");
    if !body.is_empty() {
        request = request.body(body.to_owned());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = shown(response.headers());
    let mut text = response.text().await.unwrap().replace(&fixture.url, "http://host");
    if let Ok(mut body) = serde_json::from_str::<Value>(&text) {
        if let Some(headers) = body.get_mut("headers").and_then(Value::as_object_mut) {
            for own in ["x-request-id", "traceparent", "spin-client-addr"] {
                assert!(headers.remove(own).is_some(), "{own} is missing: {text}");
            }
        }
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        text = body.to_string();
    }
    (status, headers, text)
}

/// Framing is left out: a whole response has a length where a stream has frames.
fn shown(headers: &HeaderMap) -> Value {
    let own = ["date", "x-request-id", "content-length", "transfer-encoding"];
    let mut shown = serde_json::Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        let values = shown.entry(name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        values.as_array_mut().unwrap().push(value.into());
    }
    shown.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_the_same_response_by_both_ways() {
    let [whole, streamed] = both("").await;
    let large = "x".repeat(70_000);
    for (method, path, body) in [
        (Method::GET, "/hello", ""),
        (Method::GET, "/headers?a=%20b&c", ""),
        (Method::HEAD, "/hello", ""),
        (Method::POST, "/answer?status=418", "a body"),
        (Method::PUT, "/answer?status=204", ""),
        (Method::GET, "/answer?status=304", ""),
        (Method::from_bytes(b"PURGE").unwrap(), "/answer", ""),
        (Method::POST, "/echo", &large[..65_536]),
        (Method::POST, "/echo", &large),
        (Method::POST, "/upload", &large[..1_000]),
        (Method::GET, "/principal?tenant=north&caller=anna", ""),
        (Method::GET, "/json?items=3&pieces=2", ""),
        (Method::GET, "/sse?events=2&ms=1", ""),
        (Method::GET, "/no-such-case", ""),
        (Method::GET, "/trap", ""),
        (Method::GET, "/error", ""),
        (Method::GET, "/fixed", ""),
    ] {
        let (whole, streamed) =
            futures::join!(seen(&whole, &method, path, body), seen(&streamed, &method, path, body));
        assert_eq!(whole, streamed, "{method} {path}");
    }
    whole.stop().await;
    streamed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_requests_go_as_a_whole_unless_their_route_streams() {
    let [whole, streamed] = both("").await;
    let way = async |fixture: &Fixture, path: &str, bytes: usize| {
        let request = fixture.client.post(format!("{}{path}", fixture.url));
        request.body("x".repeat(bytes)).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(way(&whole, "/way", 0).await, "unary");
    assert_eq!(way(&whole, "/way", 64 << 10).await, "unary");
    assert_eq!(way(&whole, "/way", (64 << 10) + 1).await, "wasi:http");
    assert_eq!(way(&whole, "/refused", 0).await, "wasi:http");
    assert_eq!(way(&streamed, "/way", 0).await, "wasi:http");
    whole.stop().await;
    streamed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_would_break_its_connection_is_a_problem() {
    let fixture = Fixture::new().await;
    let (status, body) = fixture.get("/answer?length=5").await;
    assert!(status == 500 && body.contains("component_failed"), "{status} {body}");
    assert_eq!(fixture.get("/answer?length=3").await, (200, "GET".into()));
    fixture.stop().await;
}

/// How many requests the guest has counted; another component answers.
async fn met(fixture: &Fixture) -> u64 {
    fixture.get("/neighbour/met").await.1.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_requests_share_an_instance_by_both_ways() {
    for fixture in both("").await {
        fixture.get("/neighbour/meet-again").await;
        let url = format!("{}/meet?of=16", fixture.url);
        let mut asked = Vec::new();
        for present in 1..=16 {
            asked.push(tokio::spawn(fixture.client.get(&url).send()));
            while present < 16 && met(&fixture).await < present {
                tokio::task::yield_now().await;
            }
        }
        let answers = tokio::time::timeout(Duration::from_secs(10), join_all(asked)).await;
        for answer in answers.expect("they are not in one instance") {
            assert_eq!(answer.unwrap().unwrap().text().await.unwrap(), "16");
        }
        fixture.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_its_permit_and_disturbs_no_one_by_both_ways() {
    for fixture in both("").await {
        let begun = Instant::now();
        let stays = tokio::spawn(fixture.client.get(format!("{}/slow?ms=700", fixture.url)).send());
        let leaves =
            tokio::spawn(fixture.client.get(format!("{}/slow?ms=60000", fixture.url)).send());
        while fixture.host.requests_in_flight() < 2 {
            tokio::task::yield_now().await;
        }
        leaves.abort();
        while fixture.host.requests_in_flight() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stays.await.unwrap().unwrap().text().await.unwrap(), "slept");
        assert_eq!(fixture.get("/hello").await, (200, "hello".into()));
        assert!(begun.elapsed() < Duration::from_secs(30), "took {:?}", begun.elapsed());
        fixture.stop().await;
    }
}

/// Expects these problems by both ways, and that the component serves others after each.
async fn both_end(runtime: &str, cases: &[(&str, u16, &str)]) {
    for fixture in both(runtime).await {
        for (path, status, code) in cases {
            let (got, body) = fixture.get(path).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((got, body["error"].as_str()), (*status, Some(*code)), "{path}");
            assert_eq!(fixture.get("/hello").await, (200, "hello".into()), "after {path}");
        }
        fixture.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_cpu_time_and_memory_end_a_request_by_both_ways() {
    let cases = [("/spin-cpu", 504, "component_cpu_time"), ("/grow", 500, "component_failed")];
    both_end("[limits]\ncpu_seconds = 1\nmemory_mib = 32", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_ends_a_request_by_both_ways() {
    let cases = [("/slow?ms=10000", 504, "component_timed_out")];
    both_end("[limits]\nrequest_seconds = 1", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_after_the_response_goes_on_by_both_ways() {
    for fixture in both("").await {
        assert_eq!(fixture.get("/background").await, (202, "begun".into()));
        let deadline = Instant::now() + Duration::from_secs(10);
        while fixture.get("/background-result").await.1 != "done" {
            assert!(Instant::now() < deadline, "the work was cut");
        }
        fixture.stop().await;
    }
}
