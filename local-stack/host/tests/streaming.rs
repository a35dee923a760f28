//! Bodies are streamed in both directions, without buffering.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;

use crate::fixture::Fixture;

const PIECE: usize = 1 << 20;

fn pieces(count: usize) -> reqwest::Body {
    let piece = Bytes::from(vec![7; PIECE]);
    reqwest::Body::wrap_stream(futures::stream::iter(
        (0..count).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
    ))
}

/// Resident memory of this process, MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_and_a_large_download_take_no_memory() {
    let fixture = Fixture::new().await;
    fixture.get("/hello").await;
    let before = resident();
    let sent = fixture
        .client
        .post(format!("{}/upload", fixture.url))
        .body(pieces(256))
        .send()
        .await
        .unwrap();
    let answer = sent.text().await.unwrap();
    assert!(answer.starts_with(&format!("{} ", 256 * PIECE)), "{answer}");
    let response =
        fixture.client.get(format!("{}/download?mib=256", fixture.url)).send().await.unwrap();
    let mut received = 0;
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        received += chunk.unwrap().len();
    }
    assert_eq!(received, 256 * PIECE);
    let grown = resident().saturating_sub(before);
    assert!(grown < 100, "512 MiB went through and {grown} MiB stayed");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_echoed_while_it_is_still_being_sent() {
    // A component that responds while it reads gets its bodies as they arrive.
    let fixture = Fixture::with("", "[small_bodies]\nbytes = 0").await;
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Bytes, std::io::Error>>();
    let body = reqwest::Body::wrap_stream(receiver);
    sender.unbounded_send(Ok(Bytes::from_static(b"one"))).unwrap();
    let response =
        fixture.client.post(format!("{}/echo", fixture.url)).body(body).send().await.unwrap();
    let mut chunks = response.bytes_stream();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "one");
    sender.unbounded_send(Ok(Bytes::from_static(b"two"))).unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "two");
    drop(sender);
    assert!(chunks.next().await.is_none());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_as_they_are_sent() {
    let fixture = Fixture::new().await;
    // A stream that runs for hours: a host that waits for its end, or for a full buffer, delivers
    // nothing.
    let response = fixture
        .client
        .get(format!("{}/sse?events=100000&ms=200", fixture.url))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut chunks = response.bytes_stream();
    let first = chunks.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"id: 0"), "{first:?}");
    let mut seen = 1;
    while seen < 4 {
        let chunk = chunks.next().await.unwrap().unwrap();
        seen += std::str::from_utf8(&chunk).unwrap().matches("event: tick").count();
    }
    drop(chunks);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_continues_after_the_response() {
    let fixture = Fixture::with("", "[instances]\nidle_seconds = 1").await;
    assert_eq!(fixture.get("/background").await.0, 202);
    let deadline = Instant::now() + Duration::from_secs(10);
    while fixture.get("/background-result").await.1 != "done" {
        assert!(Instant::now() < deadline, "the work after the response was never done");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_body_can_be_forwarded() {
    let fixture = Fixture::new().await;
    let url = format!("{}/forward?url=http://neighbour.spin.internal/upload", fixture.url);
    let response = fixture.client.post(url).body(pieces(8)).send().await.unwrap();
    let answer = response.text().await.unwrap();
    assert!(answer.starts_with(&format!("{} ", 8 * PIECE)), "{answer}");
    fixture.stop().await;
}
