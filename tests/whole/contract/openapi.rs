//! The contract and the components agree.

use std::collections::BTreeSet;

use tests::{
    contract,
    stack::{Stack, root},
};

/// The routes in the components' tables, as `METHOD path`.
fn routes_of_components() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for component in std::fs::read_dir(root().join("components")).unwrap() {
        let source = std::fs::read_to_string(component.unwrap().path().join("src/lib.rs")).unwrap();
        for line in source.lines().filter(|line| line.contains(" => ") && line.contains("\"/")) {
            let method = line.split_once('[').unwrap().1.split_once(' ').unwrap().0;
            let path = line.split('"').nth(1).unwrap();
            out.insert(format!("{method} {path}"));
        }
    }
    out
}

#[test]
fn every_route_of_the_components_is_in_the_contract_and_the_reverse() {
    let documented: BTreeSet<String> =
        contract::operations().map(|(method, path, _)| format!("{method} {path}")).collect();
    let mut routes = routes_of_components();
    // For components and processes of ours.
    routes.retain(|route| !route.contains(" /internal/"));
    // Theirs is OpenAI's contract, which docs/openai.md describes.
    routes.retain(|route| !route.contains(" /openai/"));
    assert_eq!(routes, documented);
}

#[test]
fn the_contract_names_the_scope_that_each_route_needs() {
    let mut out = Vec::new();
    for component in std::fs::read_dir(root().join("components")).unwrap() {
        let source = std::fs::read_to_string(component.unwrap().path().join("src/lib.rs")).unwrap();
        for line in source.lines().filter(|line| line.contains(" => ") && line.contains("\"/api")) {
            let (method, gate) =
                line.split_once('[').unwrap().1.split_once(']').unwrap().0.split_once(' ').unwrap();
            let path = line.split('"').nth(1).unwrap().to_owned();
            let words = gate.chars().fold(String::new(), |word, letter| match letter {
                'A'..='Z' if !word.is_empty() => format!("{word}:{}", letter.to_ascii_lowercase()),
                letter => format!("{word}{}", letter.to_ascii_lowercase()),
            });
            out.push((method.to_owned(), path, words));
        }
    }
    assert!(out.len() > 60);
    for (method, path, operation) in contract::operations() {
        let gate = &out.iter().find(|(m, p, _)| *m == method && p == path).unwrap().2;
        let security = operation["security"].as_array().unwrap();
        let scope = security
            .iter()
            .find_map(|s| s.get("api_key"))
            .map(|scopes| scopes[0].as_str().unwrap_or("profile"));
        let documented = match scope {
            Some(scope) => scope,
            None if security.is_empty() => "public",
            None if security[0].get("operator").is_some() => "operator",
            None if security[0].get("scim").is_some() => "directory",
            None => "account",
        };
        assert_eq!(gate, documented, "{method} {path}");
    }
}

#[tokio::test]
async fn the_contract_and_the_health_checks_are_public() {
    let client = Stack::shared().anonymous();
    assert_eq!(client.get("/api/v1/openapi.json").await.expect(200), *contract::document());
    client.get("/api/v1/health").await.expect(200);
    let ready = client.get("/api/v1/ready").await.expect(200);
    assert_eq!(ready["status"], "ok", "{ready:#}");
    client.get("/api/health/db").await.expect(200);
    client.get("/api/health/redis").await.expect(200);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let client = Stack::shared().anonymous();
    assert_eq!(client.get("/api/v1/nothing-here").await.problem(404), "no_such_route");
    assert_eq!(client.delete("/api/v1/health").await.problem(405), "method_not_allowed");
    let tick = client.post("/internal/tick", &serde_json::json!({})).await;
    assert_eq!(
        tick.problem(404),
        "no_such_route",
        "without the internal key the route does not exist"
    );
}
