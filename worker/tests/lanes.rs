//! Fairness of ingestion: short jobs pass long ones, no tenant takes the last place, and one document has its bounds.

use kernel::id::JobId;
use knowledge::{Upload, UploadName};
use sqlx::Row as _;

use crate::rig::{Rig, prose};

/// A text that becomes some thousand chunks: minutes of embedding.
fn book() -> Vec<u8> {
    prose(6000)
}

async fn lane(rig: &Rig, job: JobId) -> Option<String> {
    let sql = "select lane from jobs where id = $1";
    sqlx::query(sql).bind(job.0).fetch_one(&mut *rig.db.lock().await).await.unwrap().get("lane")
}

/// Waits until a worker has the job.
async fn until_running(rig: &Rig, job: JobId) {
    rig.until("the job runs", async || (rig.job(job).await.status == "running").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_ready_while_two_books_are_read() {
    let rig = Rig::new().await;
    let books = [rig.upload("first.md", &book()).await, rig.upload("second.md", &book()).await];
    let _worker = rig.worker();
    for (_, job) in books {
        until_running(&rig, job).await;
    }
    let (note, _) = rig.upload("note.txt", b"The pool opens at six on weekdays.").await;
    rig.until_status(note, "ready").await;
    for (book, job) in books {
        assert_ne!(rig.document(book).await.status, "ready");
        assert_eq!(lane(&rig, job).await.as_deref(), Some("long"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_many_books_leaves_a_place_to_another() {
    let rig = Rig::new().await;
    let mut jobs = Vec::new();
    for n in 0..6 {
        jobs.push(rig.upload(&format!("book-{n}.md"), &book()).await.1);
    }
    let _worker = rig.worker();
    until_running(&rig, jobs[0]).await;
    until_running(&rig, jobs[1]).await;

    let other = rig.database.person("bo").await;
    let cx = rig.database.cx(&other, "tessera_workspace").await;
    let collection = knowledge::create_collection(&cx, other.space, "Shelf", "").await.unwrap().id;
    let cx = rig.database.cx(&other, "tessera_upload").await;
    let place = knowledge::Place::find(&cx, collection).await.unwrap();
    let mut upload = Upload::begin(&cx, &place, &UploadName::parse("other.md").unwrap(), 100 << 20).await.unwrap();
    upload.write(&book()).await.unwrap();
    let job = upload.finish(rig.database.credential(&other).await).await.unwrap().job;
    rig.wake().await;
    until_running(&rig, job).await;

    let mut running = 0;
    for job in jobs {
        running += usize::from(rig.job(job).await.status == "running");
    }
    assert_eq!(running, 2, "a tenant alone gets half of the four places");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_of_many_chunks_moves_to_the_long_lane() {
    let rig = Rig::new().await;
    let _worker = rig.worker();
    // Each mark is a token of its own: 64 KiB become more than a hundred chunks.
    let (document, job) = rig.upload("marks.txt", "! ".repeat(32_000).as_bytes()).await;
    rig.until_status(document, "ready").await;
    assert_eq!(lane(&rig, job).await.as_deref(), Some("long"));
    assert_eq!(rig.job(job).await.attempts, 1, "moving does not count as an attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_too_many_chunks_fails_and_leaves_nothing() {
    let rig = Rig::new().await;
    let _worker = rig.worker_with(&[("TESSERA_MAX_CHUNKS", "20")]);
    let (document, _) = rig.upload("long.md", &prose(200)).await;
    let stored = rig.until_status(document, "failed").await;
    assert_eq!((stored.failure_code.as_deref(), stored.passages), (Some("too_much_text"), 0));
}
