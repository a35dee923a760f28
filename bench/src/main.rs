#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends loudly"
)]

mod baseline;
mod first_byte;
mod load;
mod pdf;
mod search;

use tests::stack::Stack;

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
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let stack = Stack::shared();
    let mut figures = Vec::new();
    if is_wanted("health") {
        figures.push(load::health(stack).await);
    }
    if is_wanted("me") {
        figures.push(load::me(stack).await);
    }
    if is_wanted("search") {
        figures.push(search::measure(stack).await);
    }
    if is_wanted("first-byte") {
        figures.push(first_byte::measure(stack).await);
    }
    if is_wanted("pdf") {
        figures.push(pdf::measure(stack).await);
    }
    println!("\n| figure | ours | compared with | result | goal |\n|---|---|---|---|---|");
    for f in figures {
        println!("| {} | {} | {} | {} | {} |", f.name, f.ours, f.theirs, f.result, f.goal);
    }
}

/// The median and the 95th percentile.
pub(crate) fn percentiles(mut samples: Vec<f64>) -> (f64, f64) {
    samples.sort_by(f64::total_cmp);
    (samples[samples.len() / 2], samples[samples.len() * 95 / 100])
}
