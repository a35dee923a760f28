//! Workers that die, hang, or come back late: nothing is lost and nothing is doubled.

use audit::{Filter, Format, State, export};
use kernel::id::JobId;

use crate::rig::{Rig, prose};

/// Enough to be caught in the middle.
const LONG: usize = 700;
/// The pause after a crash is over.
const DUE: &str = "update jobs set run_at = now() where id = $1 and status = 'queued'";
const EXPIRE: &str = "update jobs set lease_until = now() where id = $1";

/// The lease runs out at once, instead of within a minute.
async fn expire(rig: &Rig, job: JobId) {
    rig.tamper(EXPIRE, job).await;
    rig.wake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_any_step_loses_nothing_and_doubles_nothing() {
    let rig = Rig::new().await;
    let (whole, _) = rig.upload("whole.md", &prose(LONG)).await;
    let worker = rig.worker();
    let expected = rig.until_status(whole, "ready").await;
    worker.kill();

    let (document, job) = rig.upload("cut.md", &prose(LONG)).await;
    let worker = rig.worker();
    rig.until("the worker has begun", async || (rig.job(job).await.status == "running").then_some(())).await;
    worker.kill();
    expire(&rig, job).await;

    let worker = rig.worker();
    let half = rig.until("some passages are stored", async || {
        let found = rig.document(document).await;
        (found.passages > 0).then_some(found)
    });
    let half = half.await;
    worker.kill();
    assert!(half.status != "ready" && half.passages < expected.passages, "caught too late: {half:?}");
    expire(&rig, job).await;

    let _worker = rig.worker();
    let stored = rig.until_status(document, "ready").await;
    assert_eq!((stored.pages, stored.passages), (expected.pages, expected.passages));
    assert_eq!(rig.misplaced(document).await, 0);
    let job = rig.job(job).await;
    assert_eq!((job.status.as_str(), job.attempts), ("succeeded", 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_frozen_past_its_lease_changes_nothing_when_it_wakes() {
    let rig = Rig::new().await;
    let (document, job) = rig.upload("report.md", &prose(LONG)).await;
    let frozen = rig.worker();
    rig.until("some passages are stored", async || (rig.document(document).await.passages > 0).then_some(())).await;
    frozen.signal("STOP");
    expire(&rig, job).await;
    let other = rig.worker();
    let ready = rig.until_status(document, "ready").await;
    other.kill();
    frozen.signal("CONT");
    rig.until("the frozen worker notices", async || {
        std::fs::read_to_string(&frozen.log).unwrap().contains("lease lost").then_some(())
    })
    .await;
    assert_eq!(rig.document(document).await, ready);
    let job = rig.job(job).await;
    assert_eq!((job.status.as_str(), job.attempts), ("succeeded", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_its_worker_with_it_each_time_is_dead_and_the_document_says_so() {
    let rig = Rig::new().await;
    let (document, job) = rig.upload("report.md", &prose(LONG)).await;
    for attempt in 1..=5 {
        let worker = rig.worker();
        rig.until("the worker has begun", async || {
            rig.tamper(DUE, job).await;
            let found = rig.job(job).await;
            (found.status == "running" && found.attempts == attempt).then_some(())
        })
        .await;
        worker.kill();
        expire(&rig, job).await;
    }
    let _worker = rig.worker();
    let stored = rig.until_status(document, "failed").await;
    assert_eq!((stored.failure_code.as_deref(), stored.passages), (Some("worker_died"), 0));
    assert_eq!(rig.job(job).await.status, "dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_the_log_whose_worker_died_for_the_last_time_has_failed_and_says_why() {
    let rig = Rig::new().await;
    let admin = rig.cx("tessera_admin").await;
    let reading = audit::start_reading(&admin, "a look at what happened").await.unwrap().id;
    let filter = Filter::default();
    let [first, second] = [
        export::create_export(&admin, reading, Format::Csv, &filter).await.unwrap().id,
        export::create_export(&admin, reading, Format::Csv, &filter).await.unwrap().id,
    ];
    let job = async |export: kernel::id::AuditExportId| {
        let sql = "select id from jobs where payload ->> 'export_id' = $1::text";
        let mut db = rig.db.lock().await;
        JobId(sqlx::query_scalar(sql).bind(export.to_string()).fetch_one(&mut *db).await.unwrap())
    };
    // One died over it just now; of the other even the worker that marked its job dead died before it could say so.
    let last = "update jobs set status = 'running', alone = true, crashes = 4, crashes_alone = 2, lease_until = now() where id = $1";
    rig.tamper(last, job(first).await).await;
    let died = "update jobs set status = 'dead', finished_at = now(), error_code = 'worker_died', error_detail = 'it died' where id = $1";
    rig.tamper(died, job(second).await).await;
    let _worker = rig.worker();
    for export in [first, second] {
        let failed = rig.until("the export has failed", async || {
            let found = export::get_export(&admin, export).await.unwrap();
            (found.state == State::Failed).then_some(found)
        });
        let failure = failed.await.failure.expect("it says why");
        assert_eq!((failure.code.as_str(), failure.hint.as_deref()), ("worker_died", Some("export the log again")));
    }
}
