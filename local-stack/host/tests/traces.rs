//! The spans of requests: how they are linked, what stands in them, and a collector that is away.

use std::collections::HashSet;
use std::net::SocketAddr;

use collector::{Collector, ReceivedSpan};
use host::{MetricsConfig, TracesConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{Fixture, database_url};

const PROXIES: &str = "[clients]\ntrusted_proxies = \"127.0.0.1\"\n";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A host that exports to `endpoint`; the trace of every `share`th request is recorded.
async fn traced(endpoint: &str, share: &str, runtime: &str, outside: &str) -> Fixture {
    let config = TracesConfig::read("tessera-host", |name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.to_owned()),
        "OTEL_TRACES_SAMPLER_ARG" => Some(share.to_owned()),
        _ => None,
    });
    Fixture::try_with("", runtime, |host| {
        host.variables.insert("outside".into(), outside.into());
        host.traces = config.unwrap();
        host.metrics = Some(MetricsConfig { listen: "127.0.0.1:0".parse().unwrap(), token: None });
    })
    .await
    .unwrap()
}

/// The only span of that name.
fn one<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    let mut found = spans.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        _ => panic!("expected one span {name:?}: {spans:#?}"),
    }
}

/// A server that answers with the head of the request.
async fn outside() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 8192];
            let read = stream.read(&mut head).await.unwrap();
            let start =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {read}\r\n\r\n");
            stream.write_all(start.as_bytes()).await.unwrap();
            stream.write_all(&head[..read]).await.unwrap();
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_its_component_and_its_statements_are_one_trace() {
    let collector = Collector::start().await;
    let fixture = traced(&collector.endpoint(), "1", "", "").await;
    let (status, _) = fixture.get("/me?token=a-secret-of-the-query").await;
    assert_eq!(status, 200);
    fixture.stop().await;

    let spans = collector.spans();
    let (request, component) = (one(&spans, "GET"), one(&spans, "contract"));
    assert_eq!((request.kind.as_str(), request.parent_id.as_str()), ("Server", ""));
    assert_eq!(request.attribute("http.response.status_code"), "200");
    assert_eq!(request.service, "tessera-host");
    assert_eq!((&component.trace_id, &component.parent_id), (&request.trace_id, &request.span_id));
    let statements: Vec<_> =
        spans.iter().filter(|span| span.attribute("db.system.name") == "postgresql").collect();
    assert!(statements.iter().any(|span| span.name == "postgres open"), "{spans:#?}");
    assert!(statements.iter().any(|span| span.name.starts_with("select")), "{spans:#?}");
    for span in statements {
        assert_eq!((span.kind.as_str(), span.failed), ("Client", false), "{span:#?}");
        assert_eq!((&span.trace_id, &span.parent_id), (&request.trace_id, &component.span_id));
        assert!(span.began >= request.began && span.ended <= request.ended, "{span:#?}");
    }
    let all = format!("{spans:?}");
    assert!(!all.contains("a-secret-of-the-query") && !all.contains(&database_url()), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_share_an_instance_have_their_own_spans() {
    const REQUESTS: usize = 32;
    let collector = Collector::start().await;
    let fixture = traced(&collector.endpoint(), "1", "", "").await;
    let requests = (0..REQUESTS).map(|_| fixture.get("/neighbour/met"));
    let answers = futures::future::join_all(requests).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    let text = crate::metrics::scrape(&fixture).await;
    fixture.stop().await;

    let started = "tessera_instances_started_total{component=\"neighbour\"} ";
    let started = text.lines().find_map(|line| line.strip_prefix(started)).unwrap();
    assert!(started.parse::<usize>().unwrap() < REQUESTS, "{started} instances: none is shared");
    let spans = collector.spans();
    let components: Vec<_> = spans.iter().filter(|span| span.name == "neighbour").collect();
    let traces: HashSet<_> = components.iter().map(|span| &span.trace_id).collect();
    assert_eq!((components.len(), traces.len()), (REQUESTS, REQUESTS));
    for component in components {
        let commands: Vec<_> =
            spans.iter().filter(|span| span.parent_id == component.span_id).collect();
        let names: Vec<_> = commands.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["GET"], "{spans:#?}");
        assert_eq!(commands[0].attribute("db.system.name"), "redis");
        assert_eq!(commands[0].trace_id, component.trace_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_another_server_is_linked_and_the_server_sees_what_it_may() {
    let (collector, server) = (Collector::start().await, outside().await);
    let allowed = format!("http://{server}");
    let fixture = traced(&collector.endpoint(), "1", "", &allowed).await;
    let (_, body) = fixture.get(&format!("/fetch?tell=1&url={allowed}/path-with-a-secret")).await;
    let (_, untold) = fixture.get(&format!("/fetch?url={allowed}/path-with-a-secret")).await;
    fixture.stop().await;

    let spans = collector.spans();
    let sent: Vec<_> = spans.iter().filter(|span| span.kind == "Client").collect();
    assert_eq!(sent.len(), 2, "{spans:#?}");
    for span in &sent {
        let sender = spans.iter().find(|sender| sender.span_id == span.parent_id);
        assert_eq!(sender.map(|sender| sender.name.as_str()), Some("contract"));
        assert_eq!((span.name.as_str(), span.attribute("server.address")), ("GET", "127.0.0.1"));
        assert_eq!(span.attribute("http.response.status_code"), "200");
    }
    let names_a_span = |text: &str| {
        sent.iter().any(|span| text.contains(&format!("{}-{}-01", span.trace_id, span.span_id)))
    };
    assert!(names_a_span(&body), "{body}");
    assert!(!untold.contains("trace"), "{untold}");
    assert!(!format!("{spans:?}").contains("path-with-a-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_another_one_calls_is_part_of_its_trace() {
    let collector = Collector::start().await;
    let fixture = traced(&collector.endpoint(), "1", "", "").await;
    let url = "http://neighbour.spin.internal/headers";
    assert_eq!(fixture.get(&format!("/fetch?url={url}")).await.0, 200);
    fixture.stop().await;
    let spans = collector.spans();
    let (caller, called) = (one(&spans, "contract"), one(&spans, "neighbour"));
    assert_eq!((&called.trace_id, &called.parent_id), (&caller.trace_id, &caller.span_id));
    assert_eq!(called.attribute("http.response.status_code"), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_says_what_is_recorded_and_a_stranger_does_not() {
    let collector = Collector::start().await;
    for (runtime, share) in [(PROXIES, "0"), ("", "0"), ("", "1")] {
        let fixture = traced(&collector.endpoint(), share, runtime, "").await;
        for flags in ["01", "00"] {
            let parent = format!("{}{flags}", &PARENT[..53]);
            let request = fixture.client.get(format!("{}/hello", fixture.url));
            request.header("traceparent", parent).send().await.unwrap();
        }
        fixture.stop().await;
    }
    let spans = collector.spans();
    let requests: Vec<_> = spans.iter().filter(|span| span.kind == "Server").collect();
    let parents: Vec<_> = requests.iter().map(|span| span.parent_id.as_str()).collect();
    // One of the proxy's two; none of a stranger's; both of them as our share says.
    assert_eq!(parents, [&PARENT[36..52], "", ""], "{spans:#?}");
    assert!(requests.iter().all(|span| span.trace_id == PARENT[3..35]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_a_failed_span() {
    let collector = Collector::start().await;
    let fixture = traced(&collector.endpoint(), "1", "", "").await;
    assert_eq!(fixture.get("/trap").await.0, 500);
    fixture.stop().await;
    let spans = collector.spans();
    assert!(one(&spans, "GET").failed && one(&spans, "contract").failed, "{spans:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_delays_no_request() {
    let collector = Collector::silent().await;
    let config = TracesConfig::read("tessera-host", |name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(collector.endpoint()),
        _ => None,
    });
    let mut traces = config.unwrap().unwrap();
    (traces.batch, traces.queue) = (1, 2);
    let fixture = Fixture::try_with("", "", |host| {
        host.traces = Some(traces);
        host.metrics = Some(MetricsConfig { listen: "127.0.0.1:0".parse().unwrap(), token: None });
    })
    .await
    .unwrap();
    fixture.get("/hello").await;
    collector.until_requests(1).await;
    for _ in 0..20 {
        assert_eq!(fixture.get("/hello").await.0, 200);
    }
    assert_eq!(collector.headers().len(), 1, "the exporter still waits for its first answer");
    let text = crate::metrics::scrape(&fixture).await;
    let dropped = "tessera_trace_spans_total{outcome=\"dropped\"} ";
    let dropped = text.lines().find_map(|line| line.strip_prefix(dropped)).expect("drops");
    // Two of each request, without the two that wait.
    assert!(dropped.parse::<u32>().unwrap() >= 36, "{dropped}");
    drop(fixture);
}
