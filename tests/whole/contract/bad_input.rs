//! Malformed bodies, parameters and headers: refused with a problem, never a 5xx, and nothing
//! changes.

use http::Method;
use serde_json::{Value, json};
use tests::{client::Response, contract, stack::Stack};

use crate::resources::{Resources, body, owner_of_everything};

/// Every operation that takes a JSON document: method, path, operation.
fn operations_with_a_document() -> impl Iterator<Item = (Method, &'static str, &'static str)> {
    contract::operations().filter_map(|(method, template, operation)| {
        let takes = !operation["requestBody"]["content"]["application/json"].is_null();
        takes.then(|| {
            (method.parse().unwrap(), template, operation["operationId"].as_str().unwrap())
        })
    })
}

async fn send(
    resources: &Resources,
    method: &Method,
    template: &str,
    kind: &str,
    body: Vec<u8>,
) -> Response {
    let client = resources.caller(template);
    let request =
        client.request(method.clone(), &resources.fill(template)).header("content-type", kind);
    client.send(request.body(body)).await
}

fn assert_refused(answer: &Response, what: &str) {
    assert!(
        matches!(answer.status, 400 | 401 | 413 | 415 | 422),
        "{what}: {} {:#}",
        answer.status,
        answer.body
    );
    assert!(
        answer.body["detail"].as_str().is_some_and(|detail| detail.len() > 10),
        "{what}: {:#}",
        answer.body
    );
}

#[tokio::test]
async fn every_operation_refuses_a_body_that_is_not_a_json_object() {
    let resources = owner_of_everything().await;
    let mut tried = 0;
    for (method, template, operation) in operations_with_a_document() {
        for wrong in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"\"text\"",
            b"5",
            b"{} {}",
            b"{\"name\": \"\xff\xfe\"}",
            b"{\"name\": \"\\ud800\", \"content\": \"\\ud800\", \"query\": \"\\ud800\"}",
            b"\xef\xbb\xbf{}",
        ] {
            let answer =
                send(&resources, &method, template, "application/json", wrong.to_vec()).await;
            assert_refused(&answer, &format!("{operation} {:?}", String::from_utf8_lossy(wrong)));
        }
        let deep = "[".repeat(200_000).into_bytes();
        assert_refused(
            &send(&resources, &method, template, "application/json", deep).await,
            operation,
        );
        let xml = send(&resources, &method, template, "text/xml", b"<a/>".to_vec()).await;
        assert!(matches!(xml.status, 415 | 401 | 400), "{operation}: {}", xml.status);
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} operations take a document");
}

#[tokio::test]
async fn every_operation_refuses_ten_megabytes_of_json() {
    let resources = owner_of_everything().await;
    let text = "a".repeat(10 << 20);
    let large =
        serde_json::to_vec(&json!({ "name": text, "content": text, "query": text, "title": text }))
            .unwrap();
    for (method, template, operation) in operations_with_a_document() {
        let answer = send(&resources, &method, template, "application/json", large.clone()).await;
        assert_eq!(answer.problem(413), "too_large", "{operation}");
    }
}

/// Every member of a valid body, replaced by values of every other type.
fn spoiled(good: &Value) -> Vec<Value> {
    let wrong = [
        json!(null),
        json!(5),
        json!(-1.5e300),
        json!(true),
        json!([1]),
        json!({ "a": 1 }),
        json!("\u{0}"),
    ];
    let mut out = Vec::new();
    for (name, value) in good.as_object().unwrap() {
        for wrong in wrong
            .iter()
            .filter(|w| !w.is_null() && std::mem::discriminant(*w) != std::mem::discriminant(value))
        {
            let mut body = good.clone();
            body[name] = wrong.clone();
            out.push(body);
        }
        if value.is_string() {
            let mut body = good.clone();
            body[name] = json!("a\u{0}b");
            out.push(body);
        }
    }
    let mut body = good.clone();
    body["is_admin"] = json!(true);
    out.push(body);
    out
}

#[tokio::test]
async fn members_of_a_wrong_type_unknown_members_and_zero_bytes_are_refused() {
    let resources = owner_of_everything().await;
    let mut tried = 0;
    for (method, template, operation) in operations_with_a_document() {
        for wrong in spoiled(&body(operation, &resources)) {
            let client = resources.caller(template);
            let answer = client
                .send(client.request(method.clone(), &resources.fill(template)).json(&wrong))
                .await;
            // A malformed id is the same 404 as an unknown one.
            let unknown_id = answer.status == 404 && wrong.to_string().contains("\\u0000");
            if !unknown_id {
                assert_refused(&answer, &format!("{operation} {wrong}"));
            }
            tried += 1;
        }
    }
    assert!(tried >= 50, "only {tried} bodies tried");
}

