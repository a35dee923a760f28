//! What a document does to its parser ends with the sandbox.

use crate::rig::{Rig, demo, prose};

#[tokio::test(flavor = "multi_thread")]
async fn a_parser_that_computes_or_grows_without_end_fails_the_document_and_not_the_worker() {
    let rig = Rig::new().await;
    for (setting, value, code) in [
        ("TESSERA_EXTRACTOR_SECONDS", "0", "extractor_timeout"),
        ("TESSERA_EXTRACTOR_MEMORY_MIB", "3", "extractor_memory"),
    ] {
        let worker = rig.worker_with(&[(setting, value)]);
        let (document, job) = rig.upload("report.md", &prose(20_000)).await;
        let stored = rig.until_status(document, "failed").await;
        assert_eq!((stored.failure_code.as_deref(), stored.passages, stored.pages), (Some(code), 0, 0));
        assert_eq!((rig.job(job).await.status.as_str(), rig.job(job).await.attempts), ("failed", 1));
        worker.signal("TERM");
        assert!(worker.wait().success());
    }
    let _worker = rig.worker();
    let (document, _) = rig.upload("common-rooms.md", &demo("common-rooms.md")).await;
    rig.until_status(document, "ready").await;
}
