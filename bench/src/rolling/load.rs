//! 200 requests a second: mostly the profile and lists, some searches, writes with an idempotency
//! key, and uploads.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::{answers::sent, people::Person, request_counts::RequestCounts};

/// Requests a second, unless `TESSERA_BENCH_RATE` says otherwise: for a machine that is shared.
const RATE: u32 = 200;

/// What the hosts accepted.
#[derive(Clone, Default)]
pub(crate) struct AcceptedWrites {
    /// Documents.
    pub(crate) documents: Arc<Mutex<HashSet<String>>>,
    /// Conversations without a question.
    pub(crate) conversations: Arc<Mutex<HashSet<String>>>,
}

/// Sends requests, whether or not those before have their answers; `stop` waits for the last ones.
pub(crate) struct Load {
    sender: tokio::task::JoinHandle<JoinSet<()>>,
    stop: tokio::sync::watch::Sender<bool>,
}

/// Requests a second.
pub(crate) fn rate() -> u32 {
    std::env::var("TESSERA_BENCH_RATE").map_or(RATE, |rate| rate.parse().unwrap())
}

impl Load {
    pub(crate) fn start(
        people: Vec<Person>,
        accepted: AcceptedWrites,
        counts: RequestCounts,
    ) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let sender = tokio::spawn(async move {
            let mut running = JoinSet::new();
            let mut every = tokio::time::interval(Duration::from_secs(1) / rate());
            every.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut number = 0_usize;
            while !*stopped.borrow() {
                every.tick().await;
                let person = people[number % people.len()].clone();
                let (accepted, counts) = (accepted.clone(), counts.clone());
                running.spawn(async move { request(number, &person, &accepted, &counts).await });
                while running.try_join_next().is_some() {}
                number += 1;
            }
            running
        });
        Self { sender, stop }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(true).unwrap();
        let mut running = self.sender.await.unwrap();
        while running.join_next().await.is_some() {}
    }
}

/// The request of this number. The number of people does not divide the mix, so that each sends all
/// kinds.
async fn request(
    number: usize,
    person: &Person,
    accepted: &AcceptedWrites,
    counts: &RequestCounts,
) {
    let client = &person.client;
    let get = |path: &str| client.request(Method::GET, path);
    match number % 79 {
        0 | 20 | 40 | 60 => {
            let query = json!({ "query": format!("when is house {number} open") });
            let request = client.request(Method::POST, "/api/v1/search").json(&query);
            body(request, "POST search", counts).await;
        }
        10 | 30 | 50 | 70 => write(person, accepted, counts).await,
        15 | 55 => upload(number, person, accepted, counts).await,
        kind if kind % 5 == 1 => {
            body(get("/api/v1/conversations"), "GET conversations", counts).await;
        }
        kind if kind % 5 == 2 => {
            let path = format!("/api/v1/collections/{}/documents", person.collection);
            body(get(&path), "GET documents", counts).await;
        }
        _ => drop(body(get("/api/v1/me"), "GET me", counts).await),
    }
}

/// The body of a successful answer, which must be complete.
async fn body(
    request: reqwest::RequestBuilder,
    route: &'static str,
    counts: &RequestCounts,
) -> Option<Value> {
    let response = sent(request, route, counts).await?;
    let body = response.json().await;
    if let Err(error) = &body {
        counts.wrong(&format!("{route}: a body broke off: {error:?}"));
    }
    body.ok()
}

/// Creates a conversation twice with one key, as a client does that did not see the first answer.
async fn write(person: &Person, accepted: &AcceptedWrites, counts: &RequestCounts) {
    let key = uuid::Uuid::now_v7().to_string();
    let new = json!({ "assistant_id": person.assistant });
    let request = || {
        let request = person.client.request(Method::POST, "/api/v1/conversations");
        request.header("idempotency-key", &key).json(&new)
    };
    let first = body(request(), "POST conversation", counts).await;
    let second = body(request(), "POST conversation again", counts).await;
    let (Some(first), Some(second)) = (first, second) else { return };
    if first["id"] != second["id"] {
        counts.wrong(&format!("a write was done twice: {} and {}", first["id"], second["id"]));
    }
    accepted.conversations.lock().unwrap().insert(first["id"].as_str().unwrap().to_owned());
}

async fn upload(number: usize, person: &Person, accepted: &AcceptedWrites, counts: &RequestCounts) {
    let path =
        format!("/api/v1/collections/{}/documents?filename=rolling-{number}.md", person.collection);
    let text = format!("# House {number}\n\nThe laundry of house {number} is open from 8 to noon.");
    let request = person.client.request(Method::POST, &path);
    let request = request.header("content-type", "application/octet-stream").body(text);
    if let Some(uploaded) = body(request, "POST document", counts).await {
        let id = uploaded["document"]["id"].as_str().unwrap().to_owned();
        accepted.documents.lock().unwrap().insert(id);
    }
}
