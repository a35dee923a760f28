//! Servers that die under the complete system. Each test has its own, supervised as `./stack up`
//! supervises them.

use std::{path::Path, time::Duration};

use futures::StreamExt;
use http::Method;
use local_stack::{
    console::Console,
    paths::Paths,
    secrets::Secrets,
    setup::BuildEnv,
    supervise::{
        Supervisor,
        postgres::data_base,
        stores::{self, Durability, StoreChoice},
    },
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use testkit::Database;
use tests::{
    client::Client,
    provider::Script,
    stack::{Stack, root},
    wait::eventually,
};
use tokio::sync::mpsc;

/// A stack, and servers that may be killed.
pub(super) struct Harness {
    pub(super) stack: Stack,
    build_env: BuildEnv,
    supervisor: Supervisor,
    _state: tempfile::TempDir,
}

impl Harness {
    pub(super) async fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let paths = Paths::find().unwrap().with_state(state.path().canonicalize().unwrap());
        let build_env = BuildEnv::open(paths, Console::capturing()).unwrap();
        let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
        let secrets = Secrets::load(&build_env.paths).unwrap();
        // As durable as in production: these tests check that no confirmed data is lost.
        let choice = StoreChoice { durability: Durability::Durable, ..StoreChoice::private() };
        let postgres =
            stores::start_postgres(&build_env, &supervisor, &secrets, &choice).await.unwrap();
        let redis = stores::start_redis(&build_env, &supervisor, &secrets, &choice).await.unwrap();
        let database = Database::fresh_on(postgres.server).await;
        let stack = Stack::start_on(database, redis).await;
        Self { stack, build_env, supervisor, _state: state }
    }

    pub(super) fn kill_postgres(&self) {
        kill(&data_base(&self.build_env.paths).join("postgres/postmaster.pid"));
    }

    pub(super) fn kill_redis(&self) {
        kill(&data_base(&self.build_env.paths).join("redis/redis.pid"));
    }

    /// Waits until the supervisor has restarted it.
    pub(super) async fn runs_again(&self, server: &str) {
        let sentence = format!("{server} runs again");
        eventually(&sentence, async || self.build_env.console.captured().contains(&sentence)).await;
    }

    pub(super) async fn end(self) {
        self.stack.stop().await;
        self.supervisor.stop_all().await;
        stores::delete_data(&self.build_env.paths).unwrap();
    }
}

