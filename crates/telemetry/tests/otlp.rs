//! Export of spans: what a collector gets, and what happens when it is slow, busy or away.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use collector::Collector;
use telemetry::{FinishedSpan, Span, SpanKind, TraceContext, Traces, TracesConfig};

fn config(endpoint: &str) -> TracesConfig {
    let read = TracesConfig::read("a-service", |name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.to_owned()),
        "OTEL_EXPORTER_OTLP_HEADERS" => Some("authorization=Basic%20s3cret".to_owned()),
        _ => None,
    });
    let mut config = read.unwrap().unwrap();
    config.pauses = vec![Duration::from_millis(1); 2];
    config
}

fn span() -> FinishedSpan {
    Span::child_of(TraceContext::root(), SpanKind::Client, "a span").end()
}

/// Exports until nothing is queued; the counts are `exported`, `dropped` and `failed`.
async fn counts(traces: &Traces) -> [u64; 3] {
    traces.flush().await;
    traces.take_counts().map(|(_, count)| count)
}

#[tokio::test]
async fn a_collector_gets_each_part_of_a_span() {
    let collector = Collector::start().await;
    let traces = Traces::start(config(&collector.endpoint()), |_| {}).unwrap();
    let parent = TraceContext::root();
    let mut client = Span::child_of(parent, SpanKind::Client, "select documents")
        .with("db.system.name", "postgresql")
        .with("http.response.status_code", 503);
    client.fail();
    let context = client.context();
    traces.record(client.end());
    let name = "GET /a/{id}".into();
    traces.record(Span::begin(parent, None, SpanKind::Server, name).end());
    assert_eq!(counts(&traces).await, [2, 0, 0]);

    let spans = collector.spans();
    let ours = &spans[0];
    assert_eq!((ours.service.as_str(), ours.name.as_str()), ("a-service", "select documents"));
    assert_eq!((ours.kind.as_str(), ours.failed), ("Client", true));
    assert_eq!((&ours.trace_id, &ours.span_id), (&context.trace_id(), &context.span_id()));
    assert_eq!(ours.parent_id, parent.span_id());
    assert_eq!(ours.attribute("db.system.name"), "postgresql");
    assert_eq!(ours.attribute("http.response.status_code"), "503");
    assert!(ours.began > 0 && ours.ended >= ours.began);
    let root = &spans[1];
    assert_eq!((root.parent_id.as_str(), root.kind.as_str(), root.failed), ("", "Server", false));
    assert_eq!(collector.headers()[0]["authorization"], "Basic s3cret");
}

#[tokio::test]
async fn a_full_batch_is_sent_at_once() {
    let collector = Collector::start().await;
    let mut config = config(&collector.endpoint());
    (config.batch, config.every) = (3, Duration::from_secs(3600));
    let traces = Traces::start(config, |_| {}).unwrap();
    for _ in 0..3 {
        traces.record(span());
    }
    collector.until(|spans| (spans.len() == 3).then_some(())).await;
}

#[tokio::test]
async fn spans_of_a_busy_collector_are_sent_again() {
    let collector = Collector::answering(&[503, 429]).await;
    let mut config = config(&collector.endpoint());
    config.batch = 1;
    let traces = Traces::start(config, |_| {}).unwrap();
    traces.record(span());
    collector.until(|spans| (spans.len() == 1).then_some(())).await;
    assert_eq!(counts(&traces).await, [1, 0, 0]);
}

#[tokio::test]
async fn refused_and_rejected_spans_are_counted_and_not_sent_again() {
    let refusing = Collector::answering(&[400]).await;
    let traces = Traces::start(config(&refusing.endpoint()), |_| {}).unwrap();
    traces.record(span());
    assert_eq!(counts(&traces).await, [0, 0, 1]);
    assert_eq!((refusing.headers().len(), refusing.spans().len()), (1, 0));

    let rejecting = Collector::rejecting(1).await;
    let traces = Traces::start(config(&rejecting.endpoint()), |_| {}).unwrap();
    traces.record(span());
    traces.record(span());
    assert_eq!(counts(&traces).await, [1, 0, 1]);
}

#[tokio::test]
async fn a_collector_that_never_answers_delays_no_one_and_drops_are_counted() {
    let collector = Collector::silent().await;
    let mut config = config(&collector.endpoint());
    (config.batch, config.queue, config.pauses) = (1, 4, vec![]);
    config.timeout = Duration::from_millis(50);
    let traces = Traces::start(config, |_| {}).unwrap();
    traces.record(span());
    collector.until_requests(1).await;
    // Nothing is awaited here, so nothing leaves the queue of four.
    for _ in 0..10 {
        traces.record(span());
    }
    assert_eq!(traces.take_counts()[1], ("dropped", 6));
    assert_eq!(counts(&traces).await, [0, 0, 5]);
}

#[tokio::test]
async fn a_collector_that_is_away_is_reported_once() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (noted, no_one) = (lines.clone(), format!("http://{address}"));
    let report = move |line: &str| noted.lock().unwrap().push(line.to_owned());
    let traces = Traces::start(config(&no_one), report).unwrap();
    for _ in 0..2 {
        traces.record(span());
        assert_eq!(counts(&traces).await, [0, 0, 1]);
    }
    let lines = lines.lock().unwrap();
    assert!(lines.len() == 1 && lines[0].contains("took no spans"), "{lines:?}");
    assert!(!lines[0].contains("s3cret"));
}

#[tokio::test]
async fn a_share_of_the_traces_is_recorded() {
    let share = |share: f64| {
        let read = TracesConfig::read("a-service", |name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
            "OTEL_TRACES_SAMPLER_ARG" => Some(share.to_string()),
            _ => None,
        });
        let traces = Traces::start(read.unwrap().unwrap(), |_| {}).unwrap();
        (0..1000).filter(|_| traces.root().is_sampled()).count()
    };
    assert_eq!((share(0.0), share(1.0)), (0, 1000));
    assert!((150..350).contains(&share(0.25)));
}
