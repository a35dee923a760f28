//! The native programs of this workspace.

use std::path::PathBuf;

use anyhow::Result;

use super::stamp::Stamp;
use super::{BuildEnv, cargo};

/// The sources of the worker.
const WORKER_SOURCES: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "crates", "worker", "openapi"];

// All builds select the complete workspace, so that cargo resolves the features of dependencies
// once and compiles each of them once for the stack, the worker and the tests.
/// Builds the worker unless it is current; returns its path.
///
/// # Errors
/// If it does not compile.
pub async fn build_worker(build_env: &BuildEnv) -> Result<PathBuf> {
    let worker = build_env.paths.program("worker");
    let stamp = Stamp::take(&build_env.paths, "worker", &WORKER_SOURCES, "", vec![worker.clone()]);
    if !stamp.is_current() {
        build_env.console.print("building the worker");
        let arguments = ["build", "--release", "--workspace", "--bin", "worker"].map(str::to_owned);
        cargo::run(build_env, "building the worker", &arguments, |_| None).await?;
        stamp.keep()?;
    }
    Ok(worker)
}
