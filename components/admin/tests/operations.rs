//! The operations, in an order in which an administrator can do them all.

use http::Method;
use serde_json::{Value, json};
use testkit::Operation;

fn get(path: &'static str) -> Operation {
    Operation::new(Method::GET, path).refused_to("user")
}

fn post(path: &'static str, body: Value) -> Operation {
    Operation::new(Method::POST, path).with(body).answers(201).refused_to("user")
}

fn patch(path: &'static str, body: Value) -> Operation {
    Operation::new(Method::PATCH, path).with(body).refused_to("user")
}

fn delete(path: &'static str) -> Operation {
    Operation::new(Method::DELETE, path).answers(204).refused_to("user")
}

pub(crate) fn operations() -> Vec<Operation> {
    let organisation = [users(), roles_and_settings(), groups(), federation(), tokens()];
    [organisation.concat(), providers(), usage(), audit()].concat()
}

fn users() -> Vec<Operation> {
    let invited = json!({ "email": "second@north.example", "role": "user" });
    let bare = |path| Operation::new(Method::POST, path).refused_to("user");
    vec![
        get("/api/v1/admin/users"),
        get("/api/v1/admin/users/{user_id}"),
        post("/api/v1/admin/users", invited),
        bare("/api/v1/admin/users/{user_id}/invitation"),
        patch("/api/v1/admin/users/{user_id}", json!({ "display_name": "Ada" })),
        delete("/api/v1/admin/users/{user_id}").keeps_its_page(),
        bare("/api/v1/admin/users/{user_id}/restore"),
    ]
}

fn roles_and_settings() -> Vec<Operation> {
    vec![
        get("/api/v1/admin/roles"),
        post("/api/v1/admin/roles", json!({ "name": "Auditors", "permissions": ["audit"] })),
        get("/api/v1/admin/roles/{role_id}"),
        patch("/api/v1/admin/roles/{role_id}", json!({ "name": "Readers" })),
        delete("/api/v1/admin/roles/{role_id}"),
        get("/api/v1/admin/settings").is_no_list(),
        patch("/api/v1/admin/settings", json!({ "audit_retention_days": 90 })),
    ]
}

fn federation() -> Vec<Operation> {
    let provider = json!({
        "provider": "Entra", "issuer": "https://login.north.example", "client_id": "tessera", "client_secret": "a secret of theirs"
    });
    let path = "/api/v1/admin/federation";
    vec![
        Operation::new(Method::PUT, path).with(provider).refused_to("user"),
        get(path).is_no_list(),
        delete(path).is_no_list(),
    ]
}

fn audit() -> Vec<Operation> {
    vec![
        post("/api/v1/admin/audit/readings", json!({ "reason": "A complaint of a member" })),
        get("/api/v1/admin/audit").query("reading={reading_id}"),
        get("/api/v1/admin/audit/verification").is_no_list(),
        post("/api/v1/admin/audit/exports", json!({ "reading": "{reading_id}", "format": "csv" }))
            .answers(202),
        get("/api/v1/admin/audit/exports/{export_id}"),
        get("/api/v1/admin/audit/exports/{export_id}/content"),
    ]
}

fn groups() -> Vec<Operation> {
    vec![
        get("/api/v1/admin/user-groups"),
        post("/api/v1/admin/user-groups", json!({ "name": "Board" })),
        get("/api/v1/admin/user-groups/{group_id}"),
        patch("/api/v1/admin/user-groups/{group_id}", json!({ "name": "Council" })),
        get("/api/v1/admin/user-groups/{group_id}/members"),
        post("/api/v1/admin/user-groups/{group_id}/members", json!({ "user_id": "{user_id}" })),
        delete("/api/v1/admin/user-groups/{group_id}/members/{user_id}"),
        delete("/api/v1/admin/user-groups/{group_id}"),
    ]
}

