//! What administrators do with the jobs of their organisation, also in spaces of others.

use jobs::{
    Status, discard_organisation_job, get_queue_summary, list_organisation_jobs,
    retry_organisation_job,
};
use kernel::Code;
use platform::Cx;

use crate::fixture::{ALL, Fixture, refused};

async fn colleague(fixture: &Fixture, role: &str) -> Cx {
    fixture.cx(&fixture.db.colleague(fixture.admin.tenant, role, role).await).await
}

#[tokio::test]
async fn an_administrator_retries_and_discards_jobs_of_any_space() {
    let fixture = Fixture::new("dead").await;
    let admin = colleague(&fixture, "admin").await;
    assert_eq!(list_organisation_jobs(&admin, Some("failed"), ALL).await.unwrap().total, 1);
    assert_eq!(get_queue_summary(&admin).await.unwrap().failed, 1);
    let discarded = discard_organisation_job(&admin, fixture.job).await.unwrap();
    assert_eq!(discarded.status, Status::Cancelled);
    assert_eq!(refused(discard_organisation_job(&admin, fixture.job).await), Code::Conflict);
    let again = retry_organisation_job(&admin, fixture.job).await.unwrap();
    assert_eq!(again.status, Status::Queued);
    assert_eq!(get_queue_summary(&admin).await.unwrap().queued, 1);
}

#[tokio::test]
async fn a_manager_does_not_see_the_jobs_of_the_organisation() {
    let fixture = Fixture::new("dead").await;
    let manager = colleague(&fixture, "manager").await;
    for code in [
        refused(list_organisation_jobs(&manager, None, ALL).await),
        refused(get_queue_summary(&manager).await),
        refused(retry_organisation_job(&manager, fixture.job).await),
        refused(discard_organisation_job(&manager, fixture.job).await),
    ] {
        assert_eq!(code, Code::NotAllowed);
    }
}

#[tokio::test]
async fn another_tenant_neither_sees_nor_counts_a_job() {
    let fixture = Fixture::new("dead").await;
    let stranger = fixture.stranger().await;
    assert_eq!(list_organisation_jobs(&stranger, None, ALL).await.unwrap().total, 0);
    assert_eq!(get_queue_summary(&stranger).await.unwrap().failed, 0);
    assert_eq!(refused(retry_organisation_job(&stranger, fixture.job).await), Code::NotFound);
    assert_eq!(refused(discard_organisation_job(&stranger, fixture.job).await), Code::NotFound);
}
