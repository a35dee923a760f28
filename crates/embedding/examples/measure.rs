//! Measures a model: how fast it embeds lines of standard input, each a JSON string, or how well it
//! orders collections in BEIR form.
//!
//! `measure MODEL FOLDER THREADS speed < LINES` and `measure MODEL FOLDER THREADS quality DATA…`
//! print lines of JSON; MODEL is `all-MiniLM-L6-v2` or `multilingual-e5-small`.
//! `bench/embedding/e5.py compare` runs the first in turns with ONNX Runtime.

use std::collections::HashMap;
use std::error::Error;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use embedding::{ALL_MINILM_L6_V2, Embedder, Lane, MULTILINGUAL_E5_SMALL, Options, Vector};
use serde::Deserialize;
use serde_json::json;

/// Single questions whose latency is taken.
const QUERIES: usize = 101;
const QUERY: &str = "Hur lång tid före inflyttning måste jag ansöka om att hyra ut i andra hand?";
/// Hits of a query that are judged.
const HITS: usize = 10;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder, threads, mode, data @ ..] = arguments.as_slice() else {
        return Err("expected: MODEL FOLDER THREADS speed|quality [DATA…]".into());
    };
    let known = [&ALL_MINILM_L6_V2, &MULTILINGUAL_E5_SMALL];
    let spec = known
        .into_iter()
        .find(|spec| spec.id == name)
        .ok_or("expected one of the built-in models")?;
    let options = Options { threads: threads.parse()?, ..Options::default() };
    let begun = Instant::now();
    let model = Embedder::load_model(spec, folder.as_ref(), options)?;
    let loaded = begun.elapsed().as_secs_f64();
    if mode == "speed" {
        return speed(&model, loaded);
    }
    data.iter().try_for_each(|folder| quality(&model, folder.as_ref()))
}

fn speed(model: &Embedder, loaded: f64) -> Outcome<()> {
    let lines = std::io::stdin().lock().lines();
    let texts: Vec<String> =
        lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Outcome<_>>()?;
    model.embed_blocking(&[QUERY], Lane::Query)?;
    let mut latencies = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let begun = Instant::now();
        model.embed_blocking(&[QUERY], Lane::Query)?;
        latencies.push(begun.elapsed());
    }
    latencies.sort();
    let begun = Instant::now();
    let counted: usize = texts.iter().map(|text| model.tokenizer().count(text)).sum();
    let tokenizing = begun.elapsed().as_secs_f64();
    let (begun, computed) = (Instant::now(), computed_seconds());
    let embedded = model.embed_blocking(&texts, Lane::Document)?;
    let seconds = begun.elapsed().as_secs_f64();
    let computed = computed_seconds().zip(computed).map(|(after, before)| after - before);
    let result = json!({
        "model": model.spec().id,
        "instructions": format!("{:?}", model.instructions()),
        "texts": texts.len(),
        "tokens": embedded.tokens,
        "seconds": seconds,
        "texts_per_second": texts.len() as f64 / seconds,
        "tokens_per_second": embedded.tokens as f64 / seconds,
        "tokens_per_computed_second": computed.map(|computed| embedded.tokens as f64 / computed),
        "tokenizer_tokens_per_second": counted as f64 / tokenizing,
        "load_seconds": loaded,
        "query_p50_ms": latencies.get(QUERIES / 2).map(|latency| latency.as_secs_f64() * 1e3),
        "peak_mb": memory("VmHWM:"),
        "own_mb": memory("RssAnon:"),
        "mapped_mb": memory("RssFile:"),
    });
    println!("{result}");
    Ok(())
}

fn quality(model: &Embedder, folder: &Path) -> Outcome<()> {
    let (documents, queries) =
        (rows(&folder.join("corpus.jsonl"))?, rows(&folder.join("queries.jsonl"))?);
    let mut judged: HashMap<String, HashMap<String, i64>> = HashMap::new();
    for line in std::fs::read_to_string(folder.join("qrels.tsv"))?.lines() {
        let mut fields = line.split('\t');
        let (Some(query), Some(document), Some(grade)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if let Ok(grade) = grade.trim().parse() {
            judged.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
        }
    }
    let title = |row: &Row| {
        if row.title.is_empty() { row.text.clone() } else { format!("{}. {}", row.title, row.text) }
    };
    let titled: Vec<String> = documents.iter().map(title).collect();
    let asked: Vec<&str> = queries.iter().map(|query| query.text.as_str()).collect();
    let titled = model.embed_blocking(&titled, Lane::Document)?.vectors;
    let mut vectors = Vec::with_capacity(asked.len());
    for some in asked.chunks(256) {
        vectors.extend(model.embed_blocking(some, Lane::Query)?.vectors);
    }
    let (mut total, mut count) = (0.0, 0_u32);
    for (query, vector) in queries.iter().zip(&vectors) {
        let Some(grades) =
            judged.get(&query.id).filter(|grades| grades.values().any(|grade| *grade > 0))
        else {
            continue;
        };
        total += ndcg(&documents, &titled, grades, vector);
        count += 1;
    }
    let value = total / f64::from(count.max(1));
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    println!(
        "{}",
        json!({"model": model.spec().id, "data": name, "queries": count, "ndcg_at_10": value})
    );
    Ok(())
}

fn rows(file: &Path) -> Outcome<Vec<Row>> {
    let text = std::fs::read_to_string(file)?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

/// nDCG of the documents in the order of their cosines.
fn ndcg(
    documents: &[Row],
    vectors: &[Vector],
    grades: &HashMap<String, i64>,
    query: &Vector,
) -> f64 {
    let cosine = |vector: &Vector| -> f32 { vector.iter().zip(query).map(|(a, b)| a * b).sum() };
    let mut order: Vec<(f32, &str)> = documents
        .iter()
        .zip(vectors)
        .map(|(row, vector)| (cosine(vector), row.id.as_str()))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let gain = |grades: &mut dyn Iterator<Item = i64>| -> f64 {
        (2_u32..)
            .zip(grades.take(HITS))
            .map(|(place, grade)| grade.max(0) as f64 / f64::from(place).log2())
            .sum()
    };
    let mut ideal: Vec<i64> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let found = gain(&mut order.iter().map(|(_, id)| grades.get(*id).copied().unwrap_or_default()));
    found / gain(&mut ideal.into_iter())
}

/// Seconds of computing of this process, all threads together; `None` where the system does not
/// say. On a busy machine the only fair measure.
fn computed_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields = stat.rsplit_once(')')?.1;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() / 100.0)
}

/// A line of what the system says of this process, MB; `None` where it does not say.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}
