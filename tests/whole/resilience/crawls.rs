//! Servers that die while a website is crawled.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::Html,
};
use serde_json::{Value, json};
use tests::{client::Client, wait::eventually};
use tokio::sync::Semaphore;

use super::faults::Harness;

/// Pages beside the start.
const PAGES: usize = 90;

/// A website on loopback that answers as many requests as the test allows; the others wait.
#[derive(Clone)]
struct Site {
    port: u16,
    permits: Arc<Mutex<Arc<Semaphore>>>,
}

impl Site {
    async fn serve() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let permits = Arc::new(Mutex::new(Arc::new(Semaphore::new(0))));
        let site = Self { port: listener.local_addr().unwrap().port(), permits };
        let router = Router::new().fallback(answer).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        site
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    fn permits(&self) -> Arc<Semaphore> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers one more request; does nothing while no one has asked for the last.
    fn answer_next(&self) {
        let permits = self.permits();
        if permits.available_permits() == 0 {
            permits.add_permits(1);
        }
    }

    fn answer_all(&self) {
        self.permits().close();
    }
}

async fn answer(State(site): State<Site>, uri: Uri) -> Result<Html<String>, StatusCode> {
    let path = uri.path();
    if path == "/robots.txt" {
        return Ok(Html("User-agent: *\nDisallow:\n".to_owned()));
    }
    if let Ok(permit) = site.permits().acquire().await {
        permit.forget();
    }
    let links: String = match path.trim_start_matches('/').parse() {
        _ if path == "/" => (1..=PAGES).map(|n| format!("<a href=\"/{n}\">{n}</a> ")).collect(),
        Ok(1..=PAGES) => String::new(),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let about = format!("The page {path} speaks at some length about its own subject. ").repeat(4);
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><title>{path}</title>
         <main><h1>{path}</h1><p>{about}</p>{links}</main></html>"
    )))
}

/// The run; None while the servers are away.
async fn run(client: &Client, path: &str) -> Option<Value> {
    let answer = client.get(path).await;
    assert!(matches!(answer.status, 200 | 503), "{} {:#}", answer.status, answer.body);
    (answer.status == 200).then_some(answer.body)
}

/// Answers one request after the other until more pages than so many were added; says how many.
async fn until_more(site: &Site, client: &Client, path: &str, than: i64) -> i64 {
    let mut added = than;
    eventually(&format!("more than {than} pages were added"), async || {
        // What a run has in hand when a server dies is asked for again.
        site.answer_next();
        let found = run(client, path).await;
        added = found.and_then(|run| run["added"].as_i64()).unwrap_or(than);
        added > than
    })
    .await;
    added
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_loses_and_doubles_no_page_when_postgres_and_redis_crash() {
    let site = Site::serve().await;
    let harness = Harness::new().await;
    let port = site.port.to_string();
    harness.stack.kill_worker();
    let settings = [
        ("TESSERA_CRAWL_NETWORKS", "127.0.0.0/8"),
        ("TESSERA_CRAWL_PORTS", port.as_str()),
        ("TESSERA_CRAWL_DELAY_MS", "0"),
        ("TESSERA_CRAWL_RETRY_SECONDS", "1"),
    ];
    harness.stack.revive_worker_with(&settings).await;
    let (client, _) = harness.stack.person("vera").await;
    let space = client.create("/api/v1/spaces", &json!({ "name": "Crawled" })).await;
    let body =
        json!({ "space_id": space, "name": "Site", "settings": { "start_urls": [site.url()] } });
    let website = client.create("/api/v1/websites", &body).await;
    let runs = format!("/api/v1/websites/{website}/runs");
    let started = client.post(&runs, &json!({})).await.expect(202);
    let path = format!("{runs}/{}", started["id"].as_str().unwrap());

    // Beside the start nothing is stored before twenty pages show what stands on all of them.
    let before = until_more(&site, &client, &path, 1).await;
    harness.kill_postgres();
    harness.runs_again("Postgres").await;
    until_more(&site, &client, &path, before).await;
    let going = run(&client, &path).await.unwrap();
    assert!(going["ended_at"].is_null(), "killed too late: {going:#}");
    harness.kill_redis();
    site.answer_all();
    harness.runs_again("Redis").await;

    let mut ended = Value::Null;
    eventually("the crawl has ended", async || {
        ended = run(&client, &path).await.unwrap_or_default();
        ended["ended_at"].is_string()
    })
    .await;
    let all = i64::try_from(PAGES + 1).unwrap();
    assert_eq!(
        (&ended["state"], &ended["added"], &ended["failed"]),
        (&json!("succeeded"), &json!(all), &json!(0)),
        "{ended:#}"
    );
    let pages =
        client.get(&format!("/api/v1/websites/{website}/pages?limit=100&state=current")).await;
    let urls: BTreeSet<String> = pages.expect(200)["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page["url"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(urls.len(), PAGES + 1);
    eventually("every page is read", async || {
        let answer = client.get("/api/v1/documents?limit=100&status=ready").await.expect(200);
        answer["total"].as_i64().unwrap() >= all
    })
    .await;
    let documents = client.get("/api/v1/documents?limit=100").await.expect(200);
    assert_eq!(documents["total"], all, "none is left over, in whatever state");
    harness.end().await;
}
