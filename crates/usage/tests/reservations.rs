//! Reservations: admitted, refused, and left by a process that died.

use futures::future::join_all;
use kernel::{Code, id::ModelId};
use models::{Attribution, CallPurpose};
use sqlx::Connection;
use usage::{
    policy::{UnpricedPolicy, UsagePolicy, put_policy},
    quota::{Measure, Subject, get_quota},
    record::record,
    reservation::{Question, WorstCase, release, reserve},
};
use uuid::Uuid;

use crate::{Fixture, call, code, dollars, reserve_for, spend};

#[tokio::test(flavor = "multi_thread")]
async fn of_200_parallel_questions_a_quota_for_50_admits_50() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, "50").await;
    fixture.quota(Subject::EachUser, Measure::Tokens, "100000").await;
    let mut users = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let person = fixture.database.colleague(fixture.ann.tenant, name, "user").await;
        users.push(fixture.database.cx(&person, "tessera_chat").await);
    }
    let questions = (0..200).map(|n| {
        let cx = users[n % users.len()].with_own_connection();
        async move {
            let outcome = reserve_for(&cx, "1", &[]).await;
            cx.db.release().await;
            (cx, outcome)
        }
    });
    let outcomes = join_all(questions).await;
    let refused: Vec<Code> =
        outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().err()).map(|p| p.code).collect();
    assert_eq!((outcomes.len() - refused.len(), refused.len()), (50, 150));
    assert!(refused.iter().all(|code| *code == Code::UsageQuotaReached), "{refused:?}");
    let recorded =
        outcomes.iter().filter_map(|(cx, outcome)| outcome.as_ref().ok().map(|held| (cx, held)));
    join_all(recorded.map(async |(cx, held)| record(cx, held, &call(cx, 1, 0), true).await)).await;
    let sql = "select (sum(used) * 1000)::bigint from quota_counters c join quotas q on q.id = c.quota_id where q.subject = 'tenant'";
    assert_eq!(fixture.number(sql).await, 50_000);
    assert_eq!(fixture.number("select count(*) from quota_reservations").await, 0);
    assert_eq!(fixture.number("select count(*) from usage_records").await, 50);
}

#[tokio::test]
async fn a_quota_is_exceeded_by_the_last_reservation_at_most() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    spend(&fixture.chat, 9).await;
    let last = reserve_for(&fixture.chat, "7", &[]).await.unwrap();
    assert_eq!(
        code(reserve_for(&fixture.chat, "7", &[]).await),
        Code::UsageQuotaReached,
        "the last one is let in alone"
    );
    record(&fixture.chat, &last, &call(&fixture.chat, 7, 0), true).await;
    let refused = reserve_for(&fixture.chat, "0", &[]).await.unwrap_err();
    assert_eq!(refused.code, Code::UsageQuotaReached);
    assert!(
        refused.detail.contains("your organisation's quota of 10 US dollars a day is used up"),
        "{refused}"
    );
    assert!((1..=86_400).contains(&refused.seconds_to_wait().unwrap()), "{refused:?}");
}

#[tokio::test]
async fn what_a_process_that_died_holds_is_free_after_its_lease() {
    let fixture = Fixture::new().await;
    let quota = fixture.quota(Subject::EachUser, Measure::Cost, "10").await;
    let held = reserve_for(&fixture.chat, "10", &[]).await.unwrap();
    assert_eq!(code(reserve_for(&fixture.chat, "1", &[]).await), Code::UsageQuotaReached);
    let sql = "update quota_reservations set expires_at = now() - interval '1 second'";
    sqlx::query(sql).execute(&mut fixture.database.superuser().await).await.unwrap();
    let next = reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    // The process was only slow: what it used counts all the same.
    record(&fixture.chat, &held, &call(&fixture.chat, 10, 0), true).await;
    release(&fixture.chat, &next).await.unwrap();
    assert_eq!(code(reserve_for(&fixture.chat, "1", &[]).await), Code::UsageQuotaReached);
    assert_eq!(
        get_quota(&fixture.admin, quota.id).await.unwrap().state,
        None,
        "each user has a state of their own"
    );
}

#[tokio::test]
async fn one_user_holds_at_most_half_of_what_others_share() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let bo = fixture.database.cx(&bo, "tessera_chat").await;
    let held = reserve_for(&fixture.chat, "4", &[]).await.unwrap();
    let refused = reserve_for(&fixture.chat, "4", &[]).await.unwrap_err();
    assert!(
        refused.code == Code::UsageQuotaReached && refused.detail.contains("your other questions"),
        "{refused}"
    );
    assert!(reserve_for(&bo, "9", &[]).await.is_ok(), "a first question may be larger");
    release(&fixture.chat, &held).await.unwrap();
    assert!(reserve_for(&fixture.chat, "4", &[]).await.is_ok());
}

#[tokio::test]
async fn a_part_of_an_answer_takes_no_share_from_the_answer() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, "10").await;
    let worst = WorstCase { cost: Some(dollars("4")), tokens: 100 };
    let attribution = Attribution { purpose: CallPurpose::Rewrite, ..Attribution::default() };
    let part = Question { user: fixture.ann.user, attribution: &attribution, models: &[], worst };
    reserve(&fixture.chat, &part).await.unwrap();
    reserve_for(&fixture.chat, "4", &[]).await.unwrap();
    assert_eq!(code(reserve_for(&fixture.chat, "4", &[]).await), Code::UsageQuotaReached);
}

