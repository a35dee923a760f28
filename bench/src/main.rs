#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends loudly"
)]

mod baseline;
mod cold;
mod completions;
mod crawl;
mod crawl_kills;
mod embedding;
mod fairness;
mod first_byte;
mod isolation;
mod job_kills;
mod lanes;
mod load;
mod open_request;
mod pdf;
mod rolling;
mod search;
mod sign_ins;
mod start;
mod upload;

use tests::stack::Stack;

// As in local-stack.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The figures, in the order of docs/benchmarks.md.
const NAMES: [&str; 19] = [
    "health",
    "me",
    "search",
    "first-byte",
    "completions",
    "embedding",
    "pdf",
    "lanes",
    "crawl",
    "crawl-kills",
    "job-kills",
    "cold-start",
    "upload-memory",
    "up",
    "open-request",
    "sign-ins",
    "isolation",
    "fairness",
    "rolling",
];

/// A figure: what, the goal, what came.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) goal: &'static str,
    pub(crate) ours: String,
    pub(crate) theirs: String,
    pub(crate) result: String,
}

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    println!("| figure | ours | compared with | result | goal |\n|---|---|---|---|---|");
    for name in NAMES {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            let f = measure(name).await;
            println!("| {} | {} | {} | {} | {} |", f.name, f.ours, f.theirs, f.result, f.goal);
        }
    }
    for unknown in wanted.iter().filter(|w| !NAMES.contains(&w.as_str())) {
        println!("unknown figure {unknown:?}; expected one of {NAMES:?}");
    }
}

async fn measure(name: &str) -> Figure {
    match name {
        "health" => load::health(Stack::shared()).await,
        "me" => load::me(Stack::shared()).await,
        "search" => search::measure(Stack::shared()).await,
        "first-byte" => first_byte::measure(Stack::shared()).await,
        "completions" => completions::measure(Stack::shared()).await,
        "embedding" => tokio::task::spawn_blocking(embedding::measure).await.unwrap(),
        "pdf" => pdf::measure(Stack::shared()).await,
        "crawl" => crawl::measure(Stack::shared()).await,
        "crawl-kills" => crawl_kills::measure(Stack::shared()).await,
        "job-kills" => job_kills::measure(Stack::shared()).await,
        "lanes" => lanes::measure(Stack::shared()).await,
        "cold-start" => cold::measure(Stack::shared()).await,
        "upload-memory" => upload::measure(Stack::shared()).await,
        "open-request" => open_request::measure(Stack::shared()).await,
        "sign-ins" => sign_ins::measure(Stack::shared()).await,
        "fairness" => fairness::measure(Stack::shared()).await,
        "isolation" => isolation::measure().await,
        "rolling" => rolling::measure().await,
        _ => start::measure().await,
    }
}

/// The median and the 95th percentile.
pub(crate) fn percentiles(mut samples: Vec<f64>) -> (f64, f64) {
    samples.sort_by(f64::total_cmp);
    (samples[samples.len() / 2], samples[samples.len() * 95 / 100])
}
