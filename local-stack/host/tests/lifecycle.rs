//! Start, schedules, drain.

use std::time::{Duration, Instant};

use futures::StreamExt;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_cannot_work_says_what_is_wrong() {
    let wrong = |what: &'static str, with: &'static str| {
        Stage::try_with("", "", move |config| {
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
        let error = wrong(what, with).await.err().unwrap_or_else(|| panic!("started with {with:?}"));
        assert!(format!("{error:#}").contains(message), "{with}: {error:#}");
    }
    let missing = Stage::try_with("", "", |config| {
        config.variables.remove("pg_url");
    });
    let error = missing.await.err().expect("started without a required variable");
    assert!(format!("{error:#}").contains("SPIN_VARIABLE_PG_URL"), "{error:#}");
}

/// Waits until the host has this many requests in flight.
async fn requests_in_flight(stage: &Stage, count: usize) {
    while stage.host.requests_in_flight() != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_lets_running_requests_finish_and_takes_no_new_ones() {
    let stage = Stage::new().await;
    let kept_open = stage.client.get(format!("{}/hello", stage.url)).send().await.unwrap();
    assert_eq!(kept_open.text().await.unwrap(), "hello");
    // The host counts a request until its answer is written: what is counted from here on is the slow one, and no other.
    requests_in_flight(&stage, 0).await;
    let slow = tokio::spawn(stage.client.get(format!("{}/slow?ms=3000", stage.url)).send());
    requests_in_flight(&stage, 1).await;
    let ((), answer, refused) = futures::join!(stage.host.drain(), slow, async {
        loop {
            match stage.client.get(format!("{}/hello", stage.url)).send().await {
                Ok(response) if response.status() == 200 => {}
                other => break other.map(|it| (it.status().as_u16(), it.headers().get("connection").cloned())),
            }
        }
    });
    let answer = answer.expect("nothing panics in the client");
    assert_eq!(answer.unwrap().text().await.unwrap(), "slept");
    // on a connection that was open: 503; a new connection finds nobody listening (or is reset while it waits to be accepted)
    if let Ok((status, connection)) = refused {
        assert_eq!((status, connection.unwrap().to_str().unwrap()), (503, "close"));
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_event_streams_with_an_event() {
    let stage = Stage::new().await;
    let response = stage.client.get(format!("{}/sse?events=100000&ms=100", stage.url)).send().await.unwrap();
    let mut chunks = response.bytes_stream();
    assert!(chunks.next().await.unwrap().is_ok());
    let began = Instant::now();
    let (body, ()) = futures::join!(
        async {
            let mut body = Vec::new();
            while let Some(chunk) = chunks.next().await {
                body.extend_from_slice(&chunk.expect("the stream ends in order"));
            }
            String::from_utf8(body).unwrap()
        },
        stage.host.drain(),
    );
    assert!(body.trim_end().ends_with("event: shutdown\ndata: {\"reason\":\"the server is shutting down\"}"), "{body}");
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_calls_its_component() {
    let extra = r#"[component.contract.tool.local-stack]
schedule = [{ every_seconds = 1, path = "/tick", headers = { x-internal-key = "{{ tick_key }}" } }]
[variables.tick_key]
default = "s3cret"
"#;
    let stage = Stage::with(extra, "").await;
    let ticks = async || stage.get("/ticks").await.1.parse::<u64>().unwrap_or(0);
    let begin = ticks().await;
    let deadline = Instant::now() + Duration::from_secs(15);
    while ticks().await < begin + 2 {
        assert!(Instant::now() < deadline, "two ticks did not come in 15 s");
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_start_is_quick() {
    Stage::new().await.stop().await;
    let began = Instant::now();
    let stage = Stage::new().await;
    let took = began.elapsed();
    assert_eq!(stage.get("/hello").await.0, 200);
    assert!(took < Duration::from_secs(2), "a start with compiled components took {took:?}");
    stage.stop().await;
}
