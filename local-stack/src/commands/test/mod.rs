//! `./stack test`: all tests, on private servers that are thrown away afterwards.

mod rust;
mod tally;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::until_stopped;
use crate::console::{self, Console};
use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::setup::{Workshop, build, model, web as packages};
use crate::supervise::Fleet;
use crate::supervise::stores::{self, StoreChoice};

use tally::Tally;

/// Runs all tests and ends with the line `N passed, N failed`.
///
/// # Errors
/// When something that the tests need cannot be installed, built or started.
pub async fn run(places: Places) -> Result<ExitCode> {
    let places = places.with_state(places.root.join(".stack/test"));
    places.make_state()?;
    // Deletes what an earlier run left, so two at once must not share the folder.
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("./stack test already runs in this clone (process {id})"),
    };
    stores::forget(&places)?;
    let console = Console::stdout(false);
    console::show_tracing(&console)?;
    let workshop = Workshop::open(places, console.clone())?;
    let fleet = Fleet::new(workshop.nursery.clone(), console.clone());
    let tested = until_stopped(test(&workshop, &fleet)).await;
    fleet.stop_all().await;
    stores::forget(&workshop.places)?;
    let tally = tested?;
    console.say("");
    for step in &tally.failed_steps {
        console.say(&format!("failed: {step}"));
    }
    console.say(&format!("{} passed, {} failed", tally.passed, tally.failed));
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Format and lints, which need nothing that runs.
///
/// # Errors
/// When cargo is missing.
pub async fn lint(places: Places) -> Result<ExitCode> {
    let console = Console::stdout(false);
    let workshop = Workshop::open(places, console.clone())?;
    let mut tally = Tally::default();
    rust::check_format(&workshop, &mut tally).await?;
    rust::run_clippy(&workshop, &mut tally).await?;
    for step in &tally.failed_steps {
        console.say(&format!("failed: {step}"));
    }
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn test(workshop: &Workshop, fleet: &Fleet) -> Result<Tally> {
    let mut tally = Tally::default();
    rust::check_format(workshop, &mut tally).await?;
    let choice = StoreChoice::private();
    let secrets = crate::secrets::Secrets::load(&workshop.places)?;
    let postgres = stores::start_postgres(workshop, fleet, &secrets, &choice);
    let redis = stores::start_redis(workshop, fleet, &secrets, &choice);
    let (database, redis, (), model) =
        tokio::try_join!(postgres, redis, build::everything(workshop), model::install(workshop))?;
    packages::install_test_provider(workshop).await?;
    rust::run_tests(workshop, &mut tally, &database, &redis, &model).await?;
    web::run(workshop, fleet, &mut tally).await?;
    Ok(tally)
}
