//! Cargo as a step, with the number of crates compiled as its progress.

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
    let mut crates = 0;
    let watching =
        step::watch(label, &invocation, &log, &build_env.spawner, &build_env.console, |line| {
            if let Some(seen) = look(line) {
                return seen;
            }
            if line.trim_start().starts_with("Compiling ") {
                crates += 1;
                return Line::Progress(format!("{crates} crates compiled"));
            }
            Line::Log
        });
    watching.await
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
        .env("CARGO_TERM_COLOR", "never"))
}
