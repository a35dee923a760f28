//! The organisation's hub: everyone active reads it, and assistants of every space answer from it.

use serde_json::json;
use tests::{client::Client, stack::Stack};

use super::groups::{colleague, give, group, role};

pub(crate) async fn hub(admin: &Client) -> (String, String) {
    let hub = admin
        .create("/api/v1/spaces", &json!({ "name": "Everybody", "kind": "organisation" }))
        .await;
    let collection =
        admin.create("/api/v1/collections", &json!({ "space_id": hub, "name": "Rules" })).await;
    (hub, collection)
}

#[tokio::test]
async fn every_active_user_reads_the_hub_and_only_owners_change_it() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "reader").await;
    let make = json!({ "name": "Mine", "kind": "organisation" });
    assert_eq!(client.post("/api/v1/spaces", &make).await.problem(403), "not_allowed");
    let (space, collection) = hub(&admin).await;
    assert_eq!(
        admin.post("/api/v1/spaces", &make).await.problem(409),
        "conflict",
        "one hub to an organisation"
    );
    let document =
        admin.ingest(&collection, "rules.md", "Lunch is at noon in the lighthouse.").await;
    let assistant =
        json!({ "space_id": space, "name": "Everybody's", "collection_ids": [collection] });
    let assistant = admin.create("/api/v1/assistants", &assistant).await;
    assert_eq!(role(&client, &space).await, "viewer");
    assert_eq!(client.get("/api/v1/spaces").await.expect(200)["total"], 2);
    let found = client
        .post("/api/v1/search", &json!({ "query": "lunch in the lighthouse" }))
        .await
        .expect(200);
    assert_eq!(found["results"][0]["document_id"], document["id"], "{found:#}");
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let question = json!({ "content": "When is lunch in the lighthouse?" });
    let path = format!("/api/v1/conversations/{conversation}/messages");
    assert_eq!(
        client.post(&path, &question).await.expect(200)["sources"][0]["document_id"],
        document["id"]
    );
    assert_eq!(client.upload(&collection, "x.txt", "x").await.problem(403), "not_allowed");
    let hub_path = format!("/api/v1/spaces/{space}");
    assert_eq!(
        client.patch(&hub_path, &json!({ "name": "Mine" })).await.problem(403),
        "not_allowed"
    );
    assert_eq!(client.delete(&hub_path).await.problem(403), "not_allowed");
    let planted = json!({ "space_id": space, "name": "Planted" });
    assert_eq!(client.post("/api/v1/assistants", &planted).await.problem(403), "not_allowed");
    let member = json!({ "user_id": person.user.to_string(), "role": "editor" });
    admin.post(&format!("{hub_path}/members"), &member).await.expect(201);
    client.upload(&collection, "x.txt", "x").await.expect(202);
    let (stranger, _) = Stack::shared().person("stranger").await;
    assert_eq!(stranger.get(&hub_path).await.problem(404), "not_found");
    hub(&stranger).await;
}

#[tokio::test]
async fn an_assistant_of_any_space_answers_from_the_hub_and_from_no_other_space() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "builder").await;
    let (_, rules) = hub(&admin).await;
    let document =
        admin.ingest(&rules, "rules.md", "The lighthouse opens its gate at seven.").await;
    let (_, secret) = admin.collection("Secret").await;
    let assistant = |collections: &[&str]| json!({ "space_id": person.space.to_string(), "name": "Guide", "collection_ids": collections });
    let refused = client.post("/api/v1/assistants", &assistant(&[&rules, &secret])).await;
    assert_eq!(refused.problem(400), "invalid_body");
    let id = client.create("/api/v1/assistants", &assistant(&[&rules])).await;
    let path = format!("/api/v1/assistants/{id}");
    assert_eq!(
        client.patch(&path, &json!({ "collection_ids": [secret] })).await.problem(400),
        "invalid_body"
    );
    let (_, own) = client.collection("Own").await;
    assert_eq!(
        client.patch(&path, &json!({ "collection_ids": [own] })).await.problem(400),
        "invalid_body"
    );
    client.patch(&path, &json!({ "collection_ids": [rules] })).await.expect(200);
    let conversation = client.create("/api/v1/conversations", &json!({ "assistant_id": id })).await;
    let question = json!({ "content": "When does the lighthouse open its gate?" });
    let answer = client
        .post(&format!("/api/v1/conversations/{conversation}/messages"), &question)
        .await
        .expect(200);
    assert_eq!(answer["sources"][0]["document_id"], document["id"], "{answer:#}");
}

#[tokio::test]
async fn viewers_see_only_published_assistants_everywhere() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "viewer").await;
    let (space, _) = owner.collection("Shared").await;
    let team = group(&owner, "Team", &[&person]).await;
    give(&owner, &space, &team, "viewer").await;
    let body = json!({ "space_id": space, "name": "Draft", "published": false });
    let assistant = owner.create("/api/v1/assistants", &body).await;
    let path = format!("/api/v1/assistants/{assistant}");
    let list = format!("/api/v1/assistants?space_id={space}");
    let begin = json!({ "assistant_id": assistant });
    assert_eq!(client.get(&list).await.expect(200)["total"], 0);
    assert_eq!(owner.get(&list).await.expect(200)["total"], 1);
    assert_eq!(client.get(&path).await.problem(404), "not_found");
    assert_eq!(client.patch(&path, &json!({ "name": "Mine" })).await.problem(404), "not_found");
    assert_eq!(client.delete(&path).await.problem(404), "not_found");
    assert_eq!(client.post("/api/v1/conversations", &begin).await.problem(404), "not_found");
    owner.patch(&path, &json!({ "published": true })).await.expect(200);
    assert_eq!(client.get(&list).await.expect(200)["total"], 1);
    let conversation = client.create("/api/v1/conversations", &begin).await;
    owner.patch(&path, &json!({ "published": false })).await.expect(200);
    let ask = format!("/api/v1/conversations/{conversation}/messages");
    assert_eq!(
        client.post(&ask, &json!({ "content": "Still there?" })).await.problem(404),
        "not_found"
    );
    owner
        .patch(&format!("/api/v1/spaces/{space}/groups/{team}"), &json!({ "role": "editor" }))
        .await
        .expect(200);
    client.get(&path).await.expect(200);
}
