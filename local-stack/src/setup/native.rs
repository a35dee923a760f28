//! The native programs of this workspace.

use std::path::PathBuf;

use anyhow::Result;

use super::stamp::Stamp;
use super::{BuildEnv, cargo};

/// A native program.
pub struct NativeProgram {
    name: &'static str,
    sources: &'static [&'static str],
}

/// Works jobs off and serves the built-in models.
pub const WORKER: NativeProgram = NativeProgram {
    name: "worker",
    sources: &[
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        ".cargo",
        "crates",
        "worker",
        "openapi",
    ],
};

/// Runs the components without starting anything else.
pub const HOST: NativeProgram = NativeProgram {
    name: "tessera-host",
    sources: &[
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        ".cargo",
        "crates",
        "wit",
        "local-stack/host",
    ],
};

/// This program, which is `tessera` in a release.
pub const LOCAL_STACK: NativeProgram = NativeProgram {
    name: "local-stack",
    sources: &[
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        ".cargo",
        "crates",
        "wit",
        "local-stack",
    ],
};

// All builds select the complete workspace, so that cargo resolves the features of dependencies
// once and compiles each of them once for the stack, the worker and the tests.
/// Builds a program unless it is current; returns its path.
///
/// # Errors
/// If it does not compile.
pub async fn build(build_env: &BuildEnv, program: &NativeProgram) -> Result<PathBuf> {
    let name = program.name;
    let built = build_env.paths.program(name);
    let stamp = Stamp::take(
        &build_env.paths,
        &format!("native-{name}"),
        program.sources,
        "",
        vec![built.clone()],
    );
    if !stamp.is_current() {
        let label = format!("building {name}");
        build_env.console.print(&label);
        let arguments = ["build", "--release", "--workspace", "--bin", name].map(str::to_owned);
        cargo::run(build_env, &label, &arguments, |_| None).await?;
        stamp.keep()?;
    }
    Ok(built)
}

/// Builds a program for a release: slower to build, and faster (ADR 39); returns its path. Cargo
/// knows whether it is current.
///
/// # Errors
/// If it does not compile.
pub async fn build_for_release(build_env: &BuildEnv, program: &NativeProgram) -> Result<PathBuf> {
    let label = format!("building {} for a release", program.name);
    build_env.console.print(&label);
    let arguments = ["build", "--profile", "packaged", "--workspace", "--bin", program.name];
    cargo::run(build_env, &label, &arguments.map(str::to_owned), |_| None).await?;
    Ok(build_env.paths.packaged(program.name))
}