#[tokio::test]
async fn a_refused_question_holds_nothing_of_any_quota() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::User(fixture.ann.user.0), Measure::Requests, "5").await;
    fixture.quota(Subject::Tenant, Measure::Tokens, "0").await;
    for _ in 0..10 {
        assert_eq!(code(reserve_for(&fixture.chat, "1", &[]).await), Code::UsageQuotaReached);
    }
    assert_eq!(fixture.number("select count(*) from quota_reservations").await, 0);
}

#[tokio::test]
async fn quotas_of_groups_keys_and_users_apply_to_theirs_and_no_others() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let of_bo = fixture.database.cx(&bo, "tessera_chat").await;
    let group = Uuid::now_v7();
    let mut db = fixture.database.superuser_in(fixture.ann.tenant).await;
    let sql = "insert into user_groups (id, tenant_id, name) values ($1, $2, 'Staff')";
    sqlx::query(sql).bind(group).bind(fixture.ann.tenant.0).execute(&mut db).await.unwrap();
    let sql = "insert into user_group_members (tenant_id, group_id, user_id) values ($1, $2, $3)";
    sqlx::query(sql)
        .bind(fixture.ann.tenant.0)
        .bind(group)
        .bind(bo.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    fixture.quota(Subject::Group(group), Measure::Requests, "1").await;
    spend(&of_bo, 1).await;
    let refused = reserve_for(&of_bo, "1", &[]).await.unwrap_err();
    assert!(refused.detail.contains("one of your user groups of 1 requests"), "{refused}");
    assert!(reserve_for(&fixture.chat, "1", &[]).await.is_ok());
}

#[tokio::test]
async fn a_model_whose_quota_is_used_up_is_left_out_while_another_is_left() {
    let fixture = Fixture::new().await;
    let models = fixture_models(&fixture).await;
    fixture.quota(Subject::Model(models[0].0), Measure::Requests, "0").await;
    let held = reserve_for(&fixture.chat, "1", &models).await.unwrap();
    assert_eq!(held.blocked, [models[0]]);
    assert_eq!(code(reserve_for(&fixture.chat, "1", &models[..1]).await), Code::UsageQuotaReached);
    fixture.quota(Subject::Model(models[1].0), Measure::Requests, "0").await;
    assert_eq!(code(reserve_for(&fixture.chat, "1", &models).await), Code::UsageQuotaReached);
}

async fn fixture_models(fixture: &Fixture) -> [ModelId; 2] {
    let mut db = fixture.database.superuser_in(fixture.ann.tenant).await;
    let sql = "with p as (insert into model_providers (id, tenant_id, name, dialect, base_url)
                 values (gen_random_uuid(), $1, 'Main', 'openai', 'https://api.example.org/v1') returning id)
         insert into models (id, tenant_id, provider_id, name, title, kind)
         select gen_random_uuid(), $1, p.id, n, n, 'chat' from p, unnest(array['m-1', 'm-2']) n returning id";
    let ids: Vec<Uuid> =
        sqlx::query_scalar(sql).bind(fixture.ann.tenant.0).fetch_all(&mut db).await.unwrap();
    [ModelId(ids[0]), ModelId(ids[1])]
}

#[tokio::test]
async fn a_model_without_a_price_is_flagged_or_refused_as_the_organisation_says() {
    let fixture = Fixture::new().await;
    let unpriced = async || {
        let worst = WorstCase { cost: None, tokens: 100 };
        let attribution = Attribution::default();
        let question =
            Question { user: fixture.ann.user, attribution: &attribution, models: &[], worst };
        reserve(&fixture.chat, &question).await
    };
    assert!(unpriced().await.is_ok());
    let refusing = UsagePolicy { unpriced: UnpricedPolicy::Refuse, ..UsagePolicy::default() };
    put_policy(&fixture.admin, refusing).await.unwrap();
    assert_eq!(code(unpriced().await), Code::PriceMissing);
    assert!(reserve_for(&fixture.chat, "1", &[]).await.is_ok());
    put_policy(&fixture.admin, UsagePolicy::default()).await.unwrap();
    assert!(unpriced().await.is_ok());
}

#[tokio::test]
async fn without_a_database_nothing_is_reserved() {
    let fixture = Fixture::new().await;
    let sql = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = 'tessera_chat'";
    // From another database: a connection does not close its own.
    let mut db =
        sqlx::PgConnection::connect(&fixture.database.server.admin_url("postgres")).await.unwrap();
    reserve_for(&fixture.chat, "1", &[]).await.unwrap();
    let closed = format!("alter database {} with allow_connections false", fixture.database.name);
    sqlx::query(sqlx::AssertSqlSafe(closed)).execute(&mut db).await.unwrap();
    sqlx::query(sql).bind(&fixture.database.name).execute(&mut db).await.unwrap();
    let outcome = reserve_for(&fixture.chat, "1", &[]).await;
    let opened = format!("alter database {} with allow_connections true", fixture.database.name);
    sqlx::query(sqlx::AssertSqlSafe(opened)).execute(&mut db).await.unwrap();
    assert!(outcome.is_err(), "{outcome:?}");
}

#[tokio::test]
async fn a_component_reserves_for_the_user_of_its_ticket_and_no_other() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    fixture.quota(Subject::User(fixture.ann.user.0), Measure::Requests, "0").await;
    let attribution = Attribution::default();
    let worst = WorstCase { cost: Some(dollars("1")), tokens: 1 };
    let question = Question { user: bo.user, attribution: &attribution, models: &[], worst };
    assert_eq!(code(reserve(&fixture.chat, &question).await), Code::UsageQuotaReached);
}
