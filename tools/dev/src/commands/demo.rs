//! `./stack demo`: ingests the documents in `demo/`, crawls its website, and asks questions in
//! English and Swedish, one of them unanswerable.

#![expect(clippy::indexing_slicing, reason = "a JSON document has null where a member is missing")]

use std::fs;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::file_server::FileServer;
use crate::memory;
use crate::scratch;
use local_stack::cli::LocalModel;
use local_stack::console::Console;
use local_stack::paths::Paths;

/// What the demo ingests of its folder.
const EXTENSIONS: &[&str] = &["pdf", "docx", "pptx", "html", "md", "csv"];

/// Runs the demo on a stack of its own; `model` answers in place of the extractive answerer.
///
/// # Errors
/// When something does not start, a document fails, or an answer ends in an error.
pub(crate) async fn run(paths: Paths, model: Option<LocalModel>) -> Result<ExitCode> {
    let generator = model.map(LocalModel::generator);
    let shelf = paths.root.join("demo");
    let site = FileServer::start(shelf.join("website")).await?;
    scratch::run(&paths, "demo", Some(site.port), generator, async |client, console| {
        let space = client.create("/api/v1/spaces", &json!({ "name": "Kvarnbacken" })).await?;
        let collection = client.create("/api/v1/collections", &json!({ "space_id": space, "name": "The cooperative's papers" })).await?;
        console.print("");
        let mut paths: Vec<_> = fs::read_dir(&shelf)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            let wanted = path.extension().and_then(|e| e.to_str()).is_some_and(|e| EXTENSIONS.contains(&e));
            if wanted && name != "README.md" {
                client.upload(&collection, &name, fs::read(&path)?).await?;
                console.print(&format!("uploaded {name}"));
            }
        }
        let failed = client.wait_for_collection(&collection, |_, _| {}).await?;
        if let Some(document) = failed.first() {
            bail!("{} failed: {}", document["filename"], document["failure"]);
        }
        console.print("all documents are ready");
        let pages = crawl(client, console, &space, &site.url()).await?;
        let body = json!({ "space_id": space, "name": "Caretaker", "instructions": "Answer briefly.", "collection_ids": [collection, pages], "model": generator.map(|it| it.name) });
        let assistant = client.create("/api/v1/assistants", &body).await?;
        let questions: Vec<Value> = serde_json::from_slice(&fs::read(shelf.join("questions.json"))?)?;
        for question in &questions {
            let conversation = client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await?;
            ask(client, console, &conversation, &text(&question["question"])?).await?;
        }
        if let (Some(host), Some(worker)) = (memory::of_this(), memory::of_children("worker")) {
            console.print(&format!("\nresident memory: host {host} MiB, worker with both models {worker} MiB"));
        }
        Ok(())
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Crawls the website at `url`, and waits until its pages can be searched; returns their
/// collection.
async fn crawl(client: &Client, console: &Console, space: &str, url: &str) -> Result<String> {
    let website =
        json!({ "space_id": space, "name": "The website", "settings": { "start_urls": [url] } });
    let website = client.post("/api/v1/websites", &website).await?;
    let collection = text(&website["collection_id"])?;
    let runs = format!("/api/v1/websites/{}/runs", text(&website["id"])?);
    let run = client.post(&runs, &json!({})).await?;
    let run = format!("{runs}/{}", text(&run["id"])?);
    let ended = loop {
        let run = client.get(&run).await?;
        match run["state"].as_str() {
            Some("queued" | "running") => tokio::time::sleep(Duration::from_millis(100)).await,
            Some("succeeded") => break run,
            _ => bail!("the crawl of {url} failed: {}", run["reason"]),
        }
    };
    client.wait_for_collection(&collection, |_, _| {}).await?;
    console.print(&format!("crawled {} pages of {url}", ended["added"]));
    Ok(collection)
}

/// Prints the answer as it streams, then the sources that it cites.
async fn ask(client: &Client, console: &Console, conversation: &str, question: &str) -> Result<()> {
    console.print(&format!("\n── {question}"));
    let mut events = client.ask(conversation, question).await?;
    let (mut sources, mut cited) = (Vec::new(), Vec::new());
    let mut out = std::io::stdout();
    while let Some(event) = events.next().await {
        let event = event?;
        match event["type"].as_str().unwrap_or_default() {
            "sources" => sources = event["sources"].as_array().cloned().unwrap_or_default(),
            "chunk" => {
                write!(out, "{}", event["content"].as_str().unwrap_or_default())?;
                out.flush()?;
            }
            "done" => cited = event["citations"].as_array().cloned().unwrap_or_default(),
            "error" => bail!("the answer ended in an error: {}", event["problem"]),
            _ => {}
        }
    }
    writeln!(out)?;
    for n in &cited {
        let source = sources
            .iter()
            .find(|s| s["n"] == *n)
            .with_context(|| format!("[{n}] names no source"))?;
        let page = source["page"].as_i64().map(|p| format!(", page {p}"));
        let page = page
            .or_else(|| source["web_source"]["url"].as_str().map(|url| format!(", {url}")))
            .unwrap_or_default();
        let snippet: String =
            source["snippet"].as_str().unwrap_or_default().chars().take(160).collect();
        console.print(&format!(
            "   [{n}] {}{page}: “{snippet}”",
            source["title"].as_str().unwrap_or_default()
        ));
    }
    if cited.is_empty() {
        console.print("   no source answers this");
    }
    Ok(())
}
