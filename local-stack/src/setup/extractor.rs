//! The document extractor: a WebAssembly command that the worker runs documents through, in
//! `dist/extractor.wasm`.

use anyhow::Result;

use super::components::{TARGET, install_target, replace};
use super::stamp::Stamp;
use super::{BuildEnv, cargo};

/// The sources of the extractor.
const SOURCES: [&str; 5] =
    ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "crates/extract"];

/// Builds the extractor unless it is current. Optimized for speed, not for size: it reads books.
///
/// # Errors
/// If it does not compile.
pub async fn build(build_env: &BuildEnv) -> Result<()> {
    let result = build_env.paths.dist().join("extractor.wasm");
    let stamp = Stamp::take(&build_env.paths, "extractor", &SOURCES, "", vec![result.clone()]);
    if stamp.is_current() {
        return Ok(());
    }
    install_target(build_env).await?;
    build_env.console.print("building the document extractor");
    let arguments =
        ["build", "--release", "--target", TARGET, "--package", "extract", "--bin", "extractor"];
    cargo::run(build_env, "building the document extractor", &arguments.map(str::to_owned), |_| {
        None
    })
    .await?;
    replace(&build_env.paths.target.join(TARGET).join("release/extractor.wasm"), &result)?;
    stamp.keep()
}
