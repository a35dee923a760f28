//! Quotas, managed by administrators.

use kernel::{Code, id::QuotaId};
use usage::{
    own_usage::read_own_usage,
    policy::{UsagePolicy, get_policy, put_policy},
    quota::{
        Amount, Measure, NewQuota, Period, Subject, create_quota, delete_quota, get_quota,
        list_quotas, update_quota,
    },
};
use uuid::Uuid;

use crate::{FIRST, Fixture, code, reserve_for, spend};

fn new(subject: Subject) -> NewQuota {
    let limit = Amount::parse("100", Measure::Cost).unwrap();
    NewQuota {
        subject,
        measure: Measure::Cost,
        period: Period::Month,
        limit,
        alert_percent: Some(80),
    }
}

#[tokio::test]
async fn a_quota_counts_what_was_used_before_it_was_made() {
    let fixture = Fixture::new().await;
    spend(&fixture.chat, 30).await;
    let quota = create_quota(&fixture.admin, &new(Subject::Tenant)).await.unwrap();
    let state = quota.state.unwrap();
    assert_eq!((state.used.as_str(), state.left.as_str()), ("30", "70"));
    spend(&fixture.chat, 5).await;
    reserve_for(&fixture.chat, "20", &[]).await.unwrap();
    let state = get_quota(&fixture.admin, quota.id).await.unwrap().state.unwrap();
    assert_eq!(
        (state.used.as_str(), state.reserved.as_str(), state.left.as_str()),
        ("35", "20", "45")
    );
}

#[tokio::test]
async fn a_quota_is_changed_and_deleted_and_the_log_says_so() {
    let fixture = Fixture::new().await;
    let quota = create_quota(&fixture.admin, &new(Subject::EachUser)).await.unwrap();
    let changed = update_quota(&fixture.admin, quota.id, Some("2.5"), Some(None)).await.unwrap();
    assert_eq!((changed.limit.as_str(), changed.alert_percent), ("2.5", None));
    let same = update_quota(&fixture.admin, quota.id, None, None).await.unwrap();
    assert_eq!(
        (same.limit.as_str(), list_quotas(&fixture.admin, FIRST).await.unwrap().total),
        ("2.5", 1)
    );
    delete_quota(&fixture.admin, quota.id).await.unwrap();
    assert_eq!(code(get_quota(&fixture.admin, quota.id).await), Code::NotFound);
    let sql = "select count(*) from audit_entries where resource_kind = 'quota' and action in ('quota.create', 'quota.update', 'quota.delete')";
    assert_eq!(fixture.number(sql).await, 3);
}

#[tokio::test]
async fn a_malformed_quota_is_refused() {
    let fixture = Fixture::new().await;
    create_quota(&fixture.admin, &new(Subject::Tenant)).await.unwrap();
    assert_eq!(code(create_quota(&fixture.admin, &new(Subject::Tenant)).await), Code::Conflict);
    assert_eq!(
        code(create_quota(&fixture.admin, &new(Subject::Model(Uuid::now_v7()))).await),
        Code::NotFound
    );
    for wrong in [
        NewQuota { alert_percent: Some(0), ..new(Subject::EachUser) },
        NewQuota { alert_percent: Some(101), ..new(Subject::EachUser) },
        NewQuota { period: Period::Hour, ..new(Subject::EachUser) },
    ] {
        assert_eq!(
            code(create_quota(&fixture.admin, &wrong).await),
            Code::InvalidBody,
            "{wrong:?}"
        );
    }
    assert_eq!(
        code(update_quota(&fixture.admin, QuotaId(Uuid::now_v7()), None, None).await),
        Code::NotFound
    );
}

#[tokio::test]
async fn another_tenant_finds_nothing_and_a_user_may_not_look() {
    let fixture = Fixture::new().await;
    let quota = create_quota(&fixture.admin, &new(Subject::Tenant)).await.unwrap();
    let stranger = fixture.database.person("stranger").await;
    let theirs = fixture.database.cx(&stranger, "tessera_admin").await;
    assert_eq!(code(get_quota(&theirs, quota.id).await), Code::NotFound);
    assert_eq!(code(update_quota(&theirs, quota.id, Some("1"), None).await), Code::NotFound);
    assert_eq!(code(delete_quota(&theirs, quota.id).await), Code::NotFound);
    assert_eq!(list_quotas(&theirs, FIRST).await.unwrap().total, 0);
    assert_eq!(
        code(create_quota(&theirs, &new(Subject::User(fixture.ann.user.0))).await),
        Code::NotFound
    );
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "manager").await;
    let bo = fixture.database.cx(&bo, "tessera_admin").await;
    assert_eq!(code(list_quotas(&bo, FIRST).await), Code::NotAllowed);
    assert_eq!(code(create_quota(&bo, &new(Subject::Tenant)).await), Code::NotAllowed);
    assert_eq!(code(delete_quota(&bo, quota.id).await), Code::NotAllowed);
    assert_eq!(code(put_policy(&bo, UsagePolicy::default()).await), Code::NotAllowed);
    assert_eq!(code(get_policy(&bo).await), Code::NotAllowed);
}

#[tokio::test]
async fn every_user_sees_their_own_usage_and_what_is_left() {
    let fixture = Fixture::new().await;
    create_quota(&fixture.admin, &new(Subject::EachUser)).await.unwrap();
    create_quota(&fixture.admin, &new(Subject::User(fixture.ann.user.0))).await.unwrap();
    spend(&fixture.chat, 30).await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let bo = read_own_usage(&fixture.database.cx(&bo, "tessera_admin").await).await.unwrap();
    assert_eq!((bo.today.calls, bo.today.cost.as_str(), bo.quotas.len()), (0, "0", 1));
    assert_eq!(bo.quotas[0].state.as_ref().unwrap().left, "100");
    let ann = read_own_usage(&fixture.admin).await.unwrap();
    assert_eq!((ann.today.calls, ann.month.cost.as_str(), ann.quotas.len()), (1, "30", 2));
    assert!(ann.quotas.iter().all(|quota| quota.state.as_ref().unwrap().left == "70"), "{ann:#?}");
}