fn kill(pid_file: &Path) {
    let text = std::fs::read_to_string(pid_file).unwrap();
    let pid = text.lines().next().unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// The documents of a collection; None while the servers are away.
async fn documents(client: &Client, collection: &str) -> Option<Vec<Value>> {
    let path = format!("/api/v1/collections/{collection}/documents?limit=100");
    let answer = client.get(&path).await;
    assert!(matches!(answer.status, 200 | 503), "{} {:#}", answer.status, answer.body);
    answer.body["documents"].as_array().cloned().filter(|_| answer.status == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_in_processing_survive_crashes_of_postgres_and_redis() {
    let harness = Harness::new().await;
    let (client, _) = harness.stack.person("mona").await;
    let (_, collection) = client.collection("Faults").await;
    let bytes = std::fs::read(root().join("demo/handbook.pdf")).unwrap();
    let undisturbed =
        client.ingest(&collection, "first.pdf", bytes.clone()).await["chunk_count"].clone();
    for n in 0..8 {
        client.upload(&collection, &format!("{n}.pdf"), bytes.clone()).await.expect(202);
    }
    harness.kill_postgres();
    harness.runs_again("Postgres").await;
    harness.kill_redis();
    harness.runs_again("Redis").await;
    eventually("all documents are ready", async || {
        let all = documents(&client, &collection).await.unwrap_or_default();
        assert!(all.iter().all(|d| d["status"] != "failed"), "{all:#?}");
        all.len() == 9 && all.iter().all(|d| d["status"] == "ready")
    })
    .await;
    for document in documents(&client, &collection).await.unwrap() {
        assert_eq!(document["chunk_count"], undisturbed, "{document:#}");
    }
    harness.end().await;
}

/// An answer that the test streams: (conversation, sender of the provider's text, the client's
/// events).
async fn streaming(
    harness: &Harness,
    client: &Client,
    question: &str,
) -> (
    String,
    mpsc::UnboundedSender<String>,
    impl futures::Stream<Item = tests::client::Event> + Unpin + use<>,
) {
    let space = client.create("/api/v1/spaces", &json!({ "name": "Streaming" })).await;
    let assistant = client
        .create("/api/v1/assistants", &json!({ "space_id": space, "name": "Streamer" }))
        .await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let (say, script) = mpsc::unbounded_channel();
    harness.stack.provider.on(question, Script::Live(script));
    let mut events = client.ask(&conversation, question).await;
    say.send("The first half ".to_owned()).unwrap();
    while events.next().await.expect("the answer ended before its first delta").data["type"]
        != "chunk"
    {}
    (conversation, say, events)
}

/// The last event that the client receives, and the stored answer, once it is settled.
async fn outcome(
    client: &Client,
    conversation: &str,
    mut events: impl futures::Stream<Item = tests::client::Event> + Unpin,
) -> (Option<String>, Value) {
    let mut last = None;
    while let Some(event) = events.next().await {
        last = event.data["type"].as_str().map(str::to_owned);
    }
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let mut stored = Value::Null;
    eventually("the answer is stored", async || {
        let answer = client.send(client.request(Method::GET, &path)).await;
        let messages = answer.body["messages"].as_array().cloned().unwrap_or_default();
        stored = messages.into_iter().find(|m| m["role"] == "assistant").unwrap_or_default();
        let status = stored["status"].as_str().unwrap_or("pending");
        answer.status == 200 && !["pending", "streaming"].contains(&status)
    })
    .await;
    (last, stored)
}

fn assert_visible_end(last: Option<&str>, stored: &Value) {
    assert!(matches!(last, Some("done" | "error")), "the client saw {last:?} as the end");
    let text = stored["content"].as_str().unwrap_or_default();
    assert!(text.starts_with("The first half "), "text was lost: {stored:#}");
    if last == Some("done") {
        assert!(text.ends_with("the second half."), "marked done, but incomplete: {stored:#}");
    }
}

/// Half an answer, a server that dies and restarts, the other half, and another question.
async fn kill_amid_an_answer(server: &str, kill: impl Fn(&Harness)) {
    let harness = Harness::new().await;
    let (client, _) = harness.stack.person("nora").await;
    let (conversation, say, events) = streaming(&harness, &client, "Does it survive?").await;
    kill(&harness);
    say.send("and ".to_owned()).unwrap();
    harness.runs_again(server).await;
    say.send("the second half.".to_owned()).unwrap();
    drop(say);
    let (last, stored) = outcome(&client, &conversation, events).await;
    assert_visible_end(last.as_deref(), &stored);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    client.post(&path, &json!({ "content": "And the next question?" })).await.expect(200);
    harness.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_during_a_redis_crash_ends_visibly_and_is_stored() {
    kill_amid_an_answer("Redis", Harness::kill_redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_during_a_postgres_crash_ends_visibly_and_is_stored() {
    kill_amid_an_answer("Postgres", Harness::kill_postgres).await;
}

/// The id of the first event about a document; None if the stream ends before.
async fn heard(
    events: &mut (impl futures::Stream<Item = tests::client::Event> + Unpin),
    document: &str,
) -> Option<String> {
    let named = async {
        while let Some(event) = events.next().await {
            if event.data.to_string().contains(document) {
                return Some(event.id);
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(60), named).await.ok().flatten()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_ends_with_a_redis_crash_and_opens_again() {
    let harness = Harness::new().await;
    let (client, _) = harness.stack.person("olga").await;
    let (_, collection) = client.collection("Heard").await;
    let id = |answer: Value| answer["document"]["id"].as_str().unwrap().to_owned();
    let mut events = client.events("/api/v1/events", None).await;
    let first = id(client.upload(&collection, "first.md", "# First").await.expect(202));
    let last = heard(&mut events, &first).await.expect("no event of the first document");
    harness.kill_redis();
    let rest = async { while events.next().await.is_some() {} };
    let ended = tokio::time::timeout(Duration::from_secs(60), rest).await;
    assert!(ended.is_ok(), "the stream went on without Redis");
    harness.runs_again("Redis").await;
    // What Redis lost by the crash is not sent again.
    let mut resumed = client.events("/api/v1/events", Some(&last)).await;
    let second = id(client.upload(&collection, "second.md", "# Second").await.expect(202));
    assert!(heard(&mut resumed, &second).await.is_some(), "no event of the second document");
    harness.end().await;
}
