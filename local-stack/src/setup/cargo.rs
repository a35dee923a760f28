//! Cargo as a step; its own progress bar says how much is done, and about how long is left.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::step::{self, Line};
use super::{BuildEnv, find_program};
use crate::supervise::{Inherit, Invocation};

/// Runs `cargo` with these arguments in the clone; `look` sees lines first.
///
/// # Errors
/// If cargo is missing or fails; the end of its output is in the message.
pub async fn run(
    build_env: &BuildEnv,
    label: &str,
    arguments: &[String],
    mut look: impl FnMut(&str) -> Option<Line>,
) -> Result<()> {
    let invocation = invocation(build_env)?.args(arguments);
    let name: String =
        label.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    let log = build_env.paths.logs().join(format!("{name}.log"));
    let begun = Instant::now();
    let watching =
        step::watch(label, &invocation, &log, &build_env.spawner, &build_env.console, |line| {
            if let Some(seen) = look(line) {
                return seen;
            }
            progress(line, begun.elapsed()).map_or(Line::Log, Line::Progress)
        });
    watching.await
}

/// Steps of compiling after which the rest can be estimated, and seconds.
const ESTIMATED_FROM: (u32, u64) = (20, 15);

/// What a progress bar of cargo says: `   Building [==>   ] 212/655: serde, tokio`.
fn progress(line: &str, elapsed: Duration) -> Option<String> {
    let (_, counts) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (done, rest) = counts.split_once('/')?;
    let (done, total): (u32, u32) = (done.parse().ok()?, rest.split(':').next()?.parse().ok()?);
    let left = elapsed * total.saturating_sub(done) / done.max(1);
    let is_known = done >= ESTIMATED_FROM.0 && elapsed.as_secs() >= ESTIMATED_FROM.1;
    let left = match left.as_secs().div_ceil(60) {
        minutes if is_known => format!(", about {minutes} min left"),
        _ => String::new(),
    };
    Some(format!("{done} of {total} crates{left}"))
}

/// Invokes `cargo`, in the clone, with our target folder.
///
/// # Errors
/// If there is no cargo.
pub fn invocation(build_env: &BuildEnv) -> Result<Invocation> {
    let cargo = find_program("cargo")
        .context("expected cargo on PATH; install Rust with rustup: https://rustup.rs")?;
    let target = build_env.paths.target.clone();
    Ok(Invocation::new(cargo)
        .inherit(Inherit::Tools)
        .folder(&build_env.paths.root)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_bar_says_how_much_is_done_and_about_how_long_is_left() {
        let bar = "    Building [=======>       ] 212/636: serde, tokio(build)";
        let said = |seconds| progress(bar, Duration::from_secs(seconds)).unwrap();
        assert_eq!(said(90), "212 of 636 crates, about 3 min left");
        assert_eq!(said(5), "212 of 636 crates");
        let early = "    Building [>   ] 0/636";
        assert_eq!(progress(early, Duration::from_secs(60)).unwrap(), "0 of 636 crates");
        assert_eq!(progress("   Compiling serde v1.0.0", Duration::ZERO), None);
    }
}
