//! The effects of a document on its parser end with the sandbox.

use crate::harness::{Harness, demo, prose};

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_parser_fails_the_document_and_not_the_worker() {
    let harness = Harness::new().await;
    for (setting, value, code) in [
        ("TESSERA_EXTRACTOR_SECONDS", "0", "extractor_timeout"),
        ("TESSERA_EXTRACTOR_MEMORY_MIB", "3", "extractor_memory"),
    ] {
        let worker = harness.worker_with(&[(setting, value)]);
        let (document, job) = harness.upload("report.md", &prose(20_000)).await;
        let stored = harness.until_status(document, "failed").await;
        assert_eq!(
            (stored.failure_code.as_deref(), stored.chunks, stored.pages),
            (Some(code), 0, 0)
        );
        assert_eq!(
            (harness.job(job).await.status.as_str(), harness.job(job).await.attempts),
            ("failed", 1)
        );
        worker.signal("TERM");
        assert!(worker.wait().success());
    }
    let _worker = harness.worker();
    let (document, _) = harness.upload("common-rooms.md", &demo("common-rooms.md")).await;
    harness.until_status(document, "ready").await;
}
