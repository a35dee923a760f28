//! What cannot be done is told plainly; what may go better later is tried again.

use crate::rig::{Rig, prose, root};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_read_fails_at_once_with_a_code_and_a_hint() {
    let rig = Rig::new().await;
    let _worker = rig.worker();
    let encrypted = std::fs::read(root().join("crates/extract/tests/files/encrypted.pdf")).unwrap();
    let cases: [(&str, &[u8], &str); 3] = [
        ("secret.pdf", &encrypted, "encrypted"),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "unsupported_type"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", "broken_file"),
    ];
    for (name, bytes, code) in cases {
        let (document, job) = rig.upload(name, bytes).await;
        let stored = rig.until_status(document, "failed").await;
        assert_eq!(stored.failure_code.as_deref(), Some(code), "{name}");
        assert!(stored.failure_hint.is_some_and(|hint| !hint.is_empty()), "{name}");
        let job = rig.job(job).await;
        assert_eq!((job.status.as_str(), job.attempts, job.error_code.as_deref()), ("failed", 1, Some(code)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_tried_again_after_a_pause_then_dead_and_a_retry_begins_anew() {
    let rig = Rig::new().await;
    let (document, job) = rig.upload("report.md", &prose(5)).await;
    // Nobody listens there.
    let worker = rig.worker_with(&[("TESSERA_EMBEDDING_URL", "http://127.0.0.1:1/v1")]);
    for attempt in 1..=3 {
        let found = rig.until("the attempt has failed", async || {
            let found = rig.job(job).await;
            (found.status != "running" && found.attempts == attempt).then_some(found)
        });
        let found = found.await;
        assert_eq!(found.error_code.as_deref(), Some("unavailable"));
        if attempt < 3 {
            assert_eq!(found.status, "queued");
            assert!(found.due_in > 1.0, "{found:?}");
            assert_eq!(rig.document(document).await.status, "processing");
            rig.tamper("update jobs set run_at = now() where id = $1", job).await;
            rig.wake().await;
        } else {
            assert_eq!(found.status, "dead");
        }
    }
    assert_eq!(rig.until_status(document, "failed").await.failure_code.as_deref(), Some("unavailable"));
    worker.kill();

    let again = jobs::retry_job(&rig.cx("tessera_events").await, job).await.unwrap();
    assert_eq!((again.status, again.attempts, again.failure), (jobs::Status::Queued, 0, None));
    let _worker = rig.worker();
    let stored = rig.until_status(document, "ready").await;
    assert_eq!(stored.failure_code, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_no_worker_knows_fails() {
    let rig = Rig::new().await;
    let (_, job) = rig.upload("report.md", &prose(1)).await;
    rig.tamper("update jobs set kind = 'make_coffee' where id = $1", job).await;
    let _worker = rig.worker();
    rig.until("the job has failed", async || (rig.job(job).await.status == "failed").then_some(())).await;
    assert_eq!(rig.job(job).await.error_code.as_deref(), Some("unknown_job"));
}
