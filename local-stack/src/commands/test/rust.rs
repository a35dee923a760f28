//! The Rust half: format, tests of the whole workspace, lints.

use std::path::Path;

use anyhow::Result;

use super::TestCounts;
use crate::setup::{BuildEnv, cargo, chromium, components};
use crate::supervise::Inherit;
use crate::supervise::stores::Database;
use schema::redis::RedisServer;

pub(super) async fn check_format(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let invocation = cargo::invocation(build_env)?.args(["fmt", "--all", "--check"]);
    counts.run(build_env, "cargo fmt --check", invocation).await
}

/// In the release profile: the tests run the very programs that `up` runs, and wasmtime is compiled once.
pub(super) async fn run_tests(
    build_env: &BuildEnv,
    counts: &mut TestCounts,
    database: &Database,
    redis: &RedisServer,
    model: &Path,
) -> Result<()> {
    let mut invocation = cargo::invocation(build_env)?
        .args(["test", "--release", "--workspace", "--no-fail-fast"])
        .env("TESSERA_TEST_DATABASE_URL", database.server.admin_url("postgres"))
        .env("TESSERA_TEST_REDIS_URL", redis.admin_url())
        // Domain crates find Redis by their configuration, as the worker does.
        .env("TESSERA_REDIS_URL", redis.admin_url())
        .env("TESSERA_DIST", build_env.paths.dist())
        .env("TESSERA_MODEL_DIR", model)
        .env("TESSERA_WORKER", build_env.paths.program("worker"))
        .env("TESSERA_CACHE", &build_env.paths.cache)
        .inherit(Inherit::Tools);
    if let Some(browser) = chromium::find() {
        invocation = invocation.env("TESSERA_CHROMIUM", browser);
    }
    counts.run(build_env, "cargo test", invocation).await
}

pub(super) async fn run_clippy(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let invocation = cargo::invocation(build_env)?.args(arguments);
    counts.run(build_env, "cargo clippy", invocation).await?;
    // Handlers exist only inside a component, so the lints of the host's target never see them.
    components::install_target(build_env).await?;
    let mut guests = ["clippy", "--target", components::TARGET].map(str::to_owned).to_vec();
    for name in components::names(&build_env.paths.root)? {
        guests.extend(["--package".to_owned(), format!("{name}-component")]);
    }
    guests.extend(["--", "--deny", "warnings"].map(str::to_owned));
    let invocation = cargo::invocation(build_env)?.args(guests);
    counts.run(build_env, "cargo clippy of the components", invocation).await
}
