//! Records, which outlive what they are about, and alerts.

use std::time::Duration;

use kernel::{
    Code,
    id::{AssistantId, SpaceId},
};
use models::{Attribution, ErrorKind, PriceList, TokenUsage};
use serde_json::json;
use sqlx::Row;
use usage::{
    alert::list_alerts,
    quota::{Amount, Measure, NewQuota, Period, Subject, create_quota, get_quota},
    record::{CallOutcome, CalledModel, UsageRecord, record},
};
use uuid::Uuid;

use crate::{FIRST, Room, call, code, reserve_for, spend};

#[tokio::test]
async fn a_record_has_all_that_was_used() {
    let room = Room::new().await;
    let prices = PriceList::read(&json!({ "standard": {
        "input": "0.000003", "output": "0.000015", "cached_read": "0.0000003", "cached_write": "0.00000375"
    } }));
    let full = UsageRecord {
        model: CalledModel { prices: Some(prices.unwrap()), ..call(&room.chat, 0, 0).model },
        tokens: TokenUsage {
            prompt: 1_000,
            cached_read: 700,
            cached_write: 200,
            completion: 90,
            reasoning: 40,
            ..TokenUsage::default()
        },
        attribution: Attribution { space_id: Some(room.ann.space), ..Attribution::default() },
        latency: Duration::from_millis(1_234),
        ..call(&room.chat, 0, 0)
    };
    let reservation = reserve_for(&room.chat, "1", &[]).await.unwrap();
    record(&room.chat, &reservation, &full, true).await;
    let row = sqlx::query("select *, cost::text as cost_text from usage_records");
    let row = row.fetch_one(&mut room.database.superuser().await).await.unwrap();
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
    assert_eq!(row.get::<Uuid, _>("user_id"), room.ann.user.0);
    assert_eq!(row.get::<Uuid, _>("space_id"), room.ann.space.0);
}

#[tokio::test]
async fn a_record_outlives_its_user_and_space() {
    let room = Room::new().await;
    let bo = room.database.colleague(room.ann.tenant, "bo", "user").await;
    let cx = room.database.cx(&bo, "tessera_chat").await;
    let reservation = reserve_for(&cx, "1", &[]).await.unwrap();
    let attribution = Attribution { space_id: Some(bo.space), ..Attribution::default() };
    record(&cx, &reservation, &UsageRecord { attribution, ..call(&cx, 2, 0) }, true).await;
    let mut db = room.database.superuser_in(bo.tenant).await;
    sqlx::query("delete from spaces where id = $1")
        .bind(bo.space.0)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("delete from users where id = $1").bind(bo.user.0).execute(&mut db).await.unwrap();
    let kept = "select count(*) from usage_records where user_id is null and space_id is null and cost = 2";
    assert_eq!(room.number(kept).await, 1);
}

#[tokio::test]
async fn a_call_is_recorded_although_its_space_is_gone_or_foreign() {
    let room = Room::new().await;
    let stranger = room.database.person("stranger").await;
    for space in [SpaceId(Uuid::now_v7()), stranger.space] {
        let reservation = reserve_for(&room.chat, "1", &[]).await.unwrap();
        let attribution = Attribution {
            space_id: Some(space),
            assistant_id: Some(AssistantId(space.0)),
            ..Attribution::default()
        };
        record(
            &room.chat,
            &reservation,
            &UsageRecord { attribution, ..call(&room.chat, 1, 0) },
            true,
        )
        .await;
    }
    let bare = "select count(*) from usage_records where space_id is null and assistant_id is null and user_id is not null";
    assert_eq!(room.number(bare).await, 2);
}

#[tokio::test]
async fn attempts_that_fail_are_recorded_and_the_question_counts_once() {
    let room = Room::new().await;
    let quota = room.quota(Subject::Tenant, Measure::Requests, "10").await;
    let reservation = reserve_for(&room.chat, "1", &[]).await.unwrap();
    let failed = UsageRecord {
        outcome: CallOutcome::Failed(ErrorKind::Overloaded),
        ..call(&room.chat, 0, 0)
    };
    record(&room.chat, &reservation, &failed, false).await;
    let state = get_quota(&room.admin, quota.id).await.unwrap().state.unwrap();
    assert_eq!(
        (state.used.as_str(), state.reserved.as_str()),
        ("1", "1"),
        "the reservation continues"
    );
    record(&room.chat, &reservation, &UsageRecord { attempt: 2, ..call(&room.chat, 5, 5) }, true)
        .await;
    let state = get_quota(&room.admin, quota.id).await.unwrap().state.unwrap();
    assert_eq!(
        (state.used.as_str(), state.reserved.as_str(), state.left.as_str()),
        ("1", "0", "9")
    );
    assert_eq!(
        room.number("select count(*) from usage_records where outcome in ('overloaded', 'done')")
            .await,
        2
    );
}

#[tokio::test]
async fn an_alert_is_raised_once_for_each_threshold_and_period() {
    let room = Room::new().await;
    let limit = Amount::parse("10", Measure::Cost).unwrap();
    let new = NewQuota {
        subject: Subject::Tenant,
        measure: Measure::Cost,
        period: Period::Month,
        limit,
        alert_percent: Some(80),
    };
    let quota = create_quota(&room.admin, &new).await.unwrap();
    for (amount, expected) in [(7, vec![]), (1, vec![80]), (1, vec![80]), (3, vec![80, 100])] {
        spend(&room.chat, amount).await;
        let mut raised: Vec<i32> = list_alerts(&room.admin, FIRST)
            .await
            .unwrap()
            .items
            .iter()
            .map(|alert| alert.percent)
            .collect();
        raised.sort_unstable();
        assert_eq!(raised, expected);
    }
    let alerts = list_alerts(&room.admin, FIRST).await.unwrap().items;
    assert!(
        alerts.iter().all(|alert| alert.quota_id == quota.id && alert.limit == "10"),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn a_component_that_asks_models_reads_and_changes_no_record() {
    let room = Room::new().await;
    spend(&room.chat, 1).await;
    for role in ["tessera_chat", "tessera_openai", "tessera_gateway"] {
        let cx = room.database.cx(&room.ann, role).await;
        for sql in [
            "select 1 from usage_records",
            "delete from quota_reservations",
            "update quota_counters set used = 0",
        ] {
            assert!(cx.db.query(sql, &[]).await.is_err(), "{role}: {sql}");
        }
    }
    assert_eq!(
        code(list_alerts(&room.database.cx(&room.ann, "tessera_chat").await, FIRST).await),
        Code::Internal
    );
}
