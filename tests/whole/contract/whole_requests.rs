//! Both ways into a component (ADR 39): a host that sends whole requests, and one that streams all.

use http::Method;
use serde_json::{Value, json};
use testkit::Person;
use tests::{client::Client, stack::Stack};

/// What a client sees of a response, without ids and times of its own.
async fn seen(client: &Client, method: &Method, path: &str, body: Option<&Value>) -> Value {
    let mut request = client.request(method.clone(), path);
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = client.send(request).await;
    let mut headers: Vec<String> = response
        .headers
        .iter()
        .filter(|(name, _)| {
            let framing = ["content-length", "transfer-encoding", "date", "x-request-id"];
            !framing.contains(&name.as_str())
        })
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    let mut body = response.body;
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    json!({ "status": response.status, "headers": headers, "body": body })
}

/// Reads, refusals, and mistakes of clients.
fn requests(space: &str) -> Vec<(Method, String, Option<Value>)> {
    let path = |path: &str| path.to_owned();
    vec![
        (Method::GET, path("/api/v1/health"), None),
        (Method::GET, path("/api/v1/me"), None),
        (Method::GET, path("/api/v1/spaces?limit=1"), None),
        (Method::GET, path("/api/v1/spaces?limit=0"), None),
        (Method::GET, format!("/api/v1/spaces/{space}"), None),
        (Method::GET, path("/api/v1/spaces/not-an-id"), None),
        (Method::GET, path("/api/v1/openapi.json"), None),
        (Method::GET, path("/api/v1/admin/settings"), None),
        (Method::PATCH, format!("/api/v1/spaces/{space}"), Some(json!({ "name": 7 }))),
        (Method::PATCH, format!("/api/v1/spaces/{space}"), Some(json!({ "misspelt": "x" }))),
        (Method::POST, path("/api/v1/search"), Some(json!({ "query": "" }))),
    ]
}

#[tokio::test]
async fn both_ways_give_the_same_responses_to_every_kind_of_caller() {
    let stack = Stack::shared();
    let streaming = stack.another_host(|config| config.runtime.instances.unary = false).await;
    let url = format!("http://{}", streaming.addr());
    let (client, person): (Client, Person) = stack.person("ways").await;
    let (space, _) = client.collection("ways").await;
    let (stranger, _) = stack.person("stranger").await;
    let colleague = stack.database.colleague(person.tenant, "colleague", "user").await;
    let colleague = stack.sign_in(&colleague).await;
    for caller in [&client, &stranger, &colleague, &stack.anonymous()] {
        let mut other = Client::new(&url);
        other.token.clone_from(&caller.token);
        for (method, path, body) in requests(&space) {
            let whole = seen(caller, &method, &path, body.as_ref()).await;
            let streamed = seen(&other, &method, &path, body.as_ref()).await;
            assert_eq!(whole, streamed, "{method} {path}");
        }
    }
    streaming.shutdown().await;
}
