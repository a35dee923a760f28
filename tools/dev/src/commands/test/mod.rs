//! `./stack test`: all tests, on private servers that are thrown away afterwards.

mod rust;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::commands::lint;
use crate::counts::TestCounts;
use local_stack::console::{self, Console};
use local_stack::lock::{LockOutcome, RunLock};
use local_stack::paths::Paths;
use local_stack::setup::{BuildEnv, build, generator, model, web as packages};
use local_stack::supervise::Supervisor;
use local_stack::supervise::signals::until_stopped;
use local_stack::supervise::stores::{self, StoreChoice};

/// What failed, for who reads it after the lints: `.ci/run`.
const FAILURES: &str = "failures.log";

/// Runs all tests and ends with the line `N passed, N failed`.
///
/// # Errors
/// When something that the tests need cannot be installed, built or started.
pub(crate) async fn run(paths: Paths) -> Result<ExitCode> {
    let paths = paths.with_state(paths.root.join(".stack/test"));
    paths.make_state()?;
    // Deletes what an earlier run left, so two at once must not share the folder.
    let _lock = match RunLock::acquire(&paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => bail!("./stack test already runs in this clone (process {id})"),
    };
    stores::delete_data(&paths)?;
    let console = Console::stdout(false);
    console::show_tracing(&console)?;
    let build_env = BuildEnv::open(paths, console.clone())?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), console.clone());
    let tested = until_stopped(test(&build_env, &supervisor)).await;
    supervisor.stop_all().await;
    stores::delete_data(&build_env.paths)?;
    let counts = tested?;
    console.print("");
    let failures = counts.failures.join("\n");
    std::fs::write(build_env.paths.logs().join(FAILURES), &failures)?;
    console.print(&failures);
    for step in &counts.failed_steps {
        console.print(&format!("failed: {step}"));
    }
    console.print(&format!("{} passed, {} failed", counts.passed, counts.failed));
    Ok(if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn test(build_env: &BuildEnv, supervisor: &Supervisor) -> Result<TestCounts> {
    let mut counts = TestCounts::default();
    lint::check_format(build_env, &mut counts).await?;
    let choice = StoreChoice::private();
    let secrets = local_stack::secrets::Secrets::load(&build_env.paths)?;
    let postgres = stores::start_postgres(build_env, supervisor, &secrets, &choice);
    let redis = stores::start_redis(build_env, supervisor, &secrets, &choice);
    let (database, redis, (), models) =
        tokio::try_join!(postgres, redis, build::everything(build_env), model::install(build_env))?;
    packages::install_test_provider(build_env).await?;
    // The test that needs it says that it is missing; the others run.
    if let Err(error) = generator::TEST.install(build_env).await {
        counts.fail("installing a language model for the tests", &error);
    }
    rust::run_tests(build_env, &mut counts, &database, &redis, &models).await?;
    web::run(build_env, supervisor, &mut counts).await?;
    Ok(counts)
}
