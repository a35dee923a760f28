//! What the policy refuses to API keys stands in the audit log, however little they may be used.

use http::Method;
use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

/// Makes a key; gives its id and a client that shows it.
async fn key(owner: &Client, new: &Value) -> (uuid::Uuid, Client) {
    let made = owner.post("/api/v1/api-keys", new).await.expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    (made["api_key"]["id"].as_str().unwrap().parse().unwrap(), client)
}

/// What stands in the log as refused to a key.
async fn refused_to(key: uuid::Uuid) -> Vec<String> {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select resource_kind || ' ' || resource_id from audit_entries
        where action = 'access.denied' and actor_kind = 'api_key' and actor_id = $1 order by seq";
    sqlx::query_scalar(sql).bind(key).fetch_all(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_key_that_has_used_up_its_minute_is_refused_on_record() {
    let stack = Stack::shared();
    let (_, boss) = stack.person("boss").await;
    let colleague = stack.database.colleague(boss.tenant, "curious", "user").await;
    let owner = stack.sign_in(&colleague).await;
    // Twice: a refusal costs one request, not two.
    for limit in [1, 2] {
        let new = json!({ "name": "Slow", "scopes": ["admin:read"], "requests_per_minute": limit });
        let (id, client) = key(&owner, &new).await;
        for _ in 0..limit {
            assert_eq!(client.get("/api/v1/admin/users").await.problem(403), "not_allowed");
        }
        assert_eq!(refused_to(id).await, vec!["route GET /api/v1/admin/users"; limit]);
    }
}

#[tokio::test]
async fn so_is_one_that_is_kept_to_an_assistant() {
    let (owner, _) = Stack::shared().person("owner").await;
    let (space, _) = owner.collection("Kept").await;
    let assistant = owner.create("/api/v1/assistants", &json!({ "space_id": space, "name": "Keeper" })).await;
    let conversation = owner.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let new = json!({ "name": "Widget", "scopes": ["chat"], "assistant_id": assistant, "requests_per_minute": 1 });
    let (id, client) = key(&owner, &new).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let renamed = client.request(Method::PATCH, &path).json(&json!({ "title": "Mine" }));
    assert_eq!(client.send(renamed).await.problem(403), "not_allowed");
    assert_eq!(refused_to(id).await, ["route PATCH /api/v1/conversations/{conversation_id}"]);
}
