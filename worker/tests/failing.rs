//! A permanent failure is reported plainly; a transient one is retried.

use crate::harness::{Harness, prose, root};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_read_fails_at_once_with_a_code_and_a_hint() {
    let harness = Harness::new().await;
    let _worker = harness.worker();
    let encrypted = std::fs::read(root().join("crates/extract/tests/files/encrypted.pdf")).unwrap();
    let cases: [(&str, &[u8], &str); 3] = [
        ("secret.pdf", &encrypted, "encrypted"),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "unsupported_type"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", "broken_file"),
    ];
    for (name, bytes, code) in cases {
        let (document, job) = harness.upload(name, bytes).await;
        let stored = harness.until_status(document, "failed").await;
        assert_eq!(stored.failure_code.as_deref(), Some(code), "{name}");
        assert!(stored.failure_hint.is_some_and(|hint| !hint.is_empty()), "{name}");
        let job = harness.job(job).await;
        assert_eq!(
            (job.status.as_str(), job.attempts, job.error_code.as_deref()),
            ("failed", 1, Some(code)),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_failure_is_retried_then_dead_and_a_retry_resets_the_attempts() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(5)).await;
    // No server listens there.
    let worker = harness.worker_with(&[("TESSERA_EMBEDDING_URL", "http://127.0.0.1:1/v1")]);
    for attempt in 1..=3 {
        let found = harness.until("the attempt has failed", async || {
            let found = harness.job(job).await;
            (found.status != "running" && found.attempts == attempt).then_some(found)
        });
        let found = found.await;
        assert_eq!(found.error_code.as_deref(), Some("unavailable"));
        if attempt < 3 {
            assert_eq!(found.status, "queued");
            assert!(found.due_in > 1.0, "{found:?}");
            assert_eq!(harness.document(document).await.status, "processing");
            harness.tamper("update jobs set run_at = now() where id = $1", job).await;
            harness.wake().await;
        } else {
            assert_eq!(found.status, "dead");
        }
    }
    assert_eq!(
        harness.until_status(document, "failed").await.failure_code.as_deref(),
        Some("unavailable")
    );
    worker.kill();

    let again = jobs::retry_job(&harness.cx("tessera_events").await, job).await.unwrap();
    assert_eq!((again.status, again.attempts, again.failure), (jobs::Status::Queued, 0, None));
    let _worker = harness.worker();
    let stored = harness.until_status(document, "ready").await;
    assert_eq!(stored.failure_code, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_unknown_kind_fails() {
    let harness = Harness::new().await;
    let (_, job) = harness.upload("report.md", &prose(1)).await;
    harness.tamper("update jobs set kind = 'make_coffee' where id = $1", job).await;
    let _worker = harness.worker();
    harness
        .until("the job has failed", async || {
            (harness.job(job).await.status == "failed").then_some(())
        })
        .await;
    assert_eq!(harness.job(job).await.error_code.as_deref(), Some("unknown_job"));
}
