//! Search and answers of an organisation with a reranker: through the gateway to a provider.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::HeaderMap, response::IntoResponse, routing::post};
use futures::StreamExt;
use http::Method;
use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

const KEY: &str = "sk-of-the-reranker-1234";

/// What the provider received, and whether it fails.
#[derive(Default)]
struct ProviderState {
    requests: Vec<Value>,
    keys: Vec<String>,
    fails: bool,
}

type Shared = Arc<Mutex<ProviderState>>;

/// A provider with the wire format of Jina. The later a document came, the better it is.
async fn provider() -> (String, Shared) {
    let seen = Shared::default();
    let router = Router::new().route("/v1/rerank", post(rank)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, seen)
}

async fn rank(
    State(seen): State<Shared>,
    headers: HeaderMap,
    body: String,
) -> axum::response::Response {
    let mut seen = seen.lock().unwrap();
    let request: Value = serde_json::from_str(&body).unwrap();
    let count = request["documents"].as_array().unwrap().len();
    seen.requests.push(request);
    seen.keys.push(headers["authorization"].to_str().unwrap().to_owned());
    if seen.fails {
        return (http::StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response();
    }
    let results: Vec<Value> =
        (0..count).map(|at| json!({ "index": at, "relevance_score": at })).collect();
    axum::Json(json!({ "results": results, "usage": { "total_tokens": 60 } })).into_response()
}

async fn put_reranker(client: &Client, model: Option<&str>) -> Value {
    let request = client.request(Method::PUT, "/api/v1/admin/reranker");
    client.send(request.json(&json!({ "model_id": model }))).await.expect(200)
}

/// Titles of the results, and what came of the reranker.
async fn search(client: &Client) -> (Vec<String>, Value) {
    let found = client.post("/api/v1/search", &json!({ "query": "When is the sauna open?" })).await;
    let found = found.expect(200);
    let titles = found["results"].as_array().unwrap().iter();
    let titles = titles.map(|hit| hit["title"].as_str().unwrap().to_owned()).collect();
    (titles, found["reranking"].clone())
}

#[tokio::test]
async fn a_reranker_orders_search_and_answers_and_its_failure_keeps_their_order() {
    let stack = Stack::shared();
    let (url, seen) = provider().await;
    let host = stack
        .another_host(|config| {
            config.variables.insert("model_hosts".to_owned(), url.clone());
        })
        .await;
    let (at_home, _) = stack.person("ranked").await;
    let mut client = Client::new(&format!("http://{}", host.addr()));
    client.token.clone_from(&at_home.token);
    let (space, collection) = at_home.collection("House").await;
    for (name, text) in [
        ("hours.md", "# Sauna hours\n\nThe sauna is open from six to nine in the evening.\n"),
        ("rules.md", "# Sauna rules\n\nThe sauna is open to residents with a key.\n"),
    ] {
        at_home.ingest(&collection, name, text).await;
    }
    let (usual, none) = search(&client).await;
    assert_eq!((usual.len(), none), (2, Value::Null));

    let new = json!({ "name": "Ranking", "dialect": "jina", "base_url": format!("{url}/v1"), "credential": KEY });
    let provider = client.create("/api/v1/admin/providers", &new).await;
    let model = json!({ "provider_id": provider, "name": "r-1", "title": "Ranker", "kind": "rerank",
        "prices": { "standard": { "input": "0.5" } } });
    let model = client.create("/api/v1/admin/models", &model).await;
    assert_eq!(put_reranker(&client, Some(&model)).await["model_id"], json!(model));
    let (reranked, outcome) = search(&client).await;
    assert_eq!(outcome, json!({ "model": "Ranker", "skipped": null }));
    assert!(reranked.iter().eq(usual.iter().rev()), "{usual:?} {reranked:?}");
    {
        let seen = seen.lock().unwrap();
        assert_eq!(seen.keys, [format!("Bearer {KEY}")]);
        let documents = seen.requests[0]["documents"].to_string();
        assert!(documents.contains("six to nine") && documents.contains("with a key"));
    }

    let assistant =
        json!({ "space_id": space, "name": "Caretaker", "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let conversation = json!({ "assistant_id": assistant });
    let conversation = client.create("/api/v1/conversations", &conversation).await;
    let mut events = client.ask(&conversation, "When is the sauna open?").await;
    let mut sources = Vec::new();
    while let Some(event) = events.next().await {
        if event.data["type"] == "sources" {
            sources.clone_from(event.data["sources"].as_array().unwrap());
        }
    }
    let titles: Vec<&str> =
        sources.iter().map(|source| source["title"].as_str().unwrap()).collect();
    assert_eq!(titles, reranked, "the sources of an answer, too");
    let used = client.get("/api/v1/usage?group_by=model").await.expect(200);
    let ranker = used["groups"].as_array().unwrap().iter().find(|group| group["name"] == "r-1");
    let ranker = ranker.unwrap_or_else(|| panic!("{used:#}"));
    // 60 tokens for half a dollar, twice.
    assert_eq!((&ranker["totals"]["calls"], &ranker["totals"]["cost"]), (&json!(2), &json!("60")));

    seen.lock().unwrap().fails = true;
    let failed = json!({ "model": "Ranker", "skipped": "failed" });
    assert_eq!(search(&client).await, (usual.clone(), failed));
    put_reranker(&client, None).await;
    assert_eq!(search(&client).await, (usual, Value::Null));
    host.shutdown().await;
}
