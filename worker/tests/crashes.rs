//! Crashes of workers over a job: no sound document fails because of them, and a job that kills its
//! worker is identified when it runs alone.

use kernel::id::JobId;
use platform::pg::Db;
use queue::{FreeSlots, Lease};
use uuid::Uuid;

use crate::harness::{Harness, prose};

const FREE: FreeSlots = FreeSlots { short: 4, long: 4, mail: 0, crawl: 0 };
/// Every backoff is over; the job that has waited longest stays first.
const DUE: &str = "update jobs set run_at = run_at - interval '2 hours' where status = 'queued'";
/// Every worker died just now.
const CRASH: &str = "update jobs set lease_until = now() where status = 'running'";

async fn lease(db: &Db, worker: Uuid) -> Vec<Lease> {
    queue::lease(db, worker, FREE, 60).await.unwrap()
}

async fn worker_db(harness: &Harness) -> Db {
    Db::new(harness.database.source("tessera_worker").await, None)
}

/// Simulates the death of the worker that holds the job, and the end of the backoff.
async fn crash(harness: &Harness, db: &Db) {
    harness.change_all(CRASH).await;
    // No slots: only expired leases are put back.
    queue::lease(db, Uuid::now_v7(), FreeSlots::NONE, 60).await.unwrap();
    harness.change_all(DUE).await;
}

