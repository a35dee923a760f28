//! Start, schedules, drain.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt;

use crate::fixture::{Fixture, cache};

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_names_the_reason() {
    let wrong = |what: &'static str, with: &'static str| {
        Fixture::try_with("", "", move |config| {
            let text = std::fs::read_to_string(&config.manifest).unwrap();
            assert!(text.contains(what));
            std::fs::write(&config.manifest, text.replacen(what, with, 1)).unwrap();
        })
    };
    for (what, with, message) in [
        ("spin_manifest_version = 2", "spin_manifest_version = 1", "spin_manifest_version"),
        ("[application]", "unknown_key = 1\n[application]", "unknown_key"),
        ("component = \"contract\"", "component = \"nobody\"", "nobody"),
        ("hello, {{ who }}", "hello, {{ whom }}", "whom"),
        ("http://*.spin.internal", "no-scheme", "no-scheme"),
        (".wasm\"", ".gone\"", ".gone"),
        ("key_value_stores", "key_value_storez", "key_value_storez"),
    ] {
        let error =
            wrong(what, with).await.err().unwrap_or_else(|| panic!("started with {with:?}"));
        assert!(format!("{error:#}").contains(message), "{with}: {error:#}");
    }
    let missing = Fixture::try_with("", "", |config| {
        config.variables.remove("pg_url");
    });
    let error = missing.await.err().expect("started without a required variable");
    assert!(format!("{error:#}").contains("SPIN_VARIABLE_PG_URL"), "{error:#}");
}

/// Waits until the host has this many requests in flight.
async fn requests_in_flight(fixture: &Fixture, count: usize) {
    while fixture.host.requests_in_flight() != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_lets_running_requests_finish_and_takes_no_new_ones() {
    let fixture = Fixture::new().await;
    let kept_open = fixture.client.get(format!("{}/hello", fixture.url)).send().await.unwrap();
    assert_eq!(kept_open.text().await.unwrap(), "hello");
    // The host counts a request until its response is written: from here on only the slow one
    // counts.
    requests_in_flight(&fixture, 0).await;
    let slow = tokio::spawn(fixture.client.get(format!("{}/slow?ms=3000", fixture.url)).send());
    requests_in_flight(&fixture, 1).await;
    let ((), answer, refused) = futures::join!(fixture.host.drain(), slow, async {
        loop {
            match fixture.client.get(format!("{}/hello", fixture.url)).send().await {
                Ok(response) if response.status() == 200 => {}
                other => {
                    break other
                        .map(|it| (it.status().as_u16(), it.headers().get("connection").cloned()));
                }
            }
        }
    });
    let answer = answer.expect("nothing panics in the client");
    assert_eq!(answer.unwrap().text().await.unwrap(), "slept");
    // On an open connection: 503; a new connection is refused (or reset while it waits to be
    // accepted).
    if let Ok((status, connection)) = refused {
        assert_eq!((status, connection.unwrap().to_str().unwrap()), (503, "close"));
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_event_streams_with_an_event() {
    let fixture = Fixture::with("", "[component.contract.limits]\ndrain_seconds = 0").await;
    let response = fixture
        .client
        .get(format!("{}/sse?events=100000&ms=100", fixture.url))
        .send()
        .await
        .unwrap();
    let mut chunks = response.bytes_stream();
    assert!(chunks.next().await.unwrap().is_ok());
    let (body, ()) = futures::join!(
        async {
            let mut body = Vec::new();
            while let Some(chunk) = chunks.next().await {
                body.extend_from_slice(&chunk.expect("the stream ends in order"));
            }
            String::from_utf8(body).unwrap()
        },
        fixture.host.drain(),
    );
    assert!(
        body.trim_end()
            .ends_with("event: shutdown\ndata: {\"reason\":\"the server is shutting down\"}"),
        "{body}"
    );
    assert!(body.matches("event: tick").count() < 100_000, "it was not ended");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_waits_for_event_streams_and_for_work_after_responses() {
    let fixture = Fixture::new().await;
    let url = &fixture.url;
    let events = fixture.client.get(format!("{url}/sse?events=8&ms=50")).send().await.unwrap();
    assert_eq!(fixture.get("/background").await.0, 202);
    let (body, ()) = futures::join!(events.text(), fixture.host.drain());
    let body = body.unwrap();
    assert_eq!(body.matches("event: tick").count(), 8, "{body}");
    assert!(!body.contains("shutdown"), "{body}");
    fixture.stop().await;
    let next = Fixture::new().await;
    assert_eq!(next.get("/background-result").await.1, "done");
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_will_drain_tells_proxies_and_still_serves() {
    let fixture = Fixture::with("", "[limits]\ndrain_notice_seconds = 2").await;
    let health = async || {
        let url = format!("{}/.well-known/spin/health", fixture.url);
        fixture.client.get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(health().await, 200);
    futures::join!(fixture.host.drain(), async {
        while health().await == 200 {}
        assert_eq!(health().await, 503);
        let url = format!("{}/hello", fixture.url);
        let served = fixture.client.get(url).send().await.unwrap();
        assert_eq!(served.headers()["connection"], "close");
        assert_eq!(served.status(), 200);
    });
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_calls_its_component() {
    let extra = r#"[component.contract.tool.local-stack]
schedule = [{ every_seconds = 1, path = "/tick", headers = { x-internal-key = "{{ tick_key }}" } }]
[variables.tick_key]
default = "s3cret"
"#;
    let fixture = Fixture::with(extra, "").await;
    let ticks = async || fixture.get("/ticks").await.1.parse::<u64>().unwrap_or(0);
    let begin = ticks().await;
    let deadline = Instant::now() + Duration::from_secs(15);
    while ticks().await < begin + 2 {
        assert!(Instant::now() < deadline, "two ticks did not come in 15 s");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_start_compiles_nothing() {
    Fixture::new().await.stop().await;
    let before = compiled();
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/hello").await.0, 200);
    let after = compiled();
    assert!(!before.is_empty());
    // Other tests may add files.
    assert!(before.iter().all(|(file, written)| after.get(file) == Some(written)));
    fixture.stop().await;
}

/// The files of native code, and when they were written.
fn compiled() -> BTreeMap<PathBuf, SystemTime> {
    let files = std::fs::read_dir(cache()).unwrap().map(Result::unwrap);
    files.map(|file| (file.path(), file.metadata().unwrap().modified().unwrap())).collect()
}
