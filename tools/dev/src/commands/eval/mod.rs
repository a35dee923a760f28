//! `./stack eval DIR`: measures retrieval on a labelled collection in BEIR form, through the
//! product's own pipeline and search component.

#![expect(clippy::indexing_slicing, reason = "a JSON document has null where a member is missing")]

mod collection;
mod measure;

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::scratch;
use local_stack::console::Console;
use local_stack::paths::Paths;

pub(super) use collection::{Document, LabelledCollection, Query};
pub(super) use measure::ndcg;
use measure::{Ranking, RunResult};

/// The product's document id → the corpus id.
type Ids = HashMap<String, String>;

/// Results of one query; the measures look at the first ten.
const LIMIT: usize = 10;

/// Ingests the collection into a scratch tenant of a private stack, runs every query in three ways,
/// prints the measures.
///
/// # Errors
/// When the folder is not in BEIR form, or something does not start.
pub(crate) async fn run(paths: Paths, folder: &Path) -> Result<ExitCode> {
    let labelled = LabelledCollection::read(folder)?;
    scratch::run(&paths, "eval", None, None, async |client, console| {
        let all: Vec<usize> = (0..labelled.documents.len()).collect();
        let (collection, ids) = ingest(client, console, &labelled, &all).await?;
        let mut results = Vec::new();
        // Fused first: it is what users get, and its latency must hold the embedding of the query,
        // which is remembered afterwards.
        for mode in ["fused", "vector", "text"] {
            results.push(search(client, console, &labelled, (&collection, &ids), mode).await?);
        }
        report(console, &labelled, &results);
        Ok(())
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// These documents of the corpus (their places in it) become the product's; gives the collection
/// and which is which.
pub(super) async fn ingest(
    client: &Client,
    console: &Console,
    labelled: &LabelledCollection,
    places: &[usize],
) -> Result<(String, Ids)> {
    let space = client.create("/api/v1/spaces", &json!({ "name": "Evaluation" })).await?;
    let collection = client
        .create("/api/v1/collections", &json!({ "space_id": space, "name": "Evaluation" }))
        .await?;
    let begun = Instant::now();
    let (mut reported, mut ids) = (0, Ids::new());
    let documents = places.iter().filter_map(|place| labelled.documents.get(*place)).enumerate();
    for (number, document) in documents {
        if document.is_empty() {
            continue;
        }
        let id = client
            .upload(&collection, &document.file_name(number), document.page().into_bytes())
            .await?;
        ids.insert(id, document.id.clone());
        if number * 10 / places.len() > reported {
            reported = number * 10 / places.len();
            console.print(&format!("uploaded {number} of {} documents", places.len()));
        }
    }
    let mut last = -1;
    let failed = client
        .wait_for_collection(&collection, |ready, total| {
            if ready * 10 / total.max(1) > last {
                last = ready * 10 / total.max(1);
                console.print(&format!("{ready} of {total} documents are ready"));
            }
        })
        .await?;
    if let Some(document) = failed.first() {
        bail!(
            "{} documents failed; the first is {}: {}",
            failed.len(),
            document["filename"],
            document["failure"]
        );
    }
    console.print(&format!("ingested in {:.0} s", begun.elapsed().as_secs_f64()));
    Ok((collection, ids))
}

async fn search(
    client: &Client,
    console: &Console,
    labelled: &LabelledCollection,
    (collection, ids): (&str, &Ids),
    mode: &'static str,
) -> Result<RunResult> {
    let mut rankings = Vec::new();
    // The first query of a mode opens connections and loads the index; it is asked twice and
    // counted once.
    if let Some(query) = labelled.queries.first() {
        ask(client, collection, &query.text, mode).await?;
    }
    for query in &labelled.queries {
        let begun = Instant::now();
        let body = ask(client, collection, &query.text, mode).await?;
        let millis = begun.elapsed().as_secs_f64() * 1e3;
        let mut documents = Vec::new();
        for hit in body["results"].as_array().into_iter().flatten() {
            documents.extend(ids.get(&text(&hit["document_id"])?).cloned());
        }
        let relevant = body["relevant"].as_bool().unwrap_or_default();
        rankings.push(Ranking { query: query.id.clone(), documents, millis, relevant });
    }
    console.print(&format!("{mode}: {} queries", rankings.len()));
    Ok(RunResult { mode, rankings })
}

async fn ask(client: &Client, collection: &str, query: &str, mode: &str) -> Result<Value> {
    let query: String = query.chars().take(2000).collect();
    client
        .post(
            "/api/v1/search",
            &json!({ "query": query, "collection_ids": [collection], "limit": LIMIT, "mode": mode }),
        )
        .await
}

fn report(console: &Console, labelled: &LabelledCollection, results: &[RunResult]) {
    console.print("");
    console.print(&format!(
        "{} documents, {} queries, {} judgements",
        labelled.documents.len(),
        labelled.queries.len(),
        labelled.judgements()
    ));
    console.print("| mode   | nDCG@10 | recall@10 | p50 ms | p95 ms | \"nothing\" |");
    console.print("|--------|---------|-----------|--------|--------|-----------|");
    for result in results {
        let figures = result.figures(labelled);
        console.print(&format!(
            "| {:6} | {:.4}  | {:.4}    | {:6.1} | {:6.1} | {:7.1} % |",
            result.mode,
            figures.ndcg,
            figures.recall,
            figures.p50,
            figures.p95,
            figures.nothing * 100.0
        ));
    }
}