fn ids(leases: &[Lease]) -> Vec<JobId> {
    leases.iter().map(|lease| lease.job).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn six_kills_over_four_sound_documents_fail_no_document() {
    let harness = Harness::new().await;
    let mut documents = Vec::new();
    for n in 0..4 {
        documents.push(harness.upload(&format!("sound-{n}.md"), &prose(60)).await.0);
    }
    for _ in 0..6 {
        let worker = harness.worker();
        harness
            .until("the worker runs a job", async || {
                (harness.running_jobs().await > 0).then_some(())
            })
            .await;
        worker.kill();
        harness.change_all(CRASH).await;
        let db = worker_db(&harness).await;
        crash(&harness, &db).await;
    }
    let _worker = harness.worker();
    for document in documents {
        // A suspect waits for its turn to run alone; the test skips the backoff of minutes.
        harness
            .until("the document is ready", async || {
                harness.change_all(DUE).await;
                (harness.document(document).await.status == "ready").then_some(())
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_crashed_two_workers_runs_alone() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (_, suspect) = harness.upload("suspect.md", b"One.").await;
    for _ in 0..2 {
        assert_eq!(ids(&lease(&db, Uuid::now_v7()).await), [suspect]);
        crash(&harness, &db).await;
    }
    let (_, other) = harness.upload("other.md", b"Two.").await;
    let worker = Uuid::now_v7();
    let alone = lease(&db, worker).await;
    assert_eq!(ids(&alone), [suspect]);
    assert_eq!((alone[0].attempt, alone[0].crashes, alone[0].failable_attempt()), (3, 2, 1));
    assert_eq!(ids(&lease(&db, worker).await), [], "nothing else beside it");
    assert_eq!(ids(&lease(&db, Uuid::now_v7()).await), [other], "another worker continues");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_worker_makes_room_for_a_suspect_that_waits() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (_, suspect) = harness.upload("suspect.md", b"One.").await;
    for _ in 0..2 {
        lease(&db, Uuid::now_v7()).await;
        crash(&harness, &db).await;
    }
    harness
        .tamper("update jobs set run_at = now() + interval '1 hour' where id = $1", suspect)
        .await;
    let worker = Uuid::now_v7();
    let (_, first) = harness.upload("first.md", b"Two.").await;
    assert_eq!(ids(&lease(&db, worker).await), [first]);
    let (_, second) = harness.upload("second.md", b"Three.").await;
    harness
        .tamper("update jobs set run_at = now() - interval '5 seconds' where id = $1", suspect)
        .await;
    assert_eq!(ids(&lease(&db, worker).await), [second], "it has not waited long");
    let (_, third) = harness.upload("third.md", b"Four.").await;
    harness
        .tamper("update jobs set run_at = now() - interval '31 seconds' where id = $1", suspect)
        .await;
    assert_eq!(ids(&lease(&db, worker).await), [], "no new job before it");
    for done in [first, second] {
        harness.tamper("update jobs set status = 'succeeded' where id = $1", done).await;
    }
    assert_eq!(ids(&lease(&db, worker).await), [suspect]);
    harness.tamper("update jobs set status = 'succeeded' where id = $1", suspect).await;
    assert_eq!(ids(&lease(&db, worker).await), [third]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_crashes_while_alone_make_a_job_dead() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (_, job) = harness.upload("poison.md", b"One.").await;
    for crashes in 0..5 {
        let leases = lease(&db, Uuid::now_v7()).await;
        assert_eq!((ids(&leases), leases[0].crashes), (vec![job], crashes));
        assert_eq!(queue::mark_dead(&db).await.unwrap(), []);
        if crashes < 4 {
            crash(&harness, &db).await;
        }
    }
    harness.change_all(CRASH).await;
    assert_eq!(ids(&lease(&db, Uuid::now_v7()).await), [], "no worker leases it again");
    assert_eq!(queue::mark_dead(&db).await.unwrap(), [(harness.person.tenant, job)]);
    let job = harness.job(job).await;
    assert_eq!((job.status.as_str(), job.error_code.as_deref()), ("dead", Some("worker_died")));
}

/// Two jobs that each crashed two workers, and an ordinary one.
async fn two_suspects(harness: &Harness, db: &Db) -> ([JobId; 2], JobId) {
    let suspects =
        [harness.upload("one.md", b"One.").await.1, harness.upload("two.md", b"Two.").await.1];
    for _ in 0..2 {
        lease(db, Uuid::now_v7()).await;
        crash(harness, db).await;
    }
    (suspects, harness.upload("three.md", b"Three.").await.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_worker_does_not_run_one_suspect_after_the_other_while_others_wait() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (suspects, ordinary) = two_suspects(&harness, &db).await;
    let worker = Uuid::now_v7();
    let first = ids(&lease(&db, worker).await);
    assert!(first.len() == 1 && suspects.contains(&first[0]), "{first:?}");
    harness.tamper("update jobs set status = 'succeeded' where id = $1", first[0]).await;
    assert_eq!(ids(&lease(&db, worker).await), [ordinary]);
    harness.tamper("update jobs set status = 'succeeded' where id = $1", ordinary).await;
    let second = ids(&lease(&db, worker).await);
    assert!(
        second.len() == 1 && second != first && suspects.contains(&second[0]),
        "nothing else is due: {second:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_suspect_is_an_ordinary_job_again() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (_, job) = harness.upload("suspect.md", b"One.").await;
    for _ in 0..2 {
        lease(&db, Uuid::now_v7()).await;
        crash(&harness, &db).await;
    }
    assert_eq!(ids(&lease(&db, Uuid::now_v7()).await), [job]);
    harness
        .tamper("update jobs set status = 'failed', lease_until = null where id = $1", job)
        .await;
    jobs::retry_job(&harness.cx("tessera_events").await, job).await.unwrap();
    let worker = Uuid::now_v7();
    assert_eq!(ids(&lease(&db, worker).await), [job]);
    let (_, other) = harness.upload("other.md", b"Two.").await;
    assert_eq!(ids(&lease(&db, worker).await), [other], "beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_whose_worker_died_is_not_retried() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (_, job) = harness.upload("poison.md", b"One.").await;
    lease(&db, Uuid::now_v7()).await;
    jobs::cancel_job(&harness.cx("tessera_events").await, job).await.unwrap();
    harness.change_all(CRASH).await;
    assert_eq!(ids(&lease(&db, Uuid::now_v7()).await), []);
    assert_eq!(harness.job(job).await.status, "cancelled");
}
