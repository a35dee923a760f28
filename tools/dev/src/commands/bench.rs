//! `./stack bench [NAME…]`: measures the figures of docs/benchmarks.md on private servers that are
//! thrown away afterwards.

use std::ffi::OsStr;
use std::process::ExitCode;

use anyhow::{Result, bail};

use local_stack::lock::{LockOutcome, RunLock};
use local_stack::paths::Paths;
use local_stack::secrets::Secrets;
use local_stack::setup::{BuildEnv, build, cargo, find_program, model};
use local_stack::supervise::signals::until_stopped;
use local_stack::supervise::stores::{self, StoreChoice};
use local_stack::supervise::{Inherit, Supervisor};

/// Builds everything and the measuring program, and runs it; it prints a table of ratios.
///
/// # Errors
/// When `wrk` is missing, or something does not start.
pub(crate) async fn run(paths: Paths, names: &[String]) -> Result<ExitCode> {
    if find_program("wrk").is_none() {
        bail!("expected the load generator `wrk` on PATH; install it: apt-get install wrk");
    }
    let paths = paths.with_state(paths.root.join(".stack/bench"));
    paths.make_state()?;
    let _lock = match RunLock::acquire(&paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => bail!("./stack bench already runs in this clone (process {id})"),
    };
    stores::delete_data(&paths)?;
    let console = local_stack::console::Console::quiet();
    let build_env = BuildEnv::open(paths, console.clone())?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), console);
    let measured = until_stopped(measure(&build_env, &supervisor, names)).await;
    supervisor.stop_all().await;
    stores::delete_data(&build_env.paths)?;
    measured
}

async fn measure(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    names: &[String],
) -> Result<ExitCode> {
    let secrets = Secrets::load(&build_env.paths)?;
    let choice = StoreChoice::private();
    let postgres = stores::start_postgres(build_env, supervisor, &secrets, &choice);
    let redis = stores::start_redis(build_env, supervisor, &secrets, &choice);
    let (database, redis, (), models) =
        tokio::try_join!(postgres, redis, build::everything(build_env), model::install(build_env))?;
    let arguments =
        ["build", "--release", "--workspace", "--bin", "bench", "--bin", "tessera-host"];
    let arguments = arguments.map(str::to_owned);
    cargo::run(build_env, "building the measuring program", &arguments, |_| None).await?;
    let models_port = build_env.ports.of("models")?;
    let crawled_port = build_env.ports.of("crawled site of the figures")?;
    let mut command = tokio::process::Command::new(build_env.paths.program("bench"));
    command
        .args(names)
        .env_clear()
        .envs(Inherit::Tools.variables())
        // How many jobs, kills and requests a second, and what is compared with: bench/README.md.
        .envs(std::env::vars_os().filter(|(name, _)| is_of_bench(name)))
        .current_dir(&build_env.paths.root)
        .env("TESSERA_TEST_DATABASE_URL", database.server.admin_url("postgres"))
        .env("TESSERA_TEST_REDIS_URL", redis.admin_url())
        .env("TESSERA_REDIS_URL", redis.admin_url())
        .envs(models.variables())
        .env("TESSERA_TEST_MODELS_PORT", models_port.to_string())
        .env("TESSERA_EMBEDDING_URL", format!("http://127.0.0.1:{models_port}/v1"))
        // The worker crawls the site of `crawl` as fast as it can.
        .env("TESSERA_CRAWL_NETWORKS", "127.0.0.0/8")
        .env("TESSERA_CRAWL_PORTS", crawled_port.to_string())
        .env("TESSERA_CRAWL_DELAY_MS", "0")
        .env("TESSERA_CRAWL_CONNECTIONS", "8")
        .kill_on_drop(true);
    let status = command.status().await?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_of_bench(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("TESSERA_BENCH_"))
}