#[tokio::test]
async fn malformed_parameters_are_refused() {
    let resources = owner_of_everything().await;
    for (method, template, operation) in
        contract::operations().filter(|(method, ..)| method == "GET")
    {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = |name: &str| {
            parameters.iter().any(|p| {
                p["$ref"].as_str().is_some_and(|r| r.to_lowercase().ends_with(name))
                    || p["name"] == name
            })
        };
        if !takes("limit") {
            continue;
        }
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=x",
            "limit=99999999999999999999",
            "limit=",
            "cursor=x",
            "cursor=%00",
            "cursor=%ff",
        ] {
            let path = format!("{}?{query}", resources.fill(template));
            assert_eq!(
                resources.caller(template).get(&path).await.problem(400),
                "invalid_query",
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_zero_byte_in_a_parameter_is_never_a_5xx() {
    let resources = owner_of_everything().await;
    let mut tried = 0;
    for (_, template, operation) in
        contract::operations().filter(|(method, ..)| method.eq_ignore_ascii_case("get"))
    {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for name in parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str()) {
            let request = resources
                .caller(template)
                .request(Method::GET, &format!("{}?{name}=a%00b", resources.fill(template)));
            let status = request.send().await.unwrap().status();
            assert!(!status.is_server_error(), "{template}?{name}: {status}");
            tried += 1;
        }
    }
    assert!(tried >= 30, "only {tried} parameters");
}

#[tokio::test]
async fn malformed_ids_are_the_same_404() {
    let resources = owner_of_everything().await;
    for (method, template, operation) in contract::operations() {
        // Directories send a token of their own: `scim.rs` tests their routes.
        let of_directories = operation["tags"][0] == "scim";
        if of_directories
            || !template.contains('{')
            || method == "POST" && template.ends_with("/documents")
        {
            continue;
        }
        for wrong in
            ["x", "%00", "%ff", "00000000-0000-0000-0000-000000000000", "'; drop table users; --"]
        {
            let filled: Vec<&str> = template
                .split('/')
                .map(|part| if part.starts_with('{') { wrong } else { part })
                .collect();
            let path = filled.join("/");
            let answer = resources
                .caller(template)
                .request(method.parse().unwrap(), &path)
                .json(&json!({ "name": "N", "title": "T", "content": "C" }))
                .send()
                .await
                .unwrap();
            // A browser that returns from a provider is redirected to one of our pages.
            let page =
                answer.status() == 302 && operation["operationId"] == "finish_tenant_oidc_login";
            let refused = page || matches!(answer.status().as_u16(), 400 | 404 | 405);
            assert!(refused, "{method} {path}: {}", answer.status());
        }
    }
}

#[tokio::test]
async fn malformed_headers_are_refused_or_ignored() {
    let (client, _) = Stack::shared().person("headers").await;
    let long = "k".repeat(201);
    for (name, value, status) in
        [("idempotency-key", "", 400), ("idempotency-key", long.as_str(), 400)]
    {
        let request = client
            .request(Method::POST, "/api/v1/spaces")
            .header(name, value)
            .json(&json!({ "name": "N" }));
        assert_eq!(client.send(request).await.status, status, "{name}: {value}");
    }
    for id in ["x", "-1", "99999999999999999999999", "\u{e5}"] {
        let request = client
            .request(Method::GET, "/api/v1/events")
            .header("last-event-id", id)
            .header("accept", "application/json");
        let answer = request.send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "last-event-id {id}: {}", answer.status());
    }
}

#[tokio::test]
async fn a_cursor_with_any_time_is_a_page_or_a_400_on_every_list() {
    let resources = owner_of_everything().await;
    let mut tried = 0;
    for (method, template, operation) in
        contract::operations().filter(|(method, ..)| method == "GET")
    {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let refers_to_cursor = |parameter: &Value| {
            parameter["name"] == "cursor"
                || parameter["$ref"]
                    .as_str()
                    .is_some_and(|name| name.to_lowercase().ends_with("cursor"))
        };
        if !parameters.iter().any(refers_to_cursor) {
            continue;
        }
        for time in [
            "7fffffffffffffff",
            "8000000000000000",
            "ffffffffffffffff",
            "0",
            "384a9d8c9a58000",
            "-1",
            "x",
        ] {
            let path = resources.fill(template);
            let joint = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{joint}cursor={time}.{}", "0".repeat(32));
            let client = resources.caller(template);
            let answer = client.send(client.request(method.parse().unwrap(), &path)).await;
            assert!(answer.status < 500, "{path}: {} {:#}", answer.status, answer.body);
        }
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} lists were tried");
}

#[tokio::test]
async fn an_assistant_names_only_models_that_the_operator_lists() {
    let stack = Stack::shared();
    let (client, person) = stack.person("dyr").await;
    let new = |model: &str| json!({ "space_id": person.space.to_string(), "name": "Costly", "model": model });
    for model in ["gpt-9-most-expensive", "*", "extractive,other"] {
        assert_eq!(
            client.post("/api/v1/assistants", &new(model)).await.problem(400),
            "invalid_body",
            "{model}"
        );
    }
    let assistant = client.create("/api/v1/assistants", &new("extractive")).await;
    let path = format!("/api/v1/assistants/{assistant}");
    assert_eq!(
        client.patch(&path, &json!({ "model": "other" })).await.problem(400),
        "invalid_body"
    );
    client.patch(&path, &json!({ "model": null })).await.expect(200);
}
