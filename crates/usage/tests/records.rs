//! Records, which outlive what they are about, and alerts.

use std::time::Duration;

use kernel::{
    Code,
    id::{AssistantId, SpaceId},
};
use models::{Attribution, CallPurpose, ErrorKind, PriceList, TokenUsage};
use queue::Job;
use serde_json::json;
use sqlx::Row;
use usage::{
    alert::{alert_mail, list_alerts},
    job::SendQuotaAlert,
    quota::{Amount, Measure, NewQuota, Period, Subject, create_quota, get_quota},
    record::{CallOutcome, CalledModel, UsageRecord, record},
};
use uuid::Uuid;

use crate::{FIRST, Fixture, call, code, reserve_for, spend};

#[tokio::test]
async fn a_record_has_all_that_was_used() {
    let fixture = Fixture::new().await;
    let prices = PriceList::read(&json!({ "standard": {
        "input": "0.000003", "output": "0.000015", "cached_read": "0.0000003", "cached_write": "0.00000375"
    } }));
    let full = UsageRecord {
        model: CalledModel { prices: Some(prices.unwrap()), ..call(&fixture.chat, 0, 0).model },
        tokens: TokenUsage {
            prompt: 1_000,
            cached_read: 700,
            cached_write: 200,
            completion: 90,
            reasoning: 40,
            ..TokenUsage::default()
        },
        attribution: Attribution { space_id: Some(fixture.ann.space), ..Attribution::default() },
        latency: Duration::from_millis(1_234),
        ..call(&fixture.chat, 0, 0)
    };
    let reservation = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    record(&fixture.chat, &reservation, &full, true).await;
    let row = sqlx::query("select *, cost::text as cost_text from usage_records");
    let row = row.fetch_one(&mut fixture.database.superuser().await).await.unwrap();
    // 100 × 3e-6 + 700 × 0.3e-6 + 200 × 3.75e-6 + 90 × 15e-6, by hand.
    assert_eq!(row.get::<String, _>("cost_text"), "0.002610000000");
    let text = |name: &str| row.get::<String, _>(name);
    assert_eq!(
        [
            text("model_name"),
            text("provider_name"),
            text("cost_state"),
            text("outcome"),
            text("purpose")
        ],
        ["m-1", "Main", "priced", "done", "chat"]
    );
    let tokens = ["prompt", "cached_read", "cached_write", "completion", "reasoning"];
    let tokens = tokens.map(|name| row.get::<i64, _>(format!("{name}_tokens").as_str()));
    assert_eq!(tokens, [1_000, 700, 200, 90, 40]);
    assert_eq!((row.get::<i32, _>("latency_ms"), row.get::<i32, _>("first_token_ms")), (1_234, 5));
    assert_eq!(row.get::<Uuid, _>("user_id"), fixture.ann.user.0);
    assert_eq!(row.get::<Uuid, _>("space_id"), fixture.ann.space.0);
}

#[tokio::test]
async fn a_rerank_is_recorded_with_its_searches_and_counts_in_quotas() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    let prices = PriceList::read(&json!({ "standard": { "search": "0.5" } })).unwrap();
    let model = CalledModel { prices: Some(prices), ..call(&fixture.chat, 0, 0).model };
    let attribution = Attribution { purpose: CallPurpose::Rerank, ..Attribution::default() };
    let reservation = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let ranked = UsageRecord { attribution, searches: 3, model, ..call(&fixture.chat, 400, 0) };
    record(&fixture.chat, &reservation, &ranked, true).await;
    let sql = "select concat_ws(' ', purpose, searches, prompt_tokens, trim_scale(cost)) from usage_records";
    let row: String =
        sqlx::query_scalar(sql).fetch_one(&mut fixture.database.superuser().await).await.unwrap();
    assert_eq!(row, "rerank 3 400 1.5");
    let used = "select (used * 10)::bigint from quota_counters";
    assert_eq!(fixture.number(used).await, 15);
}

#[tokio::test]
async fn a_transcription_is_recorded_with_its_seconds_and_is_a_request() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Requests, "10").await;
    let prices = PriceList::read(&json!({ "standard": { "second": "0.5" } })).unwrap();
    let model = CalledModel { prices: Some(prices), ..call(&fixture.chat, 0, 0).model };
    let attribution = Attribution { purpose: CallPurpose::Transcription, ..Attribution::default() };
    let reservation = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let heard = UsageRecord { attribution, audio_seconds: 3, model, ..call(&fixture.chat, 0, 0) };
    record(&fixture.chat, &reservation, &heard, true).await;
    let sql = "select concat_ws(' ', purpose, audio_seconds, cost_state, trim_scale(cost)) from usage_records";
    let row: String =
        sqlx::query_scalar(sql).fetch_one(&mut fixture.database.superuser().await).await.unwrap();
    assert_eq!(row, "transcription 3 priced 1.5");
    assert_eq!(fixture.number("select used::bigint from quota_counters").await, 1);
}

