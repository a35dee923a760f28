//! Cancelling jobs, and who may.

use jobs::Status;
use kernel::Code;
use sqlx::Connection as _;

use crate::rig::{Rig, prose};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_stops_soon_and_leaves_no_passages() {
    let rig = Rig::new().await;
    let (document, job) = rig.upload("report.md", &prose(700)).await;
    let _worker = rig.worker();
    rig.until("some passages are stored", async || (rig.document(document).await.passages > 0).then_some(())).await;
    let asked = jobs::cancel_job(&rig.cx("tessera_events").await, job).await.unwrap();
    assert_eq!((asked.status, asked.cancel_asked), (Status::Running, true));
    let stored = rig.until_status(document, "failed").await;
    assert_eq!((stored.failure_code.as_deref(), stored.passages, stored.pages), (Some("cancelled"), 0, 0));
    assert_eq!(rig.job(job).await.status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_cancelled_at_once_and_the_document_says_so() {
    let rig = Rig::new().await;
    let (document, job) = rig.upload("report.md", &prose(5)).await;
    let cx = rig.cx("tessera_events").await;
    assert_eq!(jobs::cancel_job(&cx, job).await.unwrap().status, Status::Cancelled);
    let again = jobs::cancel_job(&cx, job).await.map(|_| ()).map_err(|p| p.code);
    assert_eq!(again, Err(Code::Conflict));
    let _worker = rig.worker();
    assert_eq!(rig.until_status(document, "failed").await.failure_code.as_deref(), Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_invisible_outside_its_space_and_untouchable_for_viewers() {
    let rig = Rig::new().await;
    let (_, job) = rig.upload("report.md", &prose(5)).await;
    let stranger = rig.database.colleague(rig.person.tenant, "bo", "admin").await;
    let cx = rig.database.cx(&stranger, "tessera_events").await;
    let code = |p: kernel::Problem| p.code;
    assert_eq!(jobs::get_job(&cx, job).await.map_err(code).err(), Some(Code::NotFound));
    assert_eq!(jobs::cancel_job(&cx, job).await.map_err(code).err(), Some(Code::NotFound));
    let all = kernel::PageRequest::parse(None, None).unwrap();
    assert_eq!(jobs::list_jobs(&cx, None, all).await.unwrap().total, 0);
    sqlx::query("insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, 'viewer')")
        .bind(rig.person.tenant.0)
        .bind(rig.person.space.0)
        .bind(stranger.user.0)
        .execute(&mut *rig.db.lock().await)
        .await
        .unwrap();
    assert_eq!(jobs::list_jobs(&cx, Some("queued"), all).await.unwrap().total, 1);
    assert_eq!(jobs::cancel_job(&cx, job).await.map_err(code).err(), Some(Code::NotAllowed));
    assert_eq!(jobs::list_jobs(&cx, Some("lost"), all).await.map(|_| ()).map_err(code), Err(Code::InvalidQuery));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_begins_a_document_waits_for_its_deletion_without_holding_what_that_needs() {
    let rig = Rig::new().await;
    let (document, _) = rig.upload("doomed.md", &prose(1)).await;
    let mut deleting = rig.database.superuser().await;
    let mut deletion = deleting.begin().await.unwrap();
    let hold = "select pg_backend_pid() from documents where id = $1 for update";
    let held_by: i32 = sqlx::query_scalar(hold).bind(document.0).fetch_one(&mut *deletion).await.unwrap();
    let _worker = rig.worker();
    rig.until("the worker waits for the deletion", async || rig.somebody_waits_for(held_by).await.then_some(())).await;
    let jobs = "select 1 from jobs where document_id = $1 for update nowait";
    let free = sqlx::query(jobs).bind(document.0).execute(&mut *deletion).await;
    assert!(free.is_ok(), "the worker holds the job, which the deletion comes upon next: {free:?}");
    sqlx::query("delete from documents where id = $1").bind(document.0).execute(&mut *deletion).await.unwrap();
    deletion.commit().await.unwrap();
    // The worker goes on with what is there.
    let (next, _) = rig.upload("next.md", &prose(1)).await;
    rig.until_status(next, "ready").await;
}
