//! The Rust half: format, tests of the whole workspace, lints.

use std::path::Path;

use anyhow::Result;

use super::Tally;
use crate::setup::{Workshop, cargo, chromium, components};
use crate::supervise::Inherit;
use crate::supervise::stores::Database;
use schema::redis::RedisServer;

pub(super) async fn check_format(workshop: &Workshop, tally: &mut Tally) -> Result<()> {
    let invocation = cargo::invocation(workshop)?.args(["fmt", "--all", "--check"]);
    tally.run(workshop, "cargo fmt --check", invocation).await
}

/// In the release profile: the tests run the very programs that `up` runs, and wasmtime is compiled once.
pub(super) async fn run_tests(
    workshop: &Workshop,
    tally: &mut Tally,
    database: &Database,
    redis: &RedisServer,
    model: &Path,
) -> Result<()> {
    let mut invocation = cargo::invocation(workshop)?
        .args(["test", "--release", "--workspace", "--no-fail-fast"])
        .env("TESSERA_TEST_DATABASE_URL", database.server.admin_url("postgres"))
        .env("TESSERA_TEST_REDIS_URL", redis.admin_url())
        // Domain crates find Redis by their configuration, as the worker does.
        .env("TESSERA_REDIS_URL", redis.admin_url())
        .env("TESSERA_DIST", workshop.places.dist())
        .env("TESSERA_MODEL_DIR", model)
        .env("TESSERA_WORKER", workshop.places.program("worker"))
        .env("TESSERA_CACHE", &workshop.places.cache)
        .inherit(Inherit::Tools);
    if let Some(browser) = chromium::find() {
        invocation = invocation.env("TESSERA_CHROMIUM", browser);
    }
    tally.run(workshop, "cargo test", invocation).await
}

pub(super) async fn run_clippy(workshop: &Workshop, tally: &mut Tally) -> Result<()> {
    let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let invocation = cargo::invocation(workshop)?.args(arguments);
    tally.run(workshop, "cargo clippy", invocation).await?;
    // Handlers exist only inside a component, so the lints of the host's target never see them.
    components::install_target(workshop).await?;
    let mut guests = ["clippy", "--target", components::TARGET].map(str::to_owned).to_vec();
    for name in components::names(&workshop.places.root)? {
        guests.extend(["--package".to_owned(), format!("{name}-component")]);
    }
    guests.extend(["--", "--deny", "warnings"].map(str::to_owned));
    let invocation = cargo::invocation(workshop)?.args(guests);
    tally.run(workshop, "cargo clippy of the components", invocation).await
}