fn providers() -> Vec<Operation> {
    let provider = json!({
        "name": "Main", "dialect": "azure_dated", "base_url": "https://name.openai.azure.com/openai",
        "api_version": "2024-10-21", "credential": "sk-abcdefgh-1234"
    });
    let model = json!({
        "provider_id": "{provider_id}", "name": "m-2", "title": "Model Two", "kind": "chat", "context_tokens": 8000,
        "capabilities": ["vision", "tools"], "prices": { "standard": { "input": "0.000002" } }
    });
    let change = json!({
        "title": "Model One", "output_tokens": 4000, "thinks_by_budget": true, "prices": {}, "deprecated_on": "2027-01-14",
        "successor": "m-2", "enabled": false, "places": { "space_ids": [], "group_ids": [] }, "classification": "open"
    });
    let everywhere = json!({ "places": null, "output_tokens": null });
    vec![
        get("/api/v1/admin/providers"),
        post("/api/v1/admin/providers", provider),
        get("/api/v1/admin/providers/{provider_id}"),
        patch(
            "/api/v1/admin/providers/{provider_id}",
            json!({ "name": "Renamed", "enabled": false }),
        ),
        post("/api/v1/admin/providers/{provider_id}/import", json!({ "known_provider": "openai" }))
            .answers(200),
        post("/api/v1/admin/providers/{provider_id}/test", json!({ "model": "m-1" })).answers(200),
        get("/api/v1/admin/providers/{provider_id}/models"),
        get("/api/v1/admin/model-catalogue").is_no_list(),
        get("/api/v1/admin/models"),
        post("/api/v1/admin/models", model),
        post("/api/v1/admin/models/refresh", json!({ "dry_run": true })).answers(200),
        get("/api/v1/admin/models/{model_id}"),
        patch("/api/v1/admin/models/{model_id}", change),
        patch("/api/v1/admin/models/{model_id}", everywhere),
        get("/api/v1/admin/model-aliases"),
        post("/api/v1/admin/model-aliases", json!({ "name": "fast", "model_ids": ["{model_id}"] })),
        get("/api/v1/admin/model-aliases/{alias_id}"),
        patch(
            "/api/v1/admin/model-aliases/{alias_id}",
            json!({ "name": "slow", "model_ids": ["{model_id}"] }),
        ),
        delete("/api/v1/admin/model-aliases/{alias_id}"),
        get("/api/v1/admin/reranker").is_no_list(),
        Operation::new(Method::PUT, "/api/v1/admin/reranker")
            .with(json!({ "model_id": "{rerank_model_id}" }))
            .refused_to("user"),
        post(
            "/api/v1/admin/models/{model_id}/replace",
            json!({ "successor_id": "{successor_model_id}", "dry_run": true }),
        )
        .answers(200),
        delete("/api/v1/admin/models/{model_id}"),
        delete("/api/v1/admin/providers/{provider_id}"),
    ]
}

fn usage() -> Vec<Operation> {
    let quota = json!({
        "subject": "each_user", "measure": "cost", "period": "month", "limit": "25.5", "alert_percent": 80
    });
    let policy = json!({ "unpriced_models": "refuse", "answer_costs": true });
    vec![
        Operation::new(Method::GET, "/api/v1/me/usage").is_no_list(),
        get("/api/v1/usage").is_no_list(),
        get("/api/v1/usage.csv").is_no_list(),
        get("/api/v1/usage-policy").is_no_list(),
        Operation::new(Method::PUT, "/api/v1/usage-policy").with(policy).refused_to("user"),
        get("/api/v1/quotas"),
        post("/api/v1/quotas", quota),
        get("/api/v1/quotas/{quota_id}"),
        patch("/api/v1/quotas/{quota_id}", json!({ "limit": "30", "alert_percent": null })),
        delete("/api/v1/quotas/{quota_id}"),
        get("/api/v1/quota-alerts"),
    ]
}

fn tokens() -> Vec<Operation> {
    vec![
        get("/api/v1/admin/scim-tokens"),
        post("/api/v1/admin/scim-tokens", json!({ "name": "Directory" })),
        delete("/api/v1/admin/scim-tokens/{scim_token_id}"),
    ]
}
