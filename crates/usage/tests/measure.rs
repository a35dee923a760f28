//! What the worker measures over all tenants.

use std::time::Duration;

use models::{ErrorKind, TokenUsage};
use platform::pg::Db;
use usage::{
    measure::{CallSample, QuotaEvents, calls_after, end, quota_counts, quota_events},
    quota::{Measure, Subject},
    record::{CallOutcome, UsageRecord, record},
};

use crate::{Fixture, call, reserve_for, spend};

const NOW: Duration = Duration::ZERO;

async fn worker(fixture: &Fixture) -> Db {
    Db::new(fixture.database.source("tessera_worker").await, None)
}

#[tokio::test]
async fn every_call_is_read_once_in_the_order_of_its_record() {
    let fixture = Fixture::new().await;
    let db = worker(&fixture).await;
    spend(&fixture.chat, 1).await;
    let begin = end(&db, NOW).await.unwrap();
    let held = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let failed = UsageRecord {
        outcome: CallOutcome::Failed(ErrorKind::Overloaded),
        latency: Duration::from_secs(50),
        ..call(&fixture.chat, 0, 0)
    };
    record(&fixture.chat, &held, &failed, false).await;
    let tokens = TokenUsage {
        prompt: 3,
        cached_read: 2,
        completion: 4,
        reasoning: 1,
        ..TokenUsage::default()
    };
    record(
        &fixture.chat,
        &held,
        &UsageRecord { attempt: 2, tokens, ..call(&fixture.chat, 0, 0) },
        true,
    )
    .await;
    let (first, next) = calls_after(&db, begin, NOW, 1).await.unwrap();
    assert_eq!((first.len(), first[0].outcome.as_str()), (1, "overloaded"));
    let (second, after) = calls_after(&db, next, NOW, 10).await.unwrap();
    let expected = CallSample {
        model: "m-1".to_owned(),
        attempt: 2,
        prompt_tokens: 3,
        cached_read_tokens: 2,
        completion_tokens: 4,
        reasoning_tokens: 1,
        nanodollars: Some(7_000_000_000),
        latency: Duration::from_millis(20),
        first_token: Some(Duration::from_millis(5)),
        outcome: "done".to_owned(),
    };
    assert_eq!(second, [expected]);
    assert_eq!(calls_after(&db, after, NOW, 10).await.unwrap(), (vec![], after));
    let unsettled = calls_after(&db, begin, Duration::from_secs(60), 10).await.unwrap();
    assert!(unsettled.0.is_empty(), "their transaction may still run");
}

#[tokio::test]
async fn quotas_of_all_tenants_are_counted_as_they_stand() {
    let fixture = Fixture::new().await;
    let db = worker(&fixture).await;
    fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    fixture.quota(Subject::EachUser, Measure::Requests, "100").await;
    spend(&fixture.chat, 8).await;
    let count = async |subject: &str| {
        let all = quota_counts(&db).await.unwrap();
        let found = all.into_iter().find(|one| one.subject == subject).unwrap();
        (found.measure, found.state, found.quotas, found.refused)
    };
    assert_eq!(count("tenant").await, ("cost".to_owned(), "near".to_owned(), 1, 0));
    assert_eq!(count("each_user").await, ("requests".to_owned(), "open".to_owned(), 1, 0));
    spend(&fixture.chat, 2).await;
    for _ in 0..3 {
        assert!(reserve_for(&fixture.chat, "1", &[]).await.is_err());
    }
    assert_eq!(count("tenant").await, ("cost".to_owned(), "used_up".to_owned(), 1, 3));
    let other = fixture.database.person("zoe").await;
    let zoe = fixture.database.cx(&other, "tessera_chat").await;
    assert!(reserve_for(&zoe, "1", &[]).await.is_ok(), "another tenant has no quota");
}

#[tokio::test]
async fn reservations_that_expired_and_alerts_are_counted() {
    let fixture = Fixture::new().await;
    let db = worker(&fixture).await;
    let quota = fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    fixture.quota(Subject::EachUser, Measure::Tokens, "100000").await;
    let mut database = fixture.database.superuser_in(fixture.ann.tenant).await;
    sqlx::query("update quotas set alert_percent = 80 where id = $1")
        .bind(quota.id.0)
        .execute(&mut database)
        .await
        .unwrap();
    reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let expired = "update quota_reservations set expires_at = now() - interval '1 second'";
    sqlx::query(expired).execute(&mut database).await.unwrap();
    reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    spend(&fixture.chat, 9).await;
    let events = quota_events(&db).await.unwrap();
    let expected = QuotaEvents { open: 1, expired: 1, near: 1, used_up: 0 };
    assert_eq!(events, expected, "a reservation in two quotas is one");
}
