//! Workers that die, hang, or resume late: nothing is lost and nothing is doubled.

use audit::{Filter, Format, State, export};
use kernel::id::JobId;

use crate::harness::{Harness, prose};

/// Paragraphs enough to interrupt the job in the middle.
const LONG: usize = 700;
/// The backoff after a crash is over.
const DUE: &str = "update jobs set run_at = now() where id = $1 and status = 'queued'";
const EXPIRE: &str = "update jobs set lease_until = now() where id = $1";

/// Ends the lease at once, instead of within a minute.
async fn expire(harness: &Harness, job: JobId) {
    harness.tamper(EXPIRE, job).await;
    harness.wake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_any_step_neither_loses_nor_doubles_data() {
    let harness = Harness::new().await;
    let (whole, _) = harness.upload("whole.md", &prose(LONG)).await;
    let worker = harness.worker();
    let expected = harness.until_status(whole, "ready").await;
    worker.kill();

    let (document, job) = harness.upload("cut.md", &prose(LONG)).await;
    let worker = harness.worker();
    harness
        .until("the worker has begun", async || {
            (harness.job(job).await.status == "running").then_some(())
        })
        .await;
    worker.kill();
    expire(&harness, job).await;

    let worker = harness.worker();
    let half = harness.until("some chunks are stored", async || {
        let found = harness.document(document).await;
        (found.chunks > 0).then_some(found)
    });
    let half = half.await;
    worker.kill();
    assert!(half.status != "ready" && half.chunks < expected.chunks, "caught too late: {half:?}");
    expire(&harness, job).await;

    let _worker = harness.worker();
    let stored = harness.until_status(document, "ready").await;
    assert_eq!((stored.pages, stored.chunks), (expected.pages, expected.chunks));
    assert_eq!(harness.misplaced(document).await, 0);
    let job = harness.job(job).await;
    assert_eq!((job.status.as_str(), job.attempts), ("succeeded", 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_frozen_past_its_lease_changes_nothing_when_it_wakes() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(LONG)).await;
    let frozen = harness.worker();
    harness
        .until("some chunks are stored", async || {
            (harness.document(document).await.chunks > 0).then_some(())
        })
        .await;
    frozen.signal("STOP");
    expire(&harness, job).await;
    let other = harness.worker();
    let ready = harness.until_status(document, "ready").await;
    other.kill();
    frozen.signal("CONT");
    harness
        .until("the frozen worker notices", async || {
            std::fs::read_to_string(&frozen.log).unwrap().contains("lease lost").then_some(())
        })
        .await;
    assert_eq!(harness.document(document).await, ready);
    let job = harness.job(job).await;
    assert_eq!((job.status.as_str(), job.attempts), ("succeeded", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_crashes_every_worker_is_dead_and_its_document_shows_it() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(LONG)).await;
    for attempt in 1..=5 {
        let worker = harness.worker();
        harness
            .until("the worker has begun", async || {
                harness.tamper(DUE, job).await;
                let found = harness.job(job).await;
                (found.status == "running" && found.attempts == attempt).then_some(())
            })
            .await;
        worker.kill();
        expire(&harness, job).await;
    }
    let _worker = harness.worker();
    let stored = harness.until_status(document, "failed").await;
    assert_eq!((stored.failure_code.as_deref(), stored.chunks), (Some("worker_died"), 0));
    assert_eq!(harness.job(job).await.status, "dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_export_whose_workers_all_died_fails_with_a_reason() {
    let harness = Harness::new().await;
    let admin = harness.cx("tessera_admin").await;
    let reading = audit::start_reading(&admin, "a look at what happened").await.unwrap().id;
    let filter = Filter::default();
    let [first, second] = [
        export::create_export(&admin, reading, Format::Csv, &filter).await.unwrap().id,
        export::create_export(&admin, reading, Format::Csv, &filter).await.unwrap().id,
    ];
    let job = async |export: kernel::id::AuditExportId| {
        let sql = "select id from jobs where payload ->> 'export_id' = $1::text";
        let mut db = harness.db.lock().await;
        JobId(sqlx::query_scalar(sql).bind(export.to_string()).fetch_one(&mut *db).await.unwrap())
    };
    // One worker died over it just now; of the other export even the worker that marked its job
    // dead died before it could update the export.
    let last = "update jobs set status = 'running', alone = true, crashes = 4, crashes_alone = 2, lease_until = now() where id = $1";
    harness.tamper(last, job(first).await).await;
    let died = "update jobs set status = 'dead', finished_at = now(), error_code = 'worker_died', error_detail = 'it died' where id = $1";
    harness.tamper(died, job(second).await).await;
    let _worker = harness.worker();
    for export in [first, second] {
        let failed = harness.until("the export has failed", async || {
            let found = export::get_export(&admin, export).await.unwrap();
            (found.state == State::Failed).then_some(found)
        });
        let failure = failed.await.failure.expect("a reason");
        assert_eq!(
            (failure.code.as_str(), failure.hint.as_deref()),
            ("worker_died", Some("export the log again"))
        );
    }
}
