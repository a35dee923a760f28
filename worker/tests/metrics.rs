//! What a scrape of the worker shows, and the trace of a job.

use std::net::{SocketAddr, TcpListener};

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
async fn a_job_is_logged_in_the_trace_that_queued_it() {
    let harness = Harness::new().await;
    let trace = platform::telemetry::TraceContext::root();
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
