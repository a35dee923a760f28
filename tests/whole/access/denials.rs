//! Denials for API keys are in the audit log, even for keys that may be used rarely; permitted
//! requests do not fill it.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{client::Client, stack::Stack};

/// Creates a key; returns its id and a client that sends it.
async fn key(owner: &Client, new: &Value) -> (uuid::Uuid, Client) {
    let made = owner.post("/api/v1/api-keys", new).await.expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    (made["api_key"]["id"].as_str().unwrap().parse().unwrap(), client)
}

/// The recorded denials of a key.
async fn refused_to(key: uuid::Uuid) -> Vec<String> {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select resource_kind || ' ' || resource_id from audit_entries
        where action = 'access.denied' and actor_kind = 'api_key' and actor_id = $1 order by seq";
    sqlx::query_scalar(sql).bind(key).fetch_all(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_denial_is_recorded_for_a_key_at_its_rate_limit() {
    let stack = Stack::shared();
    let (_, boss) = stack.person("boss").await;
    let colleague = stack.database.colleague(boss.tenant, "curious", "user").await;
    let owner = stack.sign_in(&colleague).await;
    // Twice: a denial costs one request, not two.
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
async fn a_denial_is_recorded_for_a_key_of_one_assistant() {
    let (owner, _) = Stack::shared().person("owner").await;
    let (space, _) = owner.collection("Kept").await;
    let assistant =
        owner.create("/api/v1/assistants", &json!({ "space_id": space, "name": "Keeper" })).await;
    let conversation =
        owner.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let new = json!({ "name": "Widget", "scopes": ["chat"], "assistant_id": assistant, "requests_per_minute": 1 });
    let (id, client) = key(&owner, &new).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let renamed = client.request(Method::PATCH, &path).json(&json!({ "title": "Mine" }));
    assert_eq!(client.send(renamed).await.problem(403), "not_allowed");
    assert_eq!(refused_to(id).await, ["route PATCH /api/v1/conversations/{conversation_id}"]);
}

#[tokio::test]
async fn a_user_with_too_many_changes_must_wait_and_can_still_read() {
    let (client, person) = Stack::shared().person("flitig").await;
    let hash: String =
        Sha256::digest(person.user.to_string()).iter().map(|b| format!("{b:02x}")).collect();
    let key = format!("attempts:change:user:{hash}");
    let redis = redis::Client::open(testkit::test_redis_url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    let mut set = async |changes: u32| {
        let _: () =
            redis::pipe().del(&key).hset(&key, "n", changes).query_async(&mut redis).await.unwrap();
    };
    // A request that changes nothing does not count.
    set(1_010).await;
    assert_eq!(
        client.post("/api/v1/spaces", &json!({ "name": "" })).await.problem(400),
        "invalid_body"
    );
    client.create("/api/v1/spaces", &json!({ "name": "The last for now" })).await;
    let refused = client.post("/api/v1/spaces", &json!({ "name": "One too many" })).await;
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait} s");
    assert_eq!(refused.problem(429), "too_many_requests");
    client.get("/api/v1/spaces").await.expect(200);
    set(900).await;
    client.create("/api/v1/spaces", &json!({ "name": "Later" })).await;
}
