//! API keys: shown once, with scopes, a limit of requests and an end.

use futures::StreamExt;
use http::Method;
use serde_json::{Value, json};
use tests::{contract, stack::Stack};

use super::roles::{colleague, key};
use crate::resources::{body, owner_of_everything};

#[tokio::test]
async fn a_key_is_shown_once_used_until_revoked_and_remembers_its_last_use() {
    let (owner, person) = Stack::shared().person("owner").await;
    let (id, client) = key(&owner, &["spaces:read"]).await;
    let secret = client.token.clone().unwrap();
    let listed = owner.get("/api/v1/api-keys").await.expect(200);
    let key = &listed["api_keys"][0];
    assert_eq!(
        (&listed["total"], &key["id"], &key["last_used_at"]),
        (&json!(1), &json!(id), &Value::Null)
    );
    assert!(
        secret.starts_with(key["prefix"].as_str().unwrap())
            && !listed.to_string().contains(&secret)
    );
    assert_eq!(client.get("/api/v1/me").await.expect(200)["id"], json!(person.user.to_string()));
    client.get("/api/v1/spaces").await.expect(200);
    assert!(
        owner.get("/api/v1/api-keys").await.expect(200)["api_keys"][0]["last_used_at"].is_string()
    );
    owner.delete(&format!("/api/v1/api-keys/{id}")).await.expect(204);
    assert_eq!(client.get("/api/v1/spaces").await.problem(401), "session_ended");
    assert_eq!(owner.delete(&format!("/api/v1/api-keys/{id}")).await.problem(404), "not_found");
    assert_eq!(owner.get("/api/v1/api-keys").await.expect(200)["total"], 0);
}

/// The scope of an operation in the contract; None if keys cannot use it.
fn scope(operation: &Value) -> Option<String> {
    let security = operation["security"].as_array().unwrap();
    let scopes = security.iter().find_map(|s| s.get("api_key"))?;
    Some(scopes[0].as_str().unwrap_or("profile").to_owned())
}

#[tokio::test]
async fn on_every_route_a_key_needs_the_scope_of_the_contract_in_either_header() {
    let resources = owner_of_everything().await;
    let scopes = [
        "spaces:read",
        "spaces:write",
        "assistants:read",
        "assistants:write",
        "knowledge:read",
        "knowledge:write",
        "chat",
        "search",
        "admin:read",
        "admin:write",
    ];
    let mut tried = 0;
    for (method, template, operation) in contract::operations() {
        let security = operation["security"].as_array().unwrap();
        if security.is_empty()
            || security[0].get("operator").is_some()
            || security[0].get("scim").is_some()
        {
            continue;
        }
        let needed = scope(operation);
        let others: Vec<&str> =
            scopes.into_iter().filter(|s| Some(*s) != needed.as_deref()).collect();
        let (_, other) = key(&resources.client, &others).await;
        let method: Method = method.parse().unwrap();
        let (path, document) = (
            resources.fill(template),
            body(operation["operationId"].as_str().unwrap(), &resources),
        );
        let by_bearer = other.send(other.request(method.clone(), &path).json(&document)).await;
        let anonymous = Stack::shared().anonymous();
        let with_key = anonymous
            .request(method.clone(), &path)
            .header("x-api-key", other.token.as_deref().unwrap());
        let by_header = anonymous.send(with_key.json(&document)).await;
        for answer in [by_bearer, by_header] {
            if needed.as_deref() == Some("profile") {
                answer.expect(200);
            } else {
                assert_eq!(answer.problem(403), "not_allowed", "{method} {template}");
            }
            tried += 1;
        }
        // The number of keys per user is limited.
        for key in resources.client.get("/api/v1/api-keys?limit=100").await.expect(200)["api_keys"]
            .as_array()
            .unwrap()
        {
            resources
                .client
                .delete(&format!("/api/v1/api-keys/{}", key["id"].as_str().unwrap()))
                .await
                .expect(204);
        }
    }
    assert!(tried >= 100, "only {tried} requests");
    let (_, reader) = key(&resources.client, &["spaces:read"]).await;
    reader.get(&format!("/api/v1/spaces/{}", resources.id("space_id"))).await.expect(200);
}

