//! The document extractor: a WebAssembly command that the worker runs documents through, in `dist/extractor.wasm`.

use anyhow::Result;

use super::components::{TARGET, install_target, replace};
use super::stamp::Stamp;
use super::{Workshop, cargo};

/// What it is built from.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "crates/extract"];

/// Builds the extractor unless it is current. For speed, not for size: it reads books.
///
/// # Errors
/// When it does not compile.
pub async fn build(workshop: &Workshop) -> Result<()> {
    let result = workshop.places.dist().join("extractor.wasm");
    let stamp = Stamp::take(&workshop.places, "extractor", &SOURCES, "", vec![result.clone()]);
    if stamp.is_current() {
        return Ok(());
    }
    install_target(workshop).await?;
    workshop.console.say("building the document extractor");
    let arguments = ["build", "--release", "--target", TARGET, "--package", "extract", "--bin", "extractor"];
    cargo::run(workshop, "building the document extractor", &arguments.map(str::to_owned), |_| None).await?;
    replace(&workshop.places.target.join(TARGET).join("release/extractor.wasm"), &result)?;
    stamp.keep()
}