#[tokio::test]
async fn a_record_outlives_its_user_and_space() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let cx = fixture.database.cx(&bo, "tessera_chat").await;
    let reservation = reserve_for(&cx, "1", &[]).await.unwrap();
    let attribution = Attribution { space_id: Some(bo.space), ..Attribution::default() };
    record(&cx, &reservation, &UsageRecord { attribution, ..call(&cx, 2, 0) }, true).await;
    let mut db = fixture.database.superuser_in(bo.tenant).await;
    sqlx::query("delete from spaces where id = $1")
        .bind(bo.space.0)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("delete from users where id = $1").bind(bo.user.0).execute(&mut db).await.unwrap();
    let kept = "select count(*) from usage_records where user_id is null and space_id is null and cost = 2";
    assert_eq!(fixture.number(kept).await, 1);
}

#[tokio::test]
async fn a_call_is_recorded_although_its_space_is_gone_or_foreign() {
    let fixture = Fixture::new().await;
    let stranger = fixture.database.person("stranger").await;
    for space in [SpaceId(Uuid::now_v7()), stranger.space] {
        let reservation = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
        let attribution = Attribution {
            space_id: Some(space),
            assistant_id: Some(AssistantId(space.0)),
            ..Attribution::default()
        };
        record(
            &fixture.chat,
            &reservation,
            &UsageRecord { attribution, ..call(&fixture.chat, 1, 0) },
            true,
        )
        .await;
    }
    let bare = "select count(*) from usage_records where space_id is null and assistant_id is null and user_id is not null";
    assert_eq!(fixture.number(bare).await, 2);
}

#[tokio::test]
async fn attempts_that_fail_are_recorded_and_the_question_counts_once() {
    let fixture = Fixture::new().await;
    let quota = fixture.quota(Subject::Tenant, Measure::Requests, "10").await;
    let reservation = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let failed = UsageRecord {
        outcome: CallOutcome::Failed(ErrorKind::Overloaded),
        ..call(&fixture.chat, 0, 0)
    };
    record(&fixture.chat, &reservation, &failed, false).await;
    let state = get_quota(&fixture.admin, quota.id).await.unwrap().state.unwrap();
    assert_eq!(
        (state.used.as_str(), state.reserved.as_str()),
        ("1", "1"),
        "the reservation continues"
    );
    record(
        &fixture.chat,
        &reservation,
        &UsageRecord { attempt: 2, ..call(&fixture.chat, 5, 5) },
        true,
    )
    .await;
    let state = get_quota(&fixture.admin, quota.id).await.unwrap().state.unwrap();
    assert_eq!(
        (state.used.as_str(), state.reserved.as_str(), state.left.as_str()),
        ("1", "0", "9")
    );
    assert_eq!(
        fixture
            .number("select count(*) from usage_records where outcome in ('overloaded', 'done')")
            .await,
        2
    );
}

#[tokio::test]
async fn an_alert_is_raised_once_for_each_threshold_and_period() {
    let fixture = Fixture::new().await;
    let limit = Amount::parse("10", Measure::Cost).unwrap();
    let new = NewQuota {
        subject: Subject::Tenant,
        measure: Measure::Cost,
        period: Period::Month,
        limit,
        alert_percent: Some(80),
    };
    let quota = create_quota(&fixture.admin, &new).await.unwrap();
    for (amount, expected) in [(7, vec![]), (1, vec![80]), (1, vec![80]), (3, vec![80, 100])] {
        spend(&fixture.chat, amount).await;
        let mut raised: Vec<i32> = list_alerts(&fixture.admin, FIRST)
            .await
            .unwrap()
            .items
            .iter()
            .map(|alert| alert.percent)
            .collect();
        raised.sort_unstable();
        assert_eq!(raised, expected);
    }
    let alerts = list_alerts(&fixture.admin, FIRST).await.unwrap().items;
    assert!(
        alerts.iter().all(|alert| alert.quota_id == quota.id && alert.limit == "10"),
        "{alerts:?}"
    );
}

/// The emails that are queued: to whom, about which threshold.
async fn emails(fixture: &Fixture) -> Vec<(String, i32)> {
    let sql = "select u.display_name, a.percent from jobs j
          join quota_alerts a on a.id = (j.payload ->> 'alert_id')::uuid join users u on u.id = (j.payload ->> 'user_id')::uuid
         where j.kind = $1 and j.lane = $2 and j.max_attempts = $3 order by 1, 2";
    let query = sqlx::query_as(sql)
        .bind(SendQuotaAlert::KIND)
        .bind(SendQuotaAlert::LANE.unwrap().as_str())
        .bind(SendQuotaAlert::MAX_ATTEMPTS);
    query.fetch_all(&mut fixture.database.superuser().await).await.unwrap()
}

