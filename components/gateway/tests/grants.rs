//! Who gets in, and which rows a grant reaches.

use credentials::GrantPurpose;
use models::gateway::{CHAT, LIST, TEST};
use serde_json::json;
use uuid::Uuid;

use crate::{
    provider::Provider,
    room::{Room, question, says},
};

#[tokio::test]
async fn without_a_grant_there_is_no_route() {
    let room = Room::new().await;
    let grant = room.grant_of(&room.admin, GrantPurpose::Chat, vec![Uuid::now_v7()]);
    for path in [CHAT, TEST, LIST] {
        assert_eq!(room.app.post(path).json(&question()).send().await.problem(404), "no_such_route");
        assert_eq!(room.app.post(path).as_(&room.admin).json(&question()).send().await.problem(404), "no_such_route");
        let forged = grant.replace("chat", "taht");
        assert_eq!(room.post(path, forged, &question()).await.problem(404), "no_such_route");
    }
}

#[tokio::test]
async fn a_grant_ends_after_a_minute() {
    let room = Room::new().await;
    let grant = room.grant_of(&room.admin, GrantPurpose::Chat, vec![Uuid::now_v7()]);
    room.app.advance(61);
    assert_eq!(room.post(CHAT, grant, &question()).await.problem(404), "no_such_route");
}

#[tokio::test]
async fn a_grant_reaches_no_rows_of_another_tenant() {
    let provider = Provider::start(|_, _| says("No")).await;
    let room = Room::new().await;
    let model = room.model(&provider.url, "m-1", None).await;
    let stranger = room.app.database.person("eve").await;
    let grant = room.grant_of(&stranger, GrantPurpose::Chat, vec![model.0]);
    assert_eq!(room.post(CHAT, grant, &question()).await.problem(503), "model_failed");
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_user_of_another_tenant_opens_nothing() {
    let room = Room::new().await;
    let stranger = room.app.database.person("eve").await;
    let mixed = testkit::Person { user: stranger.user, ..room.admin.clone() };
    let grant = room.grant_of(&mixed, GrantPurpose::Chat, vec![Uuid::now_v7()]);
    assert_eq!(room.post(CHAT, grant, &question()).await.problem(404), "no_such_route");
}

#[tokio::test]
async fn a_grant_for_questions_tests_no_provider() {
    let provider = Provider::start(|_, _| says("No")).await;
    let room = Room::new().await;
    let row = room.provider(&provider.url).await;
    let grant = room.grant_of(&room.admin, GrantPurpose::Chat, vec![row.0]);
    for path in [TEST, LIST] {
        assert_eq!(room.post(path, grant.clone(), &json!({})).await.status, 500);
    }
    let grant = room.grant_of(&room.admin, GrantPurpose::Administration, vec![row.0]);
    assert_eq!(room.post(CHAT, grant, &question()).await.status, 500);
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_malformed_question_is_refused() {
    let room = Room::new().await;
    for body in [
        json!({ "messages": [], "temperature": null, "top_p": null }),
        json!({ "messages": [{ "role": "tool", "content": "x" }] }),
        json!({ "messages": [{ "role": "user", "content": "x" }], "tools": [] }),
    ] {
        let grant = room.grant_of(&room.admin, GrantPurpose::Chat, vec![Uuid::now_v7()]);
        assert_eq!(room.post(CHAT, grant, &body).await.problem(400), "invalid_body", "{body}");
    }
}
