//! Components that fail: the response for the client, and the isolation of other requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::fixture::Fixture;

async fn problem(fixture: &Fixture, path: &str) -> (u16, Value) {
    let response = fixture.client.get(format!("{}{path}", fixture.url)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["request_id"], id.as_str());
    assert_eq!(body["status"], status);
    for field in ["type", "title", "detail", "error"] {
        assert!(body[field].is_string(), "{field} is missing: {body}");
    }
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_a_problem_and_the_next_request_is_served() {
    let fixture = Fixture::new().await;
    let (status, body) = problem(&fixture, "/trap").await;
    assert_eq!((status, body["error"].as_str()), (500, Some("component_failed")));
    assert_eq!(fixture.get("/hello").await, (200, "hello".into()));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_error_is_a_problem() {
    let fixture = Fixture::new().await;
    assert_eq!(problem(&fixture, "/error").await.0, 500);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_neighbours_of_a_trap_keep_streaming() {
    let fixture = Fixture::new().await;
    // One request per instance, so that a stream and a trap never share one.
    let response = fixture.client.get(format!("{}/neighbour/../sse", fixture.url)).send().await;
    drop(response);
    let events = fixture.client.get(format!("{}/neighbour/x", fixture.url)).send().await.unwrap();
    drop(events);
    let stream =
        fixture.client.get(format!("{}/sse?events=20&ms=50", fixture.url)).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    // Meanwhile the other component fails repeatedly.
    for _ in 0..5 {
        let chained = fixture.get("/fetch?url=http://neighbour.spin.internal/trap").await;
        assert!(chained.1.starts_with("500"), "{chained:?}");
    }
    let body = stream.text().await.unwrap();
    assert_eq!(body.matches("event: tick").count(), 20, "{body}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_is_ended_and_others_are_served_meanwhile() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1").await;
    let has_ended = AtomicBool::new(false);
    let (looping, served) = futures::join!(
        async {
            let looping = problem(&fixture, "/spin-cpu").await;
            has_ended.store(true, Ordering::Relaxed);
            looping
        },
        async {
            let mut served = 0;
            while !has_ended.load(Ordering::Relaxed) {
                assert_eq!(fixture.get("/hello").await.0, 200);
                served += 1;
            }
            served
        }
    );
    assert_eq!((looping.0, looping.1["error"].as_str()), (504, Some("component_cpu_time")));
    // The last one may have been answered after the end of the loop.
    assert!(served > 1, "{served} other requests were answered");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_do_not_reset_cpu_time() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1").await;
    // Longer pauses than the epoch, and many times the limit in total.
    let (status, body) = problem(&fixture, "/bursts?bursts=400&ms=100&pause=60").await;
    assert_eq!((status, body["error"].as_str()), (504, Some("component_cpu_time")));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_is_ended_on_a_machine_whose_processors_are_busy() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1\nrequest_seconds = 300").await;
    let stop = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        for _ in 0..8 * std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let answer = tokio::task::block_in_place(|| {
            Handle::current().block_on(problem(&fixture, "/spin-cpu"))
        });
        stop.store(true, Ordering::Relaxed);
        answer
    });
    assert_eq!((answer.0, answer.1["error"].as_str()), (504, Some("component_cpu_time")));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_many_small_events_does_not_count_as_a_loop() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1").await;
    // Every event is in an epoch of its own: 300 of them would be three seconds if each counted as
    // one.
    let response =
        fixture.client.get(format!("{}/sse?events=300&ms=15", fixture.url)).send().await.unwrap();
    assert_eq!(response.text().await.unwrap().matches("event: tick").count(), 300);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_short_requests_of_one_instance_do_not_add_up_to_a_limit() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1").await;
    for _ in 0..30 {
        assert_eq!(fixture.get("/bursts?bursts=1&ms=100&pause=0").await.0, 200);
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_after_the_response_head_is_ended_too() {
    let fixture = Fixture::with("", "[limits]\ncpu_seconds = 1").await;
    let response = fixture.client.get(format!("{}/cpu-after", fixture.url)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut chunks = response.bytes_stream();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "head");
    let end = tokio::time::timeout(Duration::from_secs(120), chunks.next())
        .await
        .expect("the stream was never ended");
    assert!(end.is_none_or(|chunk| chunk.is_err()), "more came after the head");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_response_in_time_is_a_timeout() {
    let fixture = Fixture::with(
        "[component.contract.tool.note]\nx = 1",
        "[component.contract.limits]\nrequest_seconds = 1",
    )
    .await;
    let (status, body) = problem(&fixture, "/slow?ms=10000").await;
    assert_eq!((status, body["error"].as_str()), (504, Some("component_timed_out")));
    assert_eq!(fixture.get("/hello").await.0, 200);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trickling_body_fails_at_its_deadline_and_a_prompt_one_does_not() {
    let runtime = "[component.contract.limits]\nbody_seconds = 1\n[small_bodies]\nbytes = 0";
    let fixture = Fixture::with("", runtime).await;
    let url = format!("{}/upload", fixture.url);
    // A byte ten times a second, for ten seconds: each restarts the clock of the request.
    let ticks = tokio::time::interval(Duration::from_millis(100));
    let sent = Arc::new(AtomicUsize::new(0));
    let bytes = futures::stream::unfold((ticks, sent.clone()), |(mut ticks, sent)| async move {
        ticks.tick().await;
        sent.fetch_add(1, Ordering::Relaxed);
        Some((Ok::<_, std::io::Error>("x"), (ticks, sent)))
    });
    let trickling = fixture.client.post(&url).body(reqwest::Body::wrap_stream(bytes.take(100)));
    assert_eq!(
        trickling.send().await.unwrap().status(),
        500,
        "the guest sees that its body broke off"
    );
    assert!(sent.load(Ordering::Relaxed) < 100, "it took all of the body");
    let prompt = fixture.client.post(&url).body("all at once").send().await.unwrap();
    assert_eq!(prompt.text().await.unwrap().split(' ').next(), Some("11"));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_ends_at_the_limit() {
    let fixture = Fixture::with("", "[limits]\nmemory_mib = 32").await;
    assert_eq!(problem(&fixture, "/grow").await.0, 500);
    assert_eq!(fixture.get("/hello").await.0, 200);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_used_half_of_its_memory_takes_no_more_requests() {
    const EXPECTED: [&str; 6] = ["1", "2", "3", "1", "2", "1"];
    let mut seen = Vec::new();
    // A request that comes before the instance is ready again gets a new one: then once more.
    for _ in 0..5 {
        let fixture = Fixture::with("", "[limits]\nmemory_mib = 32").await;
        seen.clear();
        for mib in [1, 1, 20, 1, 20, 20] {
            seen.push(fixture.get(&format!("/large?mib={mib}")).await.1);
        }
        fixture.stop().await;
        if seen == EXPECTED {
            return;
        }
    }
    assert_eq!(seen, EXPECTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_refused() {
    let fixture = Fixture::with("", "[limits]\nrequests_in_flight = 2\nqueue_wait_ms = 100").await;
    let slow = || fixture.get("/slow?ms=1500");
    let (first, second, third) = futures::join!(slow(), slow(), async {
        while fixture.host.requests_in_flight() < 2 {
            tokio::task::yield_now().await;
        }
        problem(&fixture, "/hello").await
    });
    assert_eq!((first.0, second.0), (200, 200));
    assert_eq!((third.0, third.1["error"].as_str()), (503, Some("overloaded")));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_a_problem() {
    let fixture = Fixture::try_with("", "", |config| {
        let text = std::fs::read_to_string(&config.manifest).unwrap();
        std::fs::write(&config.manifest, text.replacen("route = \"/...\"", "route = \"/only\"", 1))
            .unwrap();
    })
    .await
    .unwrap();
    let (status, body) = problem(&fixture, "/elsewhere").await;
    assert_eq!((status, body["error"].as_str()), (404, Some("route_not_found")));
    fixture.stop().await;
}
