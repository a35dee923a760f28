//! API keys and their scopes, custom roles, the organisation's settings, and scripts of other
//! sites.

use http::Method;
use kernel::id::TenantId;
use serde_json::{Value, json};
use testkit::Person;
use tests::{
    client::{Client, Response},
    stack::Stack,
};

pub(crate) async fn colleague(of: &Person, name: &str, role: &str) -> (Client, Person) {
    let stack = Stack::shared();
    let person = stack.database.colleague(TenantId(of.tenant.0), name, role).await;
    (stack.sign_in(&person).await, person)
}

/// Creates a key; returns its id and a client that sends it as a bearer token.
pub(crate) async fn key(owner: &Client, scopes: &[&str]) -> (String, Client) {
    let made = owner
        .post("/api/v1/api-keys", &json!({ "name": "Script", "scopes": scopes }))
        .await
        .expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    (made["api_key"]["id"].as_str().unwrap().to_owned(), client)
}

#[tokio::test]
async fn a_custom_role_allows_exactly_what_it_names_from_the_next_request_on() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (client, person) = colleague(&boss, "auditor", "user").await;
    client.create("/api/v1/spaces", &json!({ "name": "Before" })).await;
    let role = admin
        .create("/api/v1/admin/roles", &json!({ "name": "Auditor", "permissions": ["audit"] }))
        .await;
    let path = format!("/api/v1/admin/users/{}", person.user);
    let given = admin.patch(&path, &json!({ "custom_role_id": role })).await.expect(200);
    assert_eq!(
        (&given["role"], &given["custom_role_id"], &given["permissions"]),
        (&json!("user"), &json!(role), &json!(["audit"]))
    );
    assert_eq!(
        client.post("/api/v1/spaces", &json!({ "name": "After" })).await.problem(403),
        "not_allowed"
    );
    client
        .post("/api/v1/admin/audit/readings", &json!({ "reason": "the yearly check" }))
        .await
        .expect(201);
    assert_eq!(client.get("/api/v1/admin/users").await.problem(403), "not_allowed");
    // The own personal space stays readable, but knowledge requires the permission too.
    let spaces = client.get("/api/v1/spaces").await.expect(200);
    assert!(
        !spaces["spaces"][0]["permissions"].as_array().unwrap().contains(&json!("knowledge.edit"))
    );
    let personal = json!({ "space_id": spaces["spaces"][0]["id"], "name": "Mine" });
    assert_eq!(client.post("/api/v1/collections", &personal).await.problem(403), "not_allowed");
    let change = json!({ "permissions": ["collections"] });
    admin.patch(&format!("/api/v1/admin/roles/{role}"), &change).await.expect(200);
    client.create("/api/v1/collections", &personal).await;
    assert_eq!(client.get("/api/v1/admin/audit/verification").await.problem(403), "not_allowed");
    assert_eq!(admin.delete(&format!("/api/v1/admin/roles/{role}")).await.problem(409), "conflict");
    admin.patch(&path, &json!({ "custom_role_id": null })).await.expect(200);
    admin.delete(&format!("/api/v1/admin/roles/{role}")).await.expect(204);
    client.create("/api/v1/spaces", &json!({ "name": "Again" })).await;
}

#[tokio::test]
async fn no_user_assigns_a_role_with_more_rights_than_their_own() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (manager, _) = colleague(&boss, "manager", "manager").await;
    let (_, person) = colleague(&boss, "somebody", "user").await;
    let path = format!("/api/v1/admin/users/{}", person.user);
    let strong = admin
        .create("/api/v1/admin/roles", &json!({ "name": "Strong", "permissions": ["settings"] }))
        .await;
    let weak =
        admin.create("/api/v1/admin/roles", &json!({ "name": "Weak", "permissions": [] })).await;
    assert_eq!(
        manager.patch(&path, &json!({ "custom_role_id": strong })).await.problem(403),
        "not_allowed"
    );
    manager.patch(&path, &json!({ "custom_role_id": weak })).await.expect(200);
    admin.patch(&path, &json!({ "custom_role_id": strong })).await.expect(200);
    assert_eq!(manager.patch(&path, &json!({ "active": false })).await.problem(403), "not_allowed");
    assert_eq!(
        manager
            .post("/api/v1/admin/roles", &json!({ "name": "Mine", "permissions": [] }))
            .await
            .problem(403),
        "not_allowed"
    );
    // Removing a custom role gives the rights of a user: only a caller who has them may do it.
    let helper = admin
        .create("/api/v1/admin/roles", &json!({ "name": "Helper", "permissions": ["people"] }))
        .await;
    let (narrow, narrows) = colleague(&boss, "narrow", "user").await;
    let narrows = format!("/api/v1/admin/users/{}", narrows.user);
    admin.patch(&narrows, &json!({ "custom_role_id": helper })).await.expect(200);
    admin.patch(&path, &json!({ "custom_role_id": weak })).await.expect(200);
    assert_eq!(
        narrow.patch(&path, &json!({ "custom_role_id": null })).await.problem(403),
        "not_allowed"
    );
    assert_eq!(narrow.patch(&path, &json!({ "role": "user" })).await.problem(403), "not_allowed");
    narrow.patch(&path, &json!({ "display_name": "Renamed" })).await.expect(200);
    // A custom role cannot demote the last administrator either.
    let own = format!("/api/v1/admin/users/{}", boss.user);
    assert_eq!(
        admin.patch(&own, &json!({ "custom_role_id": weak })).await.problem(409),
        "conflict"
    );
    let (other, _) = stack.person("elsewhere").await;
    let foreign =
        other.create("/api/v1/admin/roles", &json!({ "name": "Theirs", "permissions": [] })).await;
    assert_eq!(
        admin.patch(&path, &json!({ "custom_role_id": foreign })).await.problem(400),
        "invalid_body"
    );
    assert_eq!(
        admin
            .post("/api/v1/admin/roles", &json!({ "name": "weak", "permissions": [] }))
            .await
            .problem(409),
        "conflict"
    );
}

