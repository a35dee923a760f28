//! `./stack servers`: only Postgres and Redis, for running tests or tools by hand.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};

use crate::console::Console;
use crate::lock::{RunLock, Taken};
use crate::places::{Places, write_private};
use crate::secrets::Secrets;
use crate::setup::Workshop;
use crate::supervise::Fleet;
use crate::supervise::signals::StopSignals;
use crate::supervise::stores::{self, StoreChoice};

/// Starts private servers and prints what tests need to know, as lines for a shell; stays until it is stopped.
///
/// # Errors
/// When they run already or do not start.
pub async fn run(places: Places) -> Result<ExitCode> {
    let places = places.with_state(places.root.join(".stack/servers"));
    places.make_state()?;
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => {
            bail!("./stack servers already runs in this clone (process {id}); to stop it: kill {id}")
        }
    };
    let workshop = Workshop::open(places, Console::stdout(false))?;
    let fleet = Fleet::new(workshop.nursery.clone(), workshop.console.clone());
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = start(&workshop, &fleet) => started,
        name = signals.next() => Err(anyhow!("stopped by {name}")),
    };
    if started.is_ok() {
        signals.next().await;
    }
    fleet.stop_all().await;
    started.map(|()| ExitCode::SUCCESS)
}

async fn start(workshop: &Workshop, fleet: &Fleet) -> Result<()> {
    let secrets = Secrets::load(&workshop.places)?;
    let choice = StoreChoice::private();
    let postgres = stores::start_postgres(workshop, fleet, &secrets, &choice);
    let (database, redis) = tokio::try_join!(postgres, stores::start_redis(workshop, fleet, &secrets, &choice))?;
    let lines = format!(
        "export TESSERA_TEST_DATABASE_URL='{}'\nexport TESSERA_TEST_REDIS_URL='{}'\n",
        database.server.admin_url("postgres"),
        redis.admin_url()
    );
    let file = workshop.places.state.join("env");
    write_private(&file, lines.as_bytes())?;
    workshop.console.say(lines.trim_end());
    let file = workshop.places.short(&file).display().to_string();
    workshop
        .console
        .say(&format!("# in another terminal: . {file} && cargo test --release -p …; Ctrl-C here stops them"));
    Ok(())
}