#[tokio::test]
async fn concurrent_creations_of_keys_stay_within_the_limit() {
    let (owner, _) = Stack::shared().person("owner").await;
    let body = json!({ "name": "Script", "scopes": ["spaces:read"] });
    let created =
        futures::future::join_all((0..70).map(|_| owner.post("/api/v1/api-keys", &body))).await;
    let refused =
        created.into_iter().filter(|answer| answer.status != 201).map(|answer| answer.problem(409));
    assert!(refused.collect::<Vec<_>>().iter().all(|code| code == "conflict"));
    assert_eq!(owner.get("/api/v1/api-keys").await.expect(200)["total"], 50);
}

#[tokio::test]
async fn a_request_with_two_credentials_or_a_broken_key_is_refused() {
    let (owner, _) = Stack::shared().person("owner").await;
    let (_, client) = key(&owner, &["spaces:read"]).await;
    let secret = client.token.clone().unwrap();
    let both = owner.request(Method::GET, "/api/v1/me").header("x-api-key", &secret);
    assert_eq!(owner.send(both).await.problem(401), "not_signed_in");
    let other =
        format!("{}{}", &secret[..secret.len() - 1], if secret.ends_with('0') { '1' } else { '0' });
    let anonymous = Stack::shared().anonymous();
    for bad in
        ["tsk_", "tsk_00", "nonsense", &secret[4..], &other, &format!("tsk_{}", "0".repeat(128))]
    {
        let request = anonymous.request(Method::GET, "/api/v1/me").header("x-api-key", bad);
        assert_eq!(anonymous.send(request).await.status, 401, "{bad}");
    }
    // A key is not accepted as a cookie: a browser would send it with requests of other sites.
    let request = anonymous
        .request(Method::GET, "/api/v1/me")
        .header("cookie", format!("tessera_access={secret}"));
    assert_eq!(anonymous.send(request).await.problem(401), "not_signed_in");
}

#[tokio::test]
async fn a_key_and_its_streams_end_with_its_owners_access() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (owner, person) = colleague(&boss, "worker", "user").await;
    let (_, client) = key(&owner, &["knowledge:read"]).await;
    let mut events = client.events("/api/v1/events", None).await;
    let path = format!("/api/v1/admin/users/{}", person.user);
    admin.patch(&path, &json!({ "active": false })).await.expect(200);
    assert_eq!(client.get("/api/v1/collections").await.problem(401), "session_ended");
    let ended = async { while events.next().await.is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(6), ended)
        .await
        .expect("the stream must end within 5 s");
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let stack = Stack::shared();
    let (owner, _) = stack.person("owner").await;
    let (id, client) = key(&owner, &["spaces:read"]).await;
    let mut db = stack.database.superuser().await;
    let sql = "update api_keys set expires_at = now() where id = $1::uuid";
    sqlx::query(sql).bind(id.parse::<uuid::Uuid>().unwrap()).execute(&mut db).await.unwrap();
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    for days in [0, 3651] {
        let new = json!({ "name": "x", "scopes": ["chat"], "expires_in_days": days });
        assert_eq!(owner.post("/api/v1/api-keys", &new).await.problem(400), "invalid_body");
    }
    let bad = json!({ "name": "x", "scopes": ["account"] });
    assert_eq!(owner.post("/api/v1/api-keys", &bad).await.problem(400), "invalid_body");
}

#[tokio::test]
async fn a_key_has_a_rate_limit() {
    let (owner, _) = Stack::shared().person("owner").await;
    let new = json!({ "name": "Slow", "scopes": ["spaces:read"], "requests_per_minute": 3 });
    let made = owner.post("/api/v1/api-keys", &new).await.expect(201);
    assert_eq!(made["api_key"]["requests_per_minute"], 3);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    for _ in 0..3 {
        client.get("/api/v1/spaces").await.expect(200);
    }
    let limited = client.get("/api/v1/spaces").await;
    assert!(limited.headers.contains_key("retry-after"));
    assert_eq!(limited.problem(429), "too_many_requests");
    owner.get("/api/v1/spaces").await.expect(200);
    let none = json!({ "name": "Never", "scopes": ["chat"], "requests_per_minute": 0 });
    assert_eq!(owner.post("/api/v1/api-keys", &none).await.problem(400), "invalid_body");
}
