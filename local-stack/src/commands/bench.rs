//! `./stack bench [NAME…]`: measures the figures of docs/benchmarks.md on private servers that are thrown away afterwards.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::until_stopped;
use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::secrets::Secrets;
use crate::setup::{Workshop, build, cargo, find_program, model};
use crate::supervise::stores::{self, StoreChoice};
use crate::supervise::{Fleet, Inherit};

/// Builds everything and the measuring program, and runs it; it prints a table of ratios.
///
/// # Errors
/// When `wrk` is missing, or something does not start.
pub async fn run(places: Places, names: &[String]) -> Result<ExitCode> {
    if find_program("wrk").is_none() {
        bail!("expected the load generator `wrk` on PATH; install it: apt-get install wrk");
    }
    let places = places.with_state(places.root.join(".stack/bench"));
    places.make_state()?;
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("./stack bench already runs in this clone (process {id})"),
    };
    stores::forget(&places)?;
    let console = crate::console::Console::quiet();
    let workshop = Workshop::open(places, console.clone())?;
    let fleet = Fleet::new(workshop.nursery.clone(), console);
    let measured = until_stopped(measure(&workshop, &fleet, names)).await;
    fleet.stop_all().await;
    stores::forget(&workshop.places)?;
    measured
}

async fn measure(workshop: &Workshop, fleet: &Fleet, names: &[String]) -> Result<ExitCode> {
    let secrets = Secrets::load(&workshop.places)?;
    let choice = StoreChoice::private();
    let postgres = stores::start_postgres(workshop, fleet, &secrets, &choice);
    let redis = stores::start_redis(workshop, fleet, &secrets, &choice);
    let (database, redis, (), model) =
        tokio::try_join!(postgres, redis, build::everything(workshop), model::install(workshop))?;
    let arguments = ["build", "--release", "--workspace", "--bin", "bench"].map(str::to_owned);
    cargo::run(workshop, "building the measuring program", &arguments, |_| None).await?;
    let models_port = workshop.ports.of("models")?;
    let mut command = tokio::process::Command::new(workshop.places.program("bench"));
    command
        .args(names)
        .env_clear()
        .envs(Inherit::Tools.variables())
        .current_dir(&workshop.places.root)
        .env("TESSERA_TEST_DATABASE_URL", database.server.admin_url("postgres"))
        .env("TESSERA_TEST_REDIS_URL", redis.admin_url())
        .env("TESSERA_REDIS_URL", redis.admin_url())
        .env("TESSERA_MODEL_DIR", model)
        .env("TESSERA_TEST_MODELS_PORT", models_port.to_string())
        .env("TESSERA_EMBEDDING_URL", format!("http://127.0.0.1:{models_port}/v1"))
        .kill_on_drop(true);
    let status = command.status().await?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
