//! `./stack calibrate DIR…`: fits the numbers of a row of `embedding_models` on labelled
//! collections, through the product's own search.
//!
//! Each corpus becomes two collections, its first and its second half, and each query is asked of
//! both: one has the answer, the other lacks it.

#![expect(clippy::indexing_slicing, reason = "a JSON document has null where a member is missing")]

mod fit;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::eval::{self, LabelledCollection};
use crate::client::{Client, text};
use crate::scratch;
use fit::{Candidate, Decision, JudgedQuery, Order};
use local_stack::console::Console;
use local_stack::paths::Paths;

/// Results of each retriever, which brings as many candidates.
const LIMIT: usize = 100;
/// Results of both together: the tokens of so many are compared with those of the query.
const COMPARED: usize = 20;
/// Documents whose language is looked at.
const SAMPLE: usize = 50;

/// What was asked of one labelled collection.
struct Set {
    name: String,
    /// Whether queries and documents are in two languages.
    is_across: bool,
    asked: Vec<JudgedQuery>,
}

/// Ingests the collections into a scratch tenant of a private stack, asks, fits, prints.
///
/// # Errors
/// When a folder is not in BEIR form, or something does not start.
pub(crate) async fn run(paths: Paths, folders: &[PathBuf]) -> Result<ExitCode> {
    let labelled =
        folders.iter().map(|folder| Ok((folder.as_path(), LabelledCollection::read(folder)?)));
    let labelled: Vec<(&Path, LabelledCollection)> = labelled.collect::<Result<_>>()?;
    scratch::run(&paths, "calibrate", None, None, async |client, console| {
        let (mut sets, mut model) = (Vec::new(), String::new());
        for (folder, labelled) in &labelled {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut asked = Vec::new();
            for half in labelled.halves() {
                let (collection, ids) = eval::ingest(client, console, labelled, &half).await?;
                let found = client.get(&format!("/api/v1/collections/{collection}")).await?;
                model = text(&found["embedding_model"])?;
                asked.extend(ask_all(client, labelled, &collection, &ids).await?);
            }
            console.print(&format!("{name}: {} questions asked", asked.len()));
            sets.push(Set { name, is_across: is_across(labelled), asked });
        }
        report(console, &sets, &model);
        Ok(())
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Whether most queries are in another language than most documents.
fn is_across(labelled: &LabelledCollection) -> bool {
    let documents: Vec<String> =
        labelled.documents.iter().take(SAMPLE).map(eval::Document::text).collect();
    let language = language::of_text(&documents.join("\n"));
    let in_it = |query: &&eval::Query| language::of_query(&query.text).contains(&language);
    labelled.queries.iter().filter(in_it).count() * 2 < labelled.queries.len()
}

async fn ask_all(
    client: &Client,
    labelled: &LabelledCollection,
    collection: &str,
    ids: &HashMap<String, String>,
) -> Result<Vec<JudgedQuery>> {
    let mut all = Vec::new();
    for query in &labelled.queries {
        let mut candidates: HashMap<String, Candidate> = HashMap::new();
        for (mode, limit) in [("vector", LIMIT), ("text", LIMIT), ("fused", COMPARED)] {
            let body = json!({ "query": query.text.chars().take(2000).collect::<String>(), "collection_ids": [collection], "limit": limit, "mode": mode });
            let found: Value = client.post("/api/v1/search", &body).await?;
            for hit in found["results"].as_array().into_iter().flatten() {
                let Some(id) = ids.get(&text(&hit["document_id"])?) else { continue };
                let score = hit["score"].as_f64().unwrap_or_default();
                let candidate = candidates.entry(id.clone()).or_default();
                match mode {
                    "vector" => candidate.relevance = score,
                    "text" => candidate.lexical = score,
                    _ => candidate.nearness = hit["nearness"].as_f64(),
                }
            }
        }
        let grades: HashMap<&str, f64> = labelled.grades(&query.id).collect();
        let known: Vec<f64> =
            ids.values().filter_map(|id| grades.get(id.as_str()).copied()).collect();
        for (id, candidate) in &mut candidates {
            candidate.grade = grades.get(id.as_str()).copied().unwrap_or_default();
        }
        let mut candidates: Vec<(String, Candidate)> = candidates.into_iter().collect();
        candidates.sort_by(|a, b| a.0.cmp(&b.0));
        all.push(JudgedQuery {
            candidates: candidates.into_iter().map(|(_, one)| one).collect(),
            grades: known,
        });
    }
    Ok(all)
}

fn report(console: &Console, sets: &[Set], model: &str) {
    console.print("");
    console.print(&format!("{model}: held-out figures, fitted on the other half of the queries"));
    console.print("| set | nDCG@10 as it is | fitted | said \"nothing\" rightly | wrongly |");
    console.print("|-----|------------------|--------|-----------------------|---------|");
    for set in sets {
        let order = fit::held_out_order(&set.asked);
        let decision = fit::held_out_decision(&set.asked);
        console.print(&format!(
            "| {} | {:.4} | {:.4} | {:.1} % | {:.1} % |",
            set.name,
            fit::mean_ndcg(&set.asked, Order::default()),
            order,
            decision.nothing * 100.0,
            decision.refused * 100.0,
        ));
    }
    console.print("");
    for set in sets {
        console.print(&format!("{}: share of judged documents by relevance (monotone)", set.name));
        for (from, share) in fit::monotone_map(&set.asked) {
            console.print(&format!("  from {from:.3}: {:.1} %", share * 100.0));
        }
    }
    for (is_across, columns) in [
        (false, ("lexical_weight", "relevant_read", "nearness_base")),
        (true, ("lexical_weight_across", "relevant_across", "nearness_base_across")),
    ] {
        let asked: Vec<&JudgedQuery> = sets
            .iter()
            .filter(|set| set.is_across == is_across)
            .flat_map(|set| &set.asked)
            .collect();
        if asked.is_empty() {
            continue;
        }
        let order = fit::best_order(&asked);
        // The weight of words as evidence is one for both, and fitted where words mean something.
        let Decision { weight, nearness_weight, threshold } = fit::best_decision(&asked);
        // Chunks that are not compared have a threshold of their own; the base makes both one.
        let uncompared = fit::decision(&asked, weight, 0.0).threshold;
        console.print("");
        console.print(&format!(
            "{}, for the row of {model}:",
            if is_across { "Across languages" } else { "Within a language" }
        ));
        console.print(&format!(
            "  cosine_scale × {:.2}, {} = {:.2}",
            order.scale, columns.0, order.weight
        ));
        console
            .print(&format!("  lexical_evidence = {weight:.2}, {} = {uncompared:.3}", columns.1));
        let base = (threshold - uncompared) / nearness_weight.max(1.0);
        console.print(&format!(
            "  nearness_evidence = {nearness_weight:.1}, {} = {base:.4}",
            columns.2
        ));
    }
}
