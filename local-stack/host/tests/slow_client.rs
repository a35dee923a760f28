//! Write timeout: unread responses are aborted; quiet streams and slow readers are not.

use std::time::{Duration, Instant};

use futures::StreamExt;

use crate::fixture::{Fixture, client};

/// A client of each protocol; all requests of the second share one connection.
fn of_both_protocols() -> [(&'static str, reqwest::Client); 2] {
    let narrow = client().http2_prior_knowledge().http2_initial_stream_window_size(65_535);
    [("HTTP/1", client().build().unwrap()), ("HTTP/2", narrow.build().unwrap())]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_response_is_aborted_and_its_neighbours_continue() {
    let fixture = Fixture::with("", "[limits]\nunread_seconds = 1").await;
    for (protocol, client) in of_both_protocols() {
        // More than all the buffers on the way hold.
        let slow = client.get(format!("{}/download?mib=64", fixture.url)).send().await.unwrap();
        let neighbour =
            client.get(format!("{}/sse?events=40&ms=100", fixture.url)).send().await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while fixture.host.requests_in_flight() > 1 {
            assert!(
                Instant::now() < deadline,
                "{protocol}: the permit was not released within 30 s"
            );
            ticks.tick().await;
        }
        assert_eq!(
            neighbour.text().await.unwrap().matches("event: tick").count(),
            40,
            "{protocol}"
        );
        let came = slow.bytes().await.map_or(0, |bytes| bytes.len());
        assert!(came < 64 << 20, "{protocol}: it arrived completely");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_without_events_stays_open() {
    let fixture = Fixture::with("", "[limits]\nunread_seconds = 1").await;
    let quiet = of_both_protocols().map(|(protocol, client)| {
        let url = format!("{}/sse?events=2&ms=2500", fixture.url);
        async move {
            let body = client.get(url).send().await.unwrap().text().await;
            assert_eq!(body.unwrap().matches("event: tick").count(), 2, "{protocol}");
        }
    });
    futures::future::join_all(quiet).await;
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_read_slowly_but_steadily_completes() {
    const LENGTH: usize = 24 << 20;
    let fixture = Fixture::with("", "[limits]\nunread_seconds = 2").await;
    let slow = of_both_protocols().map(|(protocol, client)| {
        let url = format!("{}/download?mib=24", fixture.url);
        async move {
            let began = Instant::now();
            let mut chunks = client.get(url).send().await.unwrap().bytes_stream();
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            let (mut got, mut may) = (0, 0);
            while got < LENGTH {
                ticks.tick().await;
                may += 96 << 10;
                while got < may.min(LENGTH) {
                    let chunk = chunks
                        .next()
                        .await
                        .unwrap_or_else(|| panic!("{protocol}: ended after {got} bytes"));
                    got += chunk
                        .unwrap_or_else(|e| panic!("{protocol}: broken off after {got} bytes: {e}"))
                        .len();
                }
            }
            assert!(
                began.elapsed() > Duration::from_secs(4),
                "{protocol}: no slower than {:?}",
                began.elapsed()
            );
        }
    });
    futures::future::join_all(slow).await;
    fixture.stop().await;
}
