//! What ends an API key for one assistant, and what it keeps to while it lives.

use futures::StreamExt;
use serde_json::{Value, json};
use testkit::Person;
use tests::{client::Client, provider::Script, stack::Stack};
use tokio::sync::mpsc;

use super::assistant_keys::{key_for, several_assistants};
use crate::{
    fixture::join,
    resources::{Resources, owner_of_everything},
};

/// A member with a role in the owner's space and a key for the assistant there.
async fn member_with_key(resources: &Resources, role: &str) -> (Person, Client, Client) {
    let boss = resources.person();
    let person = Stack::shared().database.colleague(boss.tenant, role, "user").await;
    join(&boss, &person, resources.id("space_id"), role).await;
    let client = Stack::shared().sign_in(&person).await;
    let (_, key) = key_for(&client, resources.id("assistant_id")).await;
    (person, client, key)
}

#[tokio::test]
async fn the_key_of_a_deleted_assistant_is_of_no_use() {
    let (resources, key, _) = several_assistants().await;
    let path = format!("/api/v1/assistants/{}", resources.id("assistant_id"));
    key.get(&path).await.expect(200);
    resources.client.delete(&path).await.expect(204);
    let conversation = format!("/api/v1/conversations/{}", resources.id("conversation_id"));
    for path in
        [path.as_str(), &conversation, "/api/v1/conversations", "/api/v1/assistants", "/api/v1/me"]
    {
        assert_eq!(key.get(path).await.problem(401), "session_ended", "{path}");
    }
    resources.client.get(&conversation).await.expect(200);
    let listed = resources.client.get("/api/v1/api-keys").await.expect(200);
    let listed = &listed["api_keys"][0];
    assert_eq!(
        (&listed["assistant_id"], &listed["assistant_name"]),
        (&json!(resources.id("assistant_id")), &Value::Null)
    );
    resources
        .client
        .delete(&format!("/api/v1/api-keys/{}", listed["id"].as_str().unwrap()))
        .await
        .expect(204);
}

#[tokio::test]
async fn a_key_ends_with_the_space_of_its_assistant() {
    let (resources, key, _) = several_assistants().await;
    let count =
        resources.client.get("/api/v1/api-keys").await.expect(200)["total"].as_i64().unwrap();
    resources
        .client
        .delete(&format!("/api/v1/spaces/{}", resources.id("space_id")))
        .await
        .expect(204);
    assert_eq!(key.get("/api/v1/assistants").await.problem(401), "session_ended");
    assert_eq!(resources.client.get("/api/v1/api-keys").await.expect(200)["total"], count - 1);
}

#[tokio::test]
async fn unpublishing_an_assistant_stops_only_the_keys_of_viewers() {
    let resources = owner_of_everything().await;
    let (_, client, viewers) = member_with_key(&resources, "viewer").await;
    let (_, _, editors) = member_with_key(&resources, "editor").await;
    let path = format!("/api/v1/assistants/{}", resources.id("assistant_id"));
    let publish = async |published: bool| {
        resources.client.patch(&path, &json!({ "published": published })).await.expect(200);
    };
    publish(false).await;
    assert_eq!(viewers.get(&path).await.problem(401), "session_ended");
    assert_eq!(
        client.get("/api/v1/api-keys").await.expect(200)["api_keys"][0]["assistant_name"],
        Value::Null
    );
    editors.get(&path).await.expect(200);
    assert_eq!(editors.get("/api/v1/assistants").await.expect(200)["total"], 1);
    let conversation = editors
        .create("/api/v1/conversations", &json!({ "assistant_id": resources.id("assistant_id") }))
        .await;
    editors
        .post(
            &format!("/api/v1/conversations/{conversation}/messages"),
            &json!({ "content": "Hm?" }),
        )
        .await
        .expect(200);
    publish(true).await;
    viewers.get(&path).await.expect(200);
}

#[tokio::test]
async fn an_owner_who_loses_the_space_loses_the_key_and_its_streams() {
    let resources = owner_of_everything().await;
    let (person, _, key) = member_with_key(&resources, "viewer").await;
    let assistant = resources.id("assistant_id");
    let conversation =
        key.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let (pieces, script) = mpsc::unbounded_channel();
    Stack::shared().provider.on("ines asks through a key", Script::Live(script));
    let mut events = key.ask(&conversation, "ines asks through a key").await;
    assert_eq!(events.next().await.unwrap().data["type"], "start");
    let member = format!("/api/v1/spaces/{}/members/{}", resources.id("space_id"), person.user);
    resources.client.delete(&member).await.expect(204);
    for path in
        [format!("/api/v1/assistants/{assistant}"), format!("/api/v1/conversations/{conversation}")]
    {
        assert_eq!(key.get(&path).await.problem(401), "session_ended", "{path}");
    }
    let ended = async {
        let mut last = Value::Null;
        while let Some(event) = events.next().await {
            last = event.data;
        }
        last
    };
    let last = tokio::time::timeout(std::time::Duration::from_secs(6), ended)
        .await
        .expect("the stream must end within 5 s");
    assert_eq!(last["problem"]["error"], "session_ended");
    drop(pieces);
}

#[tokio::test]
async fn answers_to_a_key_cite_the_hub_if_the_assistant_does() {
    let resources = owner_of_everything().await;
    let owner = &resources.client;
    let hub = owner
        .create("/api/v1/spaces", &json!({ "name": "Everybody", "kind": "organisation" }))
        .await;
    let rules =
        owner.create("/api/v1/collections", &json!({ "space_id": hub, "name": "Rules" })).await;
    let document = owner
        .ingest(&rules, "rules.md", "# Rules\n\nThe bicycle shed is locked at midnight.\n")
        .await;
    let path = format!("/api/v1/assistants/{}", resources.id("assistant_id"));
    owner
        .patch(&path, &json!({ "collection_ids": [resources.id("collection_id"), rules] }))
        .await
        .expect(200);
    let (_, _, key) = member_with_key(&resources, "viewer").await;
    let conversation = key
        .create("/api/v1/conversations", &json!({ "assistant_id": resources.id("assistant_id") }))
        .await;
    let question = json!({ "content": "When is the bicycle shed locked?" });
    let answer = key
        .post(&format!("/api/v1/conversations/{conversation}/messages"), &question)
        .await
        .expect(200);
    let sources = answer["sources"].as_array().unwrap();
    assert!(sources.iter().any(|source| source["document_id"] == document["id"]), "{answer:#}");
}
