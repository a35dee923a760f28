//! Who reads and verifies the log.

use audit::{Filter, VerifyCursor, list_entries, retention, start_reading, verify};
use kernel::Code;

use crate::organisation::{ALL, Organisation, REASON, refused};

fn events() -> Filter {
    Filter { action: Some("test".to_owned()), ..Filter::default() }
}

#[tokio::test]
async fn an_administrator_reads_the_log_and_a_manager_does_not() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let manager = organisation.cx(&organisation.manager).await;
    assert_eq!(refused(start_reading(&manager, REASON).await), Code::NotAllowed);
    let reading = start_reading(&admin, REASON).await.unwrap().id;
    let list = list_entries(&manager, reading, &events(), ALL).await;
    assert_eq!(refused(list), Code::NotAllowed);
    let entries = list_entries(&admin, reading, &events(), ALL).await.unwrap().items;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].actor.id, Some(organisation.admin.user.0));
}

#[tokio::test]
async fn every_page_that_is_read_becomes_an_entry() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let reading = start_reading(&admin, REASON).await.unwrap().id;
    let read = Filter { action: Some("audit.read".to_owned()), ..Filter::default() };
    assert_eq!(list_entries(&admin, reading, &read, ALL).await.unwrap().total, 0);
    assert_eq!(list_entries(&admin, reading, &read, ALL).await.unwrap().total, 1);
}

#[tokio::test]
async fn a_stated_reason_is_of_one_reader_only() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let reading = start_reading(&admin, REASON).await.unwrap().id;
    for other in [&organisation.second_admin, &organisation.stranger] {
        let other = organisation.cx(other).await;
        let list = list_entries(&other, reading, &events(), ALL).await;
        assert_eq!(refused(list), Code::NotFound);
    }
}

#[tokio::test]
async fn another_tenant_sees_no_entry() {
    let organisation = Organisation::new().await;
    let stranger = organisation.cx(&organisation.stranger).await;
    let reading = start_reading(&stranger, REASON).await.unwrap().id;
    assert_eq!(list_entries(&stranger, reading, &events(), ALL).await.unwrap().items, []);
    let of_admin = Filter { actor: Some(organisation.admin.user), ..Filter::default() };
    assert_eq!(list_entries(&stranger, reading, &of_admin, ALL).await.unwrap().items, []);
}

#[tokio::test]
async fn an_administrator_verifies_the_chain_and_a_manager_does_not() {
    let organisation = Organisation::new().await;
    let manager = organisation.cx(&organisation.manager).await;
    let verified = verify(&manager, VerifyCursor::default(), 100).await;
    assert_eq!(refused(verified), Code::NotAllowed);
    let admin = organisation.cx(&organisation.admin).await;
    let verified = verify(&admin, VerifyCursor::default(), 100).await.unwrap();
    assert!(verified.is_whole() && verified.entries > 0, "{verified:?}");
}

#[tokio::test]
async fn the_worker_purges_no_entry_within_the_retention_time() {
    let organisation = Organisation::new().await;
    let worker = organisation.worker(organisation.admin.tenant).await;
    assert_eq!(retention::purge(&worker).await, Ok(0));
    let admin = organisation.cx(&organisation.admin).await;
    assert!(retention::purge(&admin).await.is_err(), "no component purges the log");
}
