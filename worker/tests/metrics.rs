//! What a scrape of the worker shows, and the traces of jobs.

use std::net::{SocketAddr, TcpListener};

use collector::Collector;
use platform::telemetry::TraceContext;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{Harness, demo};

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn scrape(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: worker\r\n\r\n").await.ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.ok()?;
    text.starts_with("HTTP/1.1 200").then_some(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_counts_jobs_stages_and_embedded_chunks() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("energy.html", &demo("energy.html")).await;
    let address = free_address();
    let worker = harness.worker_with(&[("TESSERA_WORKER_METRICS_LISTEN", &address.to_string())]);
    harness.until_status(document, "ready").await;
    let dead = "update jobs set status = 'dead', finished_at = now() - interval '90 seconds' where id = $1";
    harness.tamper(dead, job).await;
    let text = harness
        .until("a scrape counts the attempt", async || {
            scrape(address).await.filter(|text| {
                text.contains("tessera_job_attempts_total") && text.contains("\"dead\"")
            })
        })
        .await;
    for start in [
        "tessera_job_attempts_total{kind=\"ingest_document\",lane=\"short\",outcome=\"succeeded\"} 1",
        "tessera_job_attempt_seconds_count{kind=\"ingest_document\",lane=\"short\"} 1",
        "tessera_jobs{kind=\"ingest_document\",lane=\"short\",status=\"dead\"} 1",
        "tessera_job_oldest_seconds{kind=\"ingest_document\",lane=\"short\",status=\"dead\"} 9",
        "tessera_job_slots{lane=\"mail\"} ",
        "tessera_queue_known{} 1",
        "tessera_usage_known{} 1",
        "tessera_quota_reservations{state=\"open\"} 0",
        "tessera_ingestion_stage_seconds_count{stage=\"read\"} 1",
        "tessera_ingestion_stage_seconds_count{stage=\"embed\"} ",
        "tessera_ingestion_stage_seconds_count{stage=\"store\"} ",
        "tessera_embedding_seconds_count{model=\"",
        "tessera_embedded_texts_total{model=\"",
    ] {
        assert!(text.lines().any(|line| line.starts_with(start)), "{start} is missing in\n{text}");
    }
    assert!(!text.contains(&harness.person.tenant.to_string()), "no label names a tenant");
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_shows_the_newest_backup() {
    let harness = Harness::new().await;
    let sql = "insert into backups (taken_at, size_bytes)
        select to_timestamp(1700000000 - days * 86400), days * 100 from generate_series(1, 3) days";
    harness.change_all(sql).await;
    let address = free_address();
    let worker = harness.worker_with(&[("TESSERA_WORKER_METRICS_LISTEN", &address.to_string())]);
    let text = harness.until("a scrape", async || scrape(address).await).await;
    for line in
        ["tessera_backup_taken_timestamp_seconds{} 1699913600", "tessera_backup_size_bytes{} 100"]
    {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_logged_in_the_trace_that_queued_it() {
    let harness = Harness::new().await;
    let trace = TraceContext::root();
    let text = demo("energy.html");
    let upload = harness.upload("energy.html", &text);
    let (document, _) = platform::telemetry::scope(Some(trace), upload).await;
    let worker = harness.worker();
    harness.until_status(document, "ready").await;
    let logged = harness
        .until("the end of the job is logged", async || {
            let log = std::fs::read_to_string(&worker.log).unwrap();
            log.lines().find(|line| line.contains("job succeeded")).map(str::to_owned)
        })
        .await;
    assert!(logged.contains(&format!("\"trace_id\":\"{}\"", trace.trace_id())), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_a_recorded_job_are_exported_and_no_others() {
    let (harness, collector) = (Harness::new().await, Collector::start().await);
    let text = "# A heading\n\nThe canary of this document is called Pip.\n";
    let (recorded, unrecorded) = (TraceContext::root().with_sampled(true), TraceContext::root());
    let upload = harness.upload("recorded.md", text.as_bytes());
    let (document, job) = platform::telemetry::scope(Some(recorded), upload).await;
    let upload = harness.upload("unrecorded.md", text.as_bytes());
    let (other, _) = platform::telemetry::scope(Some(unrecorded), upload).await;
    let worker = harness.worker_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ]);
    harness.until_status(document, "ready").await;
    harness.until_status(other, "ready").await;
    let name = "job ingest_document";
    let spans = collector
        .until(|spans| spans.iter().any(|span| span.name == name).then(|| spans.to_vec()))
        .await;

    let of_job = spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!((of_job.kind.as_str(), of_job.service.as_str()), ("Consumer", "tessera-worker"));
    assert_eq!(of_job.parent_id, recorded.span_id(), "the upload has caused it");
    assert_eq!(of_job.attribute("tessera.job.outcome"), "succeeded");
    assert_eq!(of_job.attribute("tessera.job.id"), job.to_string());
    for stage in ["read", "embed", "store"] {
        let of_stage = spans.iter().find(|span| span.name == stage);
        let of_stage = of_stage.unwrap_or_else(|| panic!("no span {stage}: {spans:#?}"));
        assert_eq!(of_stage.parent_id, of_job.span_id, "{stage}");
        let has_statement = |span: &collector::ReceivedSpan| {
            span.parent_id == of_stage.span_id && span.attribute("db.system.name") == "postgresql"
        };
        assert!(stage == "embed" || spans.iter().any(has_statement), "{stage}: {spans:#?}");
    }
    assert!(spans.iter().all(|span| span.trace_id == recorded.trace_id()), "{spans:#?}");
    let all = format!("{spans:?}");
    let email = &harness.person.email;
    assert!(!all.contains("canary") && !all.contains("recorded.md") && !all.contains(email));
    drop(worker);
}