async fn alerting(fixture: &Fixture, subject: Subject, measure: Measure, limit: &str) {
    let limit = Amount::parse(limit, measure).unwrap();
    let new = NewQuota { subject, measure, period: Period::Day, limit, alert_percent: Some(80) };
    create_quota(&fixture.admin, &new).await.unwrap();
}

#[tokio::test]
async fn each_threshold_queues_one_mail_to_each_administrator_and_no_user() {
    let fixture = Fixture::new().await;
    fixture.database.colleague(fixture.ann.tenant, "bo", "admin").await;
    fixture.database.colleague(fixture.ann.tenant, "cy", "user").await;
    fixture.database.person("stranger").await;
    alerting(&fixture, Subject::Tenant, Measure::Cost, "10").await;
    let (ann, bo) = ("ann".to_owned(), "bo".to_owned());
    let at = |percent: i32| [(ann.clone(), percent), (bo.clone(), percent)];
    for (amount, expected) in [
        (7, vec![]),
        (1, at(80).to_vec()),
        (1, at(80).to_vec()),
        (3, vec![(ann.clone(), 80), (ann.clone(), 100), (bo.clone(), 80), (bo.clone(), 100)]),
    ] {
        spend(&fixture.chat, amount).await;
        assert_eq!(emails(&fixture).await, expected);
    }
}

#[tokio::test]
async fn a_users_own_quota_is_mailed_to_them_and_quotas_of_each_user_to_no_other() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let of_bo = fixture.database.cx(&bo, "tessera_chat").await;
    alerting(&fixture, Subject::EachUser, Measure::Cost, "10").await;
    spend(&of_bo, 10).await;
    let both = |name: &str| [(name.to_owned(), 80), (name.to_owned(), 100)];
    assert_eq!(emails(&fixture).await, both("bo"));
    alerting(&fixture, Subject::User(bo.user.0), Measure::Requests, "2").await;
    sqlx::query("delete from jobs").execute(&mut fixture.database.superuser().await).await.unwrap();
    sqlx::query("update quotas set amount = 100 where subject = 'each_user'")
        .execute(&mut fixture.database.superuser_in(fixture.ann.tenant).await)
        .await
        .unwrap();
    spend(&of_bo, 1).await;
    assert_eq!(emails(&fixture).await, [both("ann"), both("bo")].concat());
}

#[tokio::test]
async fn the_worker_reads_what_a_mail_says_unless_its_recipient_has_gone() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    alerting(&fixture, Subject::EachUser, Measure::Cost, "10").await;
    spend(&fixture.database.cx(&bo, "tessera_chat").await, 9).await;
    let alert = list_alerts(&fixture.admin, FIRST).await.unwrap().items.remove(0);
    let worker = fixture.database.cx(&fixture.ann, "tessera_worker").await;
    let mail = alert_mail(&worker, alert.id, bo.user).await.unwrap().unwrap();
    assert_eq!((mail.display_name.as_str(), mail.percent, mail.is_own), ("bo", 80, true));
    assert_eq!((mail.used.as_str(), mail.limit.as_str()), ("9", "10"));
    assert!(mail.ends_at > alert.created_at, "{mail:?}");
    assert_eq!(alert_mail(&worker, alert.id, fixture.ann.user).await.unwrap(), None, "not theirs");
    sqlx::query("update users set state = 'inactive' where id = $1")
        .bind(bo.user.0)
        .execute(&mut fixture.database.superuser_in(fixture.ann.tenant).await)
        .await
        .unwrap();
    assert_eq!(alert_mail(&worker, alert.id, bo.user).await.unwrap(), None);
}

#[tokio::test]
async fn a_component_that_asks_models_reads_and_changes_no_record() {
    let fixture = Fixture::new().await;
    spend(&fixture.chat, 1).await;
    for role in ["tessera_chat", "tessera_openai", "tessera_gateway"] {
        let cx = fixture.database.cx(&fixture.ann, role).await;
        for sql in [
            "select 1 from usage_records",
            "delete from quota_reservations",
            "update quota_counters set used = 0",
        ] {
            assert!(cx.db.query(sql, &[]).await.is_err(), "{role}: {sql}");
        }
    }
    assert_eq!(
        code(list_alerts(&fixture.database.cx(&fixture.ann, "tessera_chat").await, FIRST).await),
        Code::Internal
    );
}
