//! Who exports the log, and which worker writes the file.

use audit::{
    Filter, Format, State,
    export::{self, Work, create_export, get_export},
    start_reading,
};
use kernel::{Code, id::AuditExportId};
use platform::pg::Db;
use queue::{FreeSlots, Lease};

use crate::organisation::{Organisation, REASON, refused};

async fn exported(organisation: &Organisation) -> AuditExportId {
    let admin = organisation.cx(&organisation.admin).await;
    let reading = start_reading(&admin, REASON).await.unwrap().id;
    let export = create_export(&admin, reading, Format::JsonLines, &Filter::default()).await;
    export.unwrap().id
}

/// The lease of the only job.
async fn lease(organisation: &Organisation) -> Lease {
    let db = Db::new(organisation.db.source("tessera_worker").await, None);
    let free = FreeSlots { short: 1, ..FreeSlots::NONE };
    let worker = platform::random::id().unwrap();
    queue::lease(&db, worker, free, 60).await.unwrap().remove(0)
}

#[tokio::test]
async fn an_export_is_shown_to_the_administrator_who_asked_for_it() {
    let organisation = Organisation::new().await;
    let export = exported(&organisation).await;
    let admin = organisation.cx(&organisation.admin).await;
    assert_eq!(get_export(&admin, export).await.unwrap().state, State::Queued);
    for (other, code) in [
        (&organisation.second_admin, Code::NotFound),
        (&organisation.manager, Code::NotAllowed),
        (&organisation.stranger, Code::NotFound),
    ] {
        let cx = organisation.cx(other).await;
        assert_eq!(refused(get_export(&cx, export).await), code, "{}", other.email);
    }
}

#[tokio::test]
async fn an_export_needs_a_reason_of_its_own() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let reading = start_reading(&admin, REASON).await.unwrap().id;
    for (other, code) in [
        (&organisation.second_admin, Code::NotFound),
        (&organisation.manager, Code::NotAllowed),
        (&organisation.stranger, Code::NotFound),
    ] {
        let cx = organisation.cx(other).await;
        let export = create_export(&cx, reading, Format::Csv, &Filter::default()).await;
        assert_eq!(refused(export), code, "{}", other.email);
    }
}

#[tokio::test]
async fn the_worker_with_the_lease_writes_the_file() {
    let organisation = Organisation::new().await;
    let export = exported(&organisation).await;
    let lease = lease(&organisation).await;
    let worker = organisation.worker(organisation.admin.tenant).await;
    let work = Work { export, fence: lease.fence() };
    let size = export::write(&worker, &work).await.unwrap().expect("the lease is held");
    let mut tx = worker.db.begin().await.unwrap();
    export::finish(&mut tx, export, size).await.unwrap();
    tx.commit().await.unwrap();
    let admin = organisation.cx(&organisation.admin).await;
    let found = get_export(&admin, export).await.unwrap();
    assert_eq!((found.state, found.rows), (State::Ready, Some(size.rows)));
    let text = export::batch(&admin, export, 0).await.unwrap().unwrap();
    assert!(text.contains("\"action\":\"test.event\""), "{text}");
    let stranger = organisation.cx(&organisation.stranger).await;
    assert_eq!(export::batch(&stranger, export, 0).await, Ok(None));
}

#[tokio::test]
async fn a_worker_without_the_lease_writes_nothing() {
    let organisation = Organisation::new().await;
    let export = exported(&organisation).await;
    let lease = lease(&organisation).await;
    let worker = organisation.worker(organisation.admin.tenant).await;
    let lost = Lease { worker: platform::random::id().unwrap(), ..lease.clone() };
    let work = Work { export, fence: lost.fence() };
    assert_eq!(export::write(&worker, &work).await, Ok(None));
    let elsewhere = organisation.worker(organisation.stranger.tenant).await;
    let work = Work { export, fence: lease.fence() };
    assert_eq!(export::write(&elsewhere, &work).await, Ok(None));
    assert_eq!(export::batch(&worker, export, 0).await, Ok(None));
}
