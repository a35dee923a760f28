//! Schedules queue jobs once at their time; one worker runs maintenance, for tenants that need it.

use std::time::Duration;

use kernel::id::TenantId;
use platform::pg::Db;
use queue::schedule;
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Harness, Worker};

async fn worker_db(harness: &Harness) -> Db {
    Db::new(harness.database.source("tessera_worker").await, None)
}

/// A schedule of an unknown job kind, due since yesterday.
async fn overdue_schedule(harness: &Harness) {
    let sql = r#"insert into schedules (tenant_id, kind, job, cron, next_run_at)
        values ($1, 'test', '{"kind": "test", "payload": {}, "lane": "short", "max_attempts": 3}', '0 4 * * *', now() - interval '1 day')"#;
    sqlx::query(sql)
        .bind(harness.person.tenant.0)
        .execute(&mut *harness.db.lock().await)
        .await
        .unwrap();
}

async fn count(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut *harness.db.lock().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_schedule_queues_one_job_for_many_pollers() {
    let harness = Harness::new().await;
    overdue_schedule(&harness).await;
    let scheduler = Db::new(harness.database.source("tessera_scheduler").await, None);
    let worker = worker_db(&harness).await;
    let (one, other) =
        tokio::join!(schedule::queue_jobs(&scheduler), schedule::queue_jobs(&worker));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(count(&harness, "select count(*) from jobs where kind = 'test'").await, 1);
    assert_eq!(schedule::queue_jobs(&worker).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_plans_the_next_time_or_stores_the_reason() {
    let harness = Harness::new().await;
    overdue_schedule(&harness).await;
    let sql = "insert into schedules (tenant_id, kind, job, cron) values ($1, 'broken', '{\"kind\": \"test\"}', 'at four')";
    sqlx::query(sql)
        .bind(harness.person.tenant.0)
        .execute(&mut *harness.db.lock().await)
        .await
        .unwrap();
    let _worker = harness.worker();
    let planned = harness.until("both are planned", async || {
        let sql =
            "select next_run_at > now() and next_run_at < now() + interval '25 hours' as planned, error from schedules
            where tenant_id is not null order by kind";
        let rows = sqlx::query(sql).fetch_all(&mut *harness.db.lock().await).await.unwrap();
        let read = |n: usize| (rows[n].get::<Option<bool>, _>("planned"), rows[n].get::<Option<String>, _>("error"));
        let (broken, good) = (read(0), read(1));
        (broken.1.is_some() && good.0 == Some(true)).then_some((broken, good))
    });
    let ((no_time, error), (_, no_error)) = planned.await;
    assert_eq!((no_time, no_error), (None, None));
    assert!(error.unwrap().contains("expected a cron expression of five fields, got `at four`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_runs_a_maintenance_until_its_lease_ends() {
    let harness = Harness::new().await;
    let db = worker_db(&harness).await;
    let (ada, bo) = (Uuid::now_v7(), Uuid::now_v7());
    let mut kinds = Vec::new();
    while let Some(kind) = schedule::lease_maintenance(&db, ada, 60).await.unwrap() {
        kinds.push(kind);
    }
    kinds.sort();
    let expected = [
        "embed_messages",
        "purge_audit",
        "reconcile",
        "reindex_words",
        "remove_expired",
        "remove_orphans",
        "remove_stale_indexes",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(schedule::lease_maintenance(&db, bo, 60).await.unwrap(), None);
    assert!(schedule::extend_maintenance(&db, ada, "reconcile", 60).await.unwrap());

    harness.change_all("update schedules set lease_until = now() where kind = 'reconcile'").await;
    assert_eq!(
        schedule::lease_maintenance(&db, bo, 60).await.unwrap().as_deref(),
        Some("reconcile")
    );
    assert!(!schedule::extend_maintenance(&db, ada, "reconcile", 60).await.unwrap());
    schedule::end_maintenance(&db, ada, "reconcile", false).await.unwrap();
    assert!(
        schedule::extend_maintenance(&db, bo, "reconcile", 60).await.unwrap(),
        "who lost it ends nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_visits_only_tenants_with_unfinished_work() {
    let harness = Harness::new().await;
    let other = harness.database.person("bo").await;
    let db = worker_db(&harness).await;
    let tenants = async || -> Vec<TenantId> {
        let rows =
            db.query("select tenant_id from lookup.tenants_to_reconcile()", &[]).await.unwrap();
        rows.iter().map(|row| row.get("tenant_id").unwrap()).collect()
    };
    assert_eq!(tenants().await, []);
    harness.upload("report.md", b"One.").await;
    assert_eq!(tenants().await, [harness.person.tenant]);
    assert_ne!(other.tenant, harness.person.tenant);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_sessions_of_all_tenants_are_removed() {
    let harness = Harness::new().await;
    for name in ["bo", "cy"] {
        let person = harness.database.person(name).await;
        harness.database.credential(&person).await;
    }
    harness.change_all("update sessions set expires_at = now() - interval '2 days'").await;
    let _worker = harness.worker();
    harness
        .until("they are gone", async || {
            (count(&harness, "select count(*) from sessions").await == 0).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_cannot_be_queued_does_not_stop_others() {
    let harness = Harness::new().await;
    let sql = r#"insert into schedules (tenant_id, kind, job, cron, next_run_at)
        values ($1, 'broken', '{"kind": "test", "payload": {}, "lane": "fast", "max_attempts": 3}', '0 4 * * *', now() - interval '2 days')"#;
    sqlx::query(sql)
        .bind(harness.person.tenant.0)
        .execute(&mut *harness.db.lock().await)
        .await
        .unwrap();
    overdue_schedule(&harness).await;
    let db = worker_db(&harness).await;
    schedule::queue_jobs(&db).await.unwrap();
    assert_eq!(count(&harness, "select count(*) from jobs where kind = 'test'").await, 1);
    let broken = "select count(*) from schedules where error like 'its job cannot be queued: %' and next_run_at is null";
    assert_eq!(count(&harness, broken).await, 1);
    assert_eq!(schedule::queue_jobs(&db).await.unwrap(), 0, "it is not tried again");
}

/// Tasks that have nothing to do here.
const TASKS: [&str; 6] = [
    "embed_messages",
    "purge_audit",
    "reindex_words",
    "remove_expired",
    "remove_orphans",
    "remove_stale_indexes",
];
/// For all of them, one after the other: a worker that waits 4 seconds for each takes longer.
const SOON: Duration = Duration::from_secs(20);

/// When a maintenance ran last, in microseconds since 1970.
async fn last_run(harness: &Harness, kind: &str) -> i64 {
    let sql = "select coalesce(micros(last_run_at), 0) from schedules where kind = $1";
    sqlx::query_scalar(sql).bind(kind).fetch_one(&mut *harness.db.lock().await).await.unwrap()
}

/// Lets the maintenance be due in half a second, or now, and waits until it has run.
async fn runs(harness: &Harness, kind: &str, is_due: bool) {
    let before = last_run(harness, kind).await;
    let sql = "update schedules set next_run_at = now() + case when $2 then interval '0' else interval '0.5 seconds' end where kind = $1";
    sqlx::query(sql).bind(kind).bind(is_due).execute(&mut *harness.db.lock().await).await.unwrap();
    harness.wake_for_schedules().await;
    harness.until(kind, async || (last_run(harness, kind).await > before).then_some(())).await;
}

/// A worker that has nothing to do for the next hours.
async fn idle_worker(harness: &Harness) -> Worker {
    let worker = harness.worker();
    let unfinished =
        "select count(*) from schedules where last_run_at is null or next_run_at is null";
    harness
        .until("each maintenance ran once", async || {
            (count(harness, unfinished).await == 0).then_some(())
        })
        .await;
    harness.change_all("update schedules set next_run_at = now() + interval '5 hours'").await;
    worker
}

#[tokio::test(flavor = "multi_thread")]
async fn due_maintenance_runs_at_a_wake_and_then_at_its_time() {
    let harness = Harness::new().await;
    let _worker = idle_worker(&harness).await;
    for is_due in [true, false] {
        let all = async {
            for kind in TASKS {
                runs(&harness, kind, is_due).await;
            }
        };
        tokio::time::timeout(SOON, all).await.expect("a worker looks at what is due");
    }
}
