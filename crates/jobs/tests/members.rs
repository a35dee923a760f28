//! What members of a space see of its jobs, and do with them.

use jobs::{Status, cancel_job, get_job, list_jobs, retry_job};
use kernel::Code;
use spaces::Role;

use crate::fixture::{ALL, Fixture, refused};

#[tokio::test]
async fn an_editor_cancels_and_retries_a_job() {
    let fixture = Fixture::new("queued").await;
    let editor = fixture.member(Some(Role::Editor)).await;
    assert_eq!(cancel_job(&editor, fixture.job).await.unwrap().status, Status::Cancelled);
    assert_eq!(refused(cancel_job(&editor, fixture.job).await), Code::Conflict);
    assert_eq!(retry_job(&editor, fixture.job).await.unwrap().status, Status::Queued);
    assert_eq!(refused(retry_job(&editor, fixture.job).await), Code::Conflict);
}

#[tokio::test]
async fn a_viewer_only_sees_a_job() {
    let fixture = Fixture::new("dead").await;
    let viewer = fixture.member(Some(Role::Viewer)).await;
    assert_eq!(list_jobs(&viewer, None, ALL).await.unwrap().total, 1);
    assert_eq!(get_job(&viewer, fixture.job).await.unwrap().status, Status::Dead);
    assert_eq!(refused(cancel_job(&viewer, fixture.job).await), Code::NotAllowed);
    assert_eq!(refused(retry_job(&viewer, fixture.job).await), Code::NotAllowed);
}

#[tokio::test]
async fn a_job_does_not_exist_for_those_outside_its_space() {
    let fixture = Fixture::new("dead").await;
    for outsider in [fixture.member(None).await, fixture.stranger().await] {
        assert_eq!(list_jobs(&outsider, None, ALL).await.unwrap().total, 0);
        assert_eq!(refused(get_job(&outsider, fixture.job).await), Code::NotFound);
        assert_eq!(refused(cancel_job(&outsider, fixture.job).await), Code::NotFound);
        assert_eq!(refused(retry_job(&outsider, fixture.job).await), Code::NotFound);
    }
}

#[tokio::test]
async fn a_list_has_the_jobs_of_one_status() {
    let fixture = Fixture::new("dead").await;
    let viewer = fixture.member(Some(Role::Viewer)).await;
    assert_eq!(list_jobs(&viewer, Some("dead"), ALL).await.unwrap().total, 1);
    assert_eq!(list_jobs(&viewer, Some("queued"), ALL).await.unwrap().total, 0);
    assert_eq!(refused(list_jobs(&viewer, Some("lost"), ALL).await), Code::InvalidQuery);
}
