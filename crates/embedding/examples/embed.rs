//! Embeds lines of standard input, each a JSON string, and says how fast: for
//! `bench/embedding/compare.py`.
//!
//! `embed MODEL-FOLDER [THREADS [VECTORS-FILE]]` prints one line of JSON; the file gets the vectors
//! as 32-bit floats.

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use embedding::{Embedder, Lane, Options};
use serde_json::json;

/// Single questions whose latency is taken.
const QUERIES: usize = 101;
const QUERY: &str = "How long before a tenant moves in must I apply to sublet my flat?";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("expected the folder with the model's files as first argument, nothing came")?;
    let mut options = Options::default();
    if let Some(threads) = arguments.next() {
        options.threads = threads.parse()?;
    }
    let texts: Vec<String> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn Error>>>()?;

    let start = Instant::now();
    let model = Embedder::load(folder.as_ref(), options)?;
    model.embed_blocking(&[QUERY], Lane::Query)?;
    let first = start.elapsed();

    let mut latencies = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let start = Instant::now();
        model.embed_blocking(&[QUERY], Lane::Query)?;
        latencies.push(start.elapsed());
    }
    latencies.sort();

    let start = Instant::now();
    let embedded = model.embed_blocking(&texts, Lane::Document)?;
    let seconds = start.elapsed().as_secs_f64();

    if let Some(file) = arguments.next() {
        let bytes: Vec<u8> =
            embedded.vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(file, bytes)?;
    }
    let result = json!({
        "instructions": format!("{:?}", model.instructions()),
        "threads": options.threads,
        "texts": texts.len(),
        "tokens": embedded.tokens,
        "seconds": seconds,
        "first_seconds": first.as_secs_f64(),
        "query_p50_ms": latencies.get(QUERIES / 2).map(|latency| latency.as_secs_f64() * 1e3),
        "peak_memory_mb": peak_memory(),
    });
    println!("{result}");
    Ok(())
}

/// Most memory this process had, MB; `None` where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}
