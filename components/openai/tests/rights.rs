//! Rights that end while an answer is written, and what stays unseen.

use serde_json::json;

use crate::fixture::{CHAT, END, Fixture, error, events, live, piece, read_until, rest, says};

const LEAVE: &str = "delete from space_members where user_id = $1";

#[tokio::test]
async fn a_viewer_asks_published_assistants_only() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let (_, key) = fixture.member("viewer").await;
    fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
    fixture.sql("update assistants set published = false where id = $1", fixture.assistant).await;
    let reply = fixture.post(CHAT, &key, &fixture.question()).send().await;
    assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"));
}

#[tokio::test]
async fn who_loses_the_assistant_loses_a_stream_that_goes_on() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let (member, key) = fixture.member("viewer").await;
    let mut response = fixture.post(CHAT, &key, &fixture.streamed()).begin().await;
    model.send(piece("first")).unwrap();
    read_until(&mut response, "first").await;
    fixture.sql(LEAVE, member.user.0).await;
    let stream = rest(response).await;
    // The model would have gone on.
    drop(model);
    assert!(
        events(&stream).last().unwrap()["error"]["code"] == "not_found"
            && !stream.contains("[DONE]"),
        "{stream}"
    );
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_the_stream() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let key = fixture.key().await;
    let mut response = fixture.post(CHAT, &key, &fixture.streamed()).begin().await;
    model.send(piece("first")).unwrap();
    read_until(&mut response, "first").await;
    fixture
        .sql("update api_keys set revoked_at = now() where user_id = $1", fixture.owner.user.0)
        .await;
    assert_eq!(events(&rest(response).await).last().unwrap()["error"]["code"], "invalid_api_key");
}

#[tokio::test]
async fn a_right_that_ends_just_before_the_answer_does_shows_no_source() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let (member, key) = fixture.member("viewer").await;
    let mut response = fixture.post(CHAT, &key, &fixture.streamed()).begin().await;
    model.send(piece("Two years [1].")).unwrap();
    read_until(&mut response, "Two years").await;
    fixture.sql(LEAVE, member.user.0).await;
    model.send(END.to_owned()).unwrap();
    let stream = rest(response).await;
    assert!(!stream.contains("Statutes of 2024") && !stream.contains("[DONE]"), "{stream}");
    assert_eq!(events(&stream).last().unwrap()["error"]["code"], "not_found");
}

#[tokio::test]
async fn a_document_that_is_deleted_meanwhile_keeps_its_number_only() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let mut response = fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).begin().await;
    model.send(piece("Two years [1].")).unwrap();
    read_until(&mut response, "Two years").await;
    fixture.sql("delete from chunks where document_id = $1", fixture.document).await;
    fixture.sql("delete from documents where id = $1", fixture.document).await;
    model.send(END.to_owned()).unwrap();
    let stream = rest(response).await;
    let chunks = events(&stream);
    let last = chunks.last().unwrap();
    let source = &last["tessera"]["sources"][0];
    assert_eq!(
        (&source["available"], &source["snippet"], &source["title"]),
        (&json!(false), &json!(""), &json!(""))
    );
    assert!(last["choices"][0]["delta"].get("annotations").is_none(), "{last:#}");
}

#[tokio::test]
async fn nothing_is_stored() {
    let fixture = Fixture::new(says(&["ok"])).await;
    fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await.expect(200);
    fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).send().await.expect(200);
    for sql in ["select count(*) from conversations", "select count(*) from messages"] {
        assert_eq!(fixture.count(sql).await, 0, "{sql}");
    }
}
