//! Who plans schedules, and who runs maintenance.

use platform::pg::Db;
use queue::schedule;
use testkit::Database;
use uuid::Uuid;

async fn db(database: &Database, role: &str) -> Db {
    Db::new(database.source(role).await, None)
}

/// Changes all schedules.
async fn change(database: &Database, sql: &'static str) {
    sqlx::query(sql).execute(&mut database.superuser().await).await.unwrap();
}

#[tokio::test]
async fn the_scheduler_queues_jobs_and_runs_no_maintenance() {
    let database = Database::fresh().await;
    let (scheduler, worker) =
        (db(&database, "tessera_scheduler").await, db(&database, "tessera_worker").await);
    let id = Uuid::now_v7();
    assert_eq!(schedule::queue_jobs(&scheduler).await, Ok(0));
    assert!(schedule::unplanned(&scheduler).await.is_err());
    assert!(schedule::lease_maintenance(&scheduler, id, 60).await.is_err());
    assert!(schedule::lease_maintenance(&worker, id, 60).await.unwrap().is_some());
}

#[tokio::test]
async fn no_other_component_queues_the_jobs_of_schedules() {
    let database = Database::fresh().await;
    for role in ["tessera_workspace", "tessera_events", "tessera_upload"] {
        let db = db(&database, role).await;
        assert!(schedule::queue_jobs(&db).await.is_err(), "{role}");
        assert!(schedule::until_next(&db).await.is_err(), "{role}");
    }
}

#[tokio::test]
async fn the_next_schedule_is_due_at_its_time_or_after_the_lease_of_another_worker() {
    let database = Database::fresh().await;
    let worker = db(&database, "tessera_worker").await;
    let until = async || schedule::until_next(&worker).await.unwrap();
    change(&database, "update schedules set next_run_at = now() + interval '1 hour'").await;
    assert!(until().await.unwrap() > 3_500_000_000);
    change(&database, "update schedules set next_run_at = now() where kind = 'reconcile'").await;
    assert!(until().await.unwrap() <= 0);
    schedule::lease_maintenance(&worker, Uuid::now_v7(), 900).await.unwrap().unwrap();
    assert!(until().await.unwrap() > 800_000_000);
    change(&database, "update schedules set next_run_at = null where kind = 'purge_audit'").await;
    assert_eq!(until().await, Some(0), "its next time is to be calculated");
    change(&database, "delete from schedules").await;
    assert_eq!(until().await, None);
}