#[tokio::test]
async fn a_role_for_settings_cannot_extend_its_own_rights() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (keeper, person) = colleague(&boss, "keeper", "user").await;
    let role = json!({ "name": "Keeper", "permissions": ["settings"] });
    let role = admin.create("/api/v1/admin/roles", &role).await;
    let audit = admin
        .create("/api/v1/admin/roles", &json!({ "name": "Auditor", "permissions": ["audit"] }))
        .await;
    let path = format!("/api/v1/admin/users/{}", person.user);
    admin.patch(&path, &json!({ "custom_role_id": role })).await.expect(200);
    keeper.get("/api/v1/admin/settings").await.expect(200);
    let own = format!("/api/v1/admin/roles/{role}");
    let all = json!({ "permissions": ["spaces", "people", "settings", "audit"] });
    assert_eq!(keeper.patch(&own, &all).await.problem(403), "not_allowed");
    let more = json!({ "name": "More", "permissions": ["settings", "audit"] });
    assert_eq!(keeper.post("/api/v1/admin/roles", &more).await.problem(403), "not_allowed");
    let theirs = format!("/api/v1/admin/roles/{audit}");
    assert_eq!(
        keeper.patch(&theirs, &json!({ "permissions": [] })).await.problem(403),
        "not_allowed"
    );
    assert_eq!(keeper.delete(&theirs).await.problem(403), "not_allowed");
    let token = json!({ "name": "Directory" });
    assert_eq!(keeper.post("/api/v1/admin/scim-tokens", &token).await.problem(403), "not_allowed");
    // A denial changes nothing.
    let roles = admin.get("/api/v1/admin/roles").await.expect(200);
    let mut found: Vec<(&str, &Value)> = roles["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["name"].as_str().unwrap(), &role["permissions"]))
        .collect();
    found.sort_by_key(|(name, _)| *name);
    assert_eq!(found, [("Auditor", &json!(["audit"])), ("Keeper", &json!(["settings"]))]);
    keeper.patch(&own, &json!({ "name": "Caretaker" })).await.expect(200);
}

#[tokio::test]
async fn only_administrators_change_settings() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (manager, _) = colleague(&boss, "manager", "manager").await;
    assert_eq!(manager.get("/api/v1/admin/settings").await.problem(403), "not_allowed");
    let path = "/api/v1/admin/settings";
    let changed = admin
        .patch(path, &json!({ "name": "Renamed", "audit_retention_days": 30 }))
        .await
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["audit_retention_days"]),
        (&json!("Renamed"), &json!(30))
    );
    assert_eq!(admin.get("/api/v1/me").await.expect(200)["tenant"]["name"], "Renamed");
    for bad in [
        json!({ "audit_retention_days": 0 }),
        json!({ "audit_retention_days": 29 }),
        json!({ "audit_retention_days": 2556 }),
        json!({ "allowed_origins": ["*"] }),
        json!({ "storage_quota_bytes": 1 }),
        json!({ "slug": "taken" }),
    ] {
        assert_eq!(admin.patch(path, &bad).await.problem(400), "invalid_body", "{bad}");
    }
}

async fn from(client: &Client, origin: &str, path: &str) -> Response {
    client.send(client.request(Method::GET, path).header("origin", origin)).await
}

#[tokio::test]
async fn only_a_tenants_origins_may_read_its_responses_and_never_with_cookies() {
    let stack = Stack::shared();
    let (admin, _) = stack.person("boss").await;
    let (stranger, _) = stack.person("stranger").await;
    let origin = format!("https://a{}.example.org", uuid::Uuid::now_v7().simple());
    let allowed = |answer: &Response| {
        answer.headers.get("access-control-allow-origin").map(|v| v.to_str().unwrap().to_owned())
    };
    assert_eq!(allowed(&from(&admin, &origin, "/api/v1/me").await), None);
    admin
        .patch("/api/v1/admin/settings", &json!({ "allowed_origins": [origin] }))
        .await
        .expect(200);
    let answer = from(&admin, &origin, "/api/v1/me").await;
    assert_eq!(allowed(&answer), Some(origin.clone()));
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    assert_eq!(allowed(&from(&admin, "https://evil.example", "/api/v1/me").await), None);
    assert_eq!(allowed(&from(&admin, "null", "/api/v1/me").await), None);
    assert_eq!(
        allowed(&from(&stranger, &origin, "/api/v1/me").await),
        None,
        "another tenant's answers stay unreadable"
    );
    let anonymous = stack.anonymous();
    let preflight = |origin: String| {
        let request = anonymous.request(Method::OPTIONS, "/api/v1/search").header("origin", origin);
        request.header("access-control-request-method", "POST").send()
    };
    let good = preflight(origin.clone()).await.unwrap();
    assert_eq!(
        (good.status().as_u16(), &good.headers()["access-control-allow-origin"]),
        (204, &http::HeaderValue::from_str(&origin).unwrap())
    );
    let bad = preflight("https://evil.example".to_owned()).await.unwrap();
    assert!(!bad.headers().contains_key("access-control-allow-origin"));
}
