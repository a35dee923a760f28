//! Fairness of ingestion: short jobs pass long ones, no tenant takes the last slot, and one
//! document is bounded.

use kernel::id::JobId;
use knowledge::{Upload, UploadName};
use sqlx::Row as _;

use crate::harness::{Harness, prose};

/// A text that becomes some thousand chunks: minutes of embedding.
fn book() -> Vec<u8> {
    prose(6000)
}

async fn lane(harness: &Harness, job: JobId) -> Option<String> {
    let sql = "select lane from jobs where id = $1";
    sqlx::query(sql).bind(job.0).fetch_one(&mut *harness.db.lock().await).await.unwrap().get("lane")
}

/// Waits until a worker leases the job.
async fn until_running(harness: &Harness, job: JobId) {
    harness
        .until("the job runs", async || (harness.job(job).await.status == "running").then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_ready_while_two_books_are_read() {
    let harness = Harness::new().await;
    let books =
        [harness.upload("first.md", &book()).await, harness.upload("second.md", &book()).await];
    let _worker = harness.worker();
    for (_, job) in books {
        until_running(&harness, job).await;
    }
    let (note, _) = harness.upload("note.txt", b"The pool opens at six on weekdays.").await;
    harness.until_status(note, "ready").await;
    for (book, job) in books {
        assert_ne!(harness.document(book).await.status, "ready");
        assert_eq!(lane(&harness, job).await.as_deref(), Some("long"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_many_books_leaves_a_slot_to_another() {
    let harness = Harness::new().await;
    let mut jobs = Vec::new();
    for n in 0..6 {
        jobs.push(harness.upload(&format!("book-{n}.md"), &book()).await.1);
    }
    let _worker = harness.worker();
    until_running(&harness, jobs[0]).await;
    until_running(&harness, jobs[1]).await;

    let other = harness.database.person("bo").await;
    let cx = harness.database.cx(&other, "tessera_workspace").await;
    let collection = knowledge::create_collection(&cx, other.space, "Shelf", "").await.unwrap().id;
    let cx = harness.database.cx(&other, "tessera_upload").await;
    let place = knowledge::TargetCollection::find(&cx, collection).await.unwrap();
    let mut upload = Upload::begin(&cx, &place, &UploadName::parse("other.md").unwrap(), 100 << 20)
        .await
        .unwrap();
    upload.write(&book()).await.unwrap();
    let job = upload.finish(harness.database.credential(&other).await).await.unwrap().job;
    harness.wake().await;
    until_running(&harness, job).await;

    let mut running = 0;
    for job in jobs {
        running += usize::from(harness.job(job).await.status == "running");
    }
    assert_eq!(running, 2, "a tenant alone gets half of the four places");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_of_many_chunks_moves_to_the_long_lane() {
    let harness = Harness::new().await;
    let _worker = harness.worker();
    // Each character is a token of its own: 64 KiB become more than a hundred chunks.
    let (document, job) = harness.upload("marks.txt", "! ".repeat(32_000).as_bytes()).await;
    harness.until_status(document, "ready").await;
    assert_eq!(lane(&harness, job).await.as_deref(), Some("long"));
    assert_eq!(harness.job(job).await.attempts, 1, "moving does not count as an attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_too_many_chunks_fails_and_leaves_nothing() {
    let harness = Harness::new().await;
    let _worker = harness.worker_with(&[("TESSERA_MAX_CHUNKS", "20")]);
    let (document, _) = harness.upload("long.md", &prose(200)).await;
    let stored = harness.until_status(document, "failed").await;
    assert_eq!((stored.failure_code.as_deref(), stored.chunks), (Some("too_much_text"), 0));
}
