//! The Rust half: tests of the whole workspace.

use anyhow::Result;

use crate::counts::TestCounts;
use local_stack::setup::{BuildEnv, cargo, chromium, model::ModelFolders};
use local_stack::supervise::Inherit;
use local_stack::supervise::stores::Database;
use schema::redis::RedisServer;

/// In the release profile: the tests run the very programs that `up` runs, and wasmtime is compiled
/// once. `--tests`: no doctests and examples, of which there are none to run, and nothing that says
/// `test = false`.
pub(super) async fn run_tests(
    build_env: &BuildEnv,
    counts: &mut TestCounts,
    database: &Database,
    redis: &RedisServer,
    models: &ModelFolders,
) -> Result<()> {
    let mut invocation = cargo::invocation(build_env)?
        .args(["test", "--release", "--workspace", "--tests", "--no-fail-fast"])
        .env("TESSERA_TEST_DATABASE_URL", database.server.admin_url("postgres"))
        .env("TESSERA_TEST_REDIS_URL", redis.admin_url())
        // Domain crates find Redis by their configuration, as the worker does.
        .env("TESSERA_REDIS_URL", redis.admin_url())
        .env("TESSERA_DIST", build_env.paths.dist())
        .env("TESSERA_WORKER", build_env.paths.program("worker"))
        .env("TESSERA_CACHE", &build_env.paths.cache)
        .inherit(Inherit::Tools);
    invocation =
        models.variables().fold(invocation, |tests, (name, folder)| tests.env(name, folder));
    invocation = invocation.env("TESSERA_CHROMIUM", chromium::install(build_env).await?);
    counts.run(build_env, "cargo test", invocation).await
}
