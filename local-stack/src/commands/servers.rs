//! `./stack servers`: only Postgres and Redis, for running tests or tools by hand.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};

use crate::console::Console;
use crate::lock::{LockOutcome, RunLock};
use crate::paths::{Paths, write_private};
use crate::secrets::Secrets;
use crate::setup::BuildEnv;
use crate::supervise::Supervisor;
use crate::supervise::signals::StopSignals;
use crate::supervise::stores::{self, StoreChoice};

/// Starts private servers and prints the variables that tests need, as lines for a shell; runs
/// until it is stopped.
///
/// # Errors
/// If they run already or do not start.
pub async fn run(paths: Paths) -> Result<ExitCode> {
    if paths.release.is_some() {
        bail!("expected a clone: its tests need servers; a release has none");
    }
    let paths = paths.with_state(paths.root.join(".stack/servers"));
    paths.make_state()?;
    let _lock = match RunLock::acquire(&paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => {
            bail!(
                "./stack servers already runs in this clone (process {id}); to stop it: kill {id}"
            )
        }
    };
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = start(&build_env, &supervisor) => started,
        name = signals.next() => Err(anyhow!("stopped by {name}")),
    };
    if started.is_ok() {
        signals.next().await;
    }
    supervisor.stop_all().await;
    started.map(|()| ExitCode::SUCCESS)
}

async fn start(build_env: &BuildEnv, supervisor: &Supervisor) -> Result<()> {
    let secrets = Secrets::load(&build_env.paths)?;
    let choice = StoreChoice::private();
    let postgres = stores::start_postgres(build_env, supervisor, &secrets, &choice);
    let (database, redis) =
        tokio::try_join!(postgres, stores::start_redis(build_env, supervisor, &secrets, &choice))?;
    let lines = format!(
        "export TESSERA_TEST_DATABASE_URL='{}'\nexport TESSERA_TEST_REDIS_URL='{}'\n",
        database.server.admin_url("postgres"),
        redis.admin_url()
    );
    let file = build_env.paths.state.join("env");
    write_private(&file, lines.as_bytes())?;
    build_env.console.print(lines.trim_end());
    let file = build_env.paths.short(&file).display().to_string();
    build_env.console.print(&format!(
        "# in another terminal: . {file} && cargo test --release -p …; Ctrl-C here stops them"
    ));
    Ok(())
}
