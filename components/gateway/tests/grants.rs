//! Callers without a valid grant, and the rows that a grant reaches.

use credentials::GrantPurpose;
use models::gateway::{CHAT, LIST, RERANK, TEST};
use serde_json::json;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, question, says},
    provider::Provider,
};

#[tokio::test]
async fn without_a_grant_there_is_no_route() {
    let fixture = Fixture::new().await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[Uuid::now_v7()]).await;
    for path in [CHAT, RERANK, TEST, LIST] {
        assert_eq!(
            fixture.app.post(path).json(&question()).send().await.problem(404),
            "no_such_route"
        );
        assert_eq!(
            fixture.app.post(path).as_(&fixture.admin).json(&question()).send().await.problem(404),
            "no_such_route"
        );
        let forged = grant.replace("chat", "test");
        assert_eq!(fixture.post(path, forged, &question()).await.problem(404), "no_such_route");
    }
}

#[tokio::test]
async fn an_expired_or_changed_grant_opens_nothing() {
    let fixture = Fixture::new().await;
    let good = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[Uuid::now_v7()]).await;
    let stranger = fixture.app.database.person("eve").await;
    let sql =
        "select tenancy.grant_for($1, $2, 'chat', array[gen_random_uuid()], interval '-1 second')";
    let expired = sqlx::query_scalar(sql).bind(fixture.admin.tenant.0).bind(fixture.admin.user.0);
    let expired: String =
        expired.fetch_one(&mut fixture.app.database.superuser().await).await.unwrap();
    let moved = good.replace(&fixture.admin.tenant.to_string(), &stranger.tenant.to_string());
    let ticket =
        fixture.app.database.ticket("tessera_gateway", fixture.admin.tenant, "gateway").await;
    for grant in [
        expired,
        moved,
        good.replace("chat", "administration"),
        ticket.text().to_owned(),
        good[1..].to_owned(),
    ] {
        assert_eq!(
            fixture.post(CHAT, grant.clone(), &question()).await.problem(404),
            "no_such_route",
            "{grant}"
        );
    }
    assert_eq!(
        fixture.post(CHAT, good, &question()).await.problem(503),
        "model_failed",
        "the rows are unknown"
    );
}

#[tokio::test]
async fn a_grant_reaches_no_rows_of_another_tenant() {
    let provider = Provider::start(|_, _| says("No")).await;
    let fixture = Fixture::new().await;
    let model = fixture.model(&provider.url, "m-1", None).await;
    let stranger = fixture.app.database.person("eve").await;
    let grant = fixture.grant_of(&stranger, GrantPurpose::Chat, &[model.0]).await;
    assert_eq!(fixture.post(CHAT, grant, &question()).await.problem(503), "model_failed");
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_user_who_was_deactivated_opens_nothing() {
    let fixture = Fixture::new().await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[Uuid::now_v7()]).await;
    let sql = "update users set state = 'inactive' where id = $1";
    let mut db = fixture.app.database.superuser_in(fixture.admin.tenant).await;
    sqlx::query(sql).bind(fixture.admin.user.0).execute(&mut db).await.unwrap();
    assert_eq!(fixture.post(CHAT, grant, &question()).await.problem(404), "no_such_route");
}

#[tokio::test]
async fn a_grant_for_questions_tests_no_provider() {
    let provider = Provider::start(|_, _| says("No")).await;
    let fixture = Fixture::new().await;
    let row = fixture.provider(&provider.url).await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[row.0]).await;
    for path in [TEST, LIST] {
        assert_eq!(fixture.post(path, grant.clone(), &json!({})).await.status, 500);
    }
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Administration, &[row.0]).await;
    assert_eq!(fixture.post(CHAT, grant, &question()).await.status, 500);
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_malformed_question_is_refused() {
    let fixture = Fixture::new().await;
    for body in [
        json!({ "messages": [], "sampling": {} }),
        json!({ "messages": [{ "role": "tool", "content": "x" }] }),
        json!({ "messages": [{ "role": "user", "content": "x" }], "tools": [] }),
    ] {
        let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[Uuid::now_v7()]).await;
        assert_eq!(fixture.post(CHAT, grant, &body).await.problem(400), "invalid_body", "{body}");
    }
}
