//! Exports of the audit log: written by a job, fetched by the user who asked for them.

use audit::export::Work;
use kernel::id::{AuditExportId, TenantId};
use platform::pg::Db;
use queue::Lease;
use serde_json::json;
use testkit::Database;
use tests::stack::Stack;

use super::audit::{entries, reading};

#[tokio::test]
async fn a_job_writes_an_export_and_its_requester_downloads_it() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let space = admin.create("/api/v1/spaces", &json!({ "name": "=cmd,\"quoted\"" })).await;
    let reading = reading(&admin).await;
    for (format, kind) in [("csv", "text/csv"), ("jsonl", "application/x-ndjson")] {
        let asked = json!({ "reading": reading, "format": format, "action": "space.create", "resource": space });
        let export = admin.post("/api/v1/admin/audit/exports", &asked).await.expect(202);
        let path = format!("/api/v1/admin/audit/exports/{}", export["id"].as_str().unwrap());
        let ready = async {
            loop {
                let export = admin.get(&path).await.expect(200);
                if export["state"] != "queued" {
                    break export;
                }
            }
        };
        let ready = tokio::time::timeout(std::time::Duration::from_secs(30), ready)
            .await
            .expect("no worker wrote it");
        assert_eq!((&ready["state"], &ready["rows"]), (&json!("ready"), &json!(1)), "{ready}");
        let response =
            admin.request(http::Method::GET, &format!("{path}/content")).send().await.unwrap();
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind));
        let text = response.text().await.unwrap();
        assert_eq!(text.len() as i64, ready["size_bytes"].as_i64().unwrap());
        assert!(text.contains("space.create") && text.contains("=cmd"), "{text}");
        let second = stack.database.colleague(TenantId(boss.tenant.0), "second", "admin").await;
        let second = stack.sign_in(&second).await;
        assert_eq!(second.get(&format!("{path}/content")).await.problem(404), "not_found");
    }
    assert!(entries(&admin, "&action=audit.export").await.len() == 2, "fetching is recorded");
}

/// The text that is written of the export, if any is.
async fn pieces_of(database: &Database, export: AuditExportId) -> Option<Vec<String>> {
    let sql = "select array_agg(text order by seq) from audit_export_pieces where export_id = $1";
    let mut db = database.superuser().await;
    sqlx::query_scalar(sql).bind(export.0).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing_into_an_export() {
    // Without a worker, which would lease the job.
    let database = Database::fresh().await;
    let boss = database.person("boss").await;
    let admin = database.cx(&boss, "tessera_admin").await;
    let reading = audit::start_reading(&admin, "a look at what happened").await.unwrap().id;
    let filter = audit::Filter::default();
    let export = audit::export::create_export(&admin, reading, audit::Format::Csv, &filter)
        .await
        .unwrap()
        .id;
    let everywhere = Db::new(database.source("tessera_worker").await, None);
    let take = async || {
        queue::lease(
            &everywhere,
            uuid::Uuid::now_v7(),
            queue::FreeSlots { short: 1, long: 0, mail: 0, crawl: 0 },
            60,
        )
        .await
        .unwrap()
        .pop()
        .unwrap()
    };
    let slow = take().await;
    let mut db = database.superuser().await;
    sqlx::query("update jobs set lease_until = now() - interval '1 second'")
        .execute(&mut db)
        .await
        .unwrap();
    let next = take().await;
    assert_eq!((slow.job, slow.attempt, next.attempt), (next.job, 1, 2));
    let cx = database.cx(&boss, "tessera_worker").await;
    let write = async |lease: &Lease| {
        let work = Work { export, fence: lease.fence() };
        audit::export::write(&cx, &work).await.unwrap()
    };
    let pieces = async || pieces_of(&database, export).await;
    assert_eq!((write(&slow).await, pieces().await), (None, None), "it begins late");
    let written = write(&next).await.expect("it has the lease");
    let whole = pieces().await.expect("it has entries");
    assert!(
        written.rows > 0 && written.size == i64::try_from(whole.concat().len()).unwrap(),
        "{written:?}"
    );
    assert_eq!(
        (write(&slow).await, pieces().await),
        (None, Some(whole)),
        "it begins when all is written"
    );
    let mut tx = cx.db.begin().await.unwrap();
    assert_eq!(queue::succeed(&mut tx, &slow).await.unwrap(), None);
    tx.rollback().await.unwrap();
    let mut tx = cx.db.begin().await.unwrap();
    assert!(queue::succeed(&mut tx, &next).await.unwrap().is_some());
    audit::export::finish(&mut tx, export, written).await.unwrap();
    tx.commit().await.unwrap();
    let ready = audit::export::get_export(&admin, export).await.unwrap();
    assert_eq!((ready.state, ready.rows), (audit::State::Ready, Some(written.rows)));
}
