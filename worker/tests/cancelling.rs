//! Cancelling jobs, and who may.

use jobs::Status;
use kernel::{Code, id::DocumentId};
use sqlx::Connection as _;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};

use crate::harness::{Harness, Worker, prose};

/// A worker whose embedding model never answers: the document makes no progress while that
/// connection is open.
async fn stuck_with(harness: &Harness, document: DocumentId) -> (Worker, TcpStream) {
    let model = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", model.local_addr().unwrap());
    let worker = harness.worker_with(&[("TESSERA_EMBEDDING_URL", &url)]);
    loop {
        let (mut asked, _) = model.accept().await.unwrap();
        let mut head = [0; 19];
        if asked.read_exact(&mut head).await.is_ok() && head == *b"POST /v1/embeddings" {
            harness.until_status(document, "indexing").await;
            return (worker, asked);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_stops_soon_and_leaves_no_chunks() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(700)).await;
    let _worker = harness.worker();
    harness
        .until("some chunks are stored", async || {
            (harness.document(document).await.chunks > 0).then_some(())
        })
        .await;
    let asked = jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    assert_eq!((asked.status, asked.cancel_asked), (Status::Running, true));
    let stored = harness.until_status(document, "failed").await;
    assert_eq!(
        (stored.failure_code.as_deref(), stored.chunks, stored.pages),
        (Some("cancelled"), 0, 0)
    );
    assert_eq!(harness.job(job).await.status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_progress_is_cancelled_too() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(5)).await;
    let (_worker, _asked) = stuck_with(&harness, document).await;
    jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    assert_eq!(
        harness.until_status(document, "failed").await.failure_code.as_deref(),
        Some("cancelled")
    );
    assert_eq!(harness.job(job).await.status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_is_not_retried_if_its_worker_stops_first() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(5)).await;
    let (worker, _asked) = stuck_with(&harness, document).await;
    jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    worker.signal("TERM");
    assert!(worker.wait().success());
    assert_eq!(harness.job(job).await.status, "cancelled");
    let stored = harness.document(document).await;
    assert_eq!(
        (stored.status.as_str(), stored.failure_code.as_deref()),
        ("failed", Some("cancelled"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_is_cancelled_at_once_and_its_document_shows_it() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(5)).await;
    let cx = harness.cx("tessera_events").await;
    assert_eq!(jobs::cancel_job(&cx, job).await.unwrap().status, Status::Cancelled);
    let again = jobs::cancel_job(&cx, job).await.map(|_| ()).map_err(|p| p.code);
    assert_eq!(again, Err(Code::Conflict));
    let _worker = harness.worker();
    assert_eq!(
        harness.until_status(document, "failed").await.failure_code.as_deref(),
        Some("cancelled")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_invisible_outside_its_space_and_read_only_for_viewers() {
    let harness = Harness::new().await;
    let (_, job) = harness.upload("report.md", &prose(5)).await;
    let stranger = harness.database.colleague(harness.person.tenant, "bo", "admin").await;
    let cx = harness.database.cx(&stranger, "tessera_events").await;
    let code = |p: kernel::Problem| p.code;
    assert_eq!(jobs::get_job(&cx, job).await.map_err(code).err(), Some(Code::NotFound));
    assert_eq!(jobs::cancel_job(&cx, job).await.map_err(code).err(), Some(Code::NotFound));
    let all = kernel::PageRequest::parse(None, None).unwrap();
    assert_eq!(jobs::list_jobs(&cx, None, all).await.unwrap().total, 0);
    sqlx::query("insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, 'viewer')")
        .bind(harness.person.tenant.0)
        .bind(harness.person.space.0)
        .bind(stranger.user.0)
        .execute(&mut *harness.db.lock().await)
        .await
        .unwrap();
    assert_eq!(jobs::list_jobs(&cx, Some("queued"), all).await.unwrap().total, 1);
    assert_eq!(jobs::cancel_job(&cx, job).await.map_err(code).err(), Some(Code::NotAllowed));
    assert_eq!(
        jobs::list_jobs(&cx, Some("lost"), all).await.map(|_| ()).map_err(code),
        Err(Code::InvalidQuery)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn releasing_a_document_does_not_deadlock_with_its_deletion() {
    let harness = Harness::new().await;
    let (document, _) = harness.upload("doomed.md", &prose(1)).await;
    let (worker, _asked) = stuck_with(&harness, document).await;
    let mut deleting = harness.database.superuser().await;
    let mut deletion = deleting.begin().await.unwrap();
    let hold = "select pg_backend_pid() from documents where id = $1 for update";
    let held_by: i32 =
        sqlx::query_scalar(hold).bind(document.0).fetch_one(&mut *deletion).await.unwrap();
    worker.signal("TERM");
    harness
        .until("the worker waits for the deletion", async || {
            harness.someone_waits_for(held_by).await.then_some(())
        })
        .await;
    let jobs = "select 1 from jobs where document_id = $1 for update nowait";
    let free = sqlx::query(jobs).bind(document.0).execute(&mut *deletion).await;
    assert!(free.is_ok(), "the worker holds the job, which the deletion comes upon next: {free:?}");
    deletion.rollback().await.unwrap();
    assert!(worker.wait().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn beginning_a_document_does_not_deadlock_with_its_deletion() {
    let harness = Harness::new().await;
    let (document, _) = harness.upload("doomed.md", &prose(1)).await;
    let mut deleting = harness.database.superuser().await;
    let mut deletion = deleting.begin().await.unwrap();
    let hold = "select pg_backend_pid() from documents where id = $1 for update";
    let held_by: i32 =
        sqlx::query_scalar(hold).bind(document.0).fetch_one(&mut *deletion).await.unwrap();
    let _worker = harness.worker();
    harness
        .until("the worker waits for the deletion", async || {
            harness.someone_waits_for(held_by).await.then_some(())
        })
        .await;
    let jobs = "select 1 from jobs where document_id = $1 for update nowait";
    let free = sqlx::query(jobs).bind(document.0).execute(&mut *deletion).await;
    assert!(free.is_ok(), "the worker holds the job, which the deletion comes upon next: {free:?}");
    sqlx::query("delete from documents where id = $1")
        .bind(document.0)
        .execute(&mut *deletion)
        .await
        .unwrap();
    deletion.commit().await.unwrap();
    // The worker continues with other jobs.
    let (next, _) = harness.upload("next.md", &prose(1)).await;
    harness.until_status(next, "ready").await;
}
