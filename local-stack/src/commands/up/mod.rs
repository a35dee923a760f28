//! `./stack up`: installs, builds, starts everything, prints how to sign in, and stays until it is stopped.

mod first_admin;
mod front;
mod settings;
mod worker;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::cli::{HostKind, Up};
use crate::commands::build;
use crate::console::{self, Console};
use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::ports;
use crate::secrets::Secrets;
use crate::setup::{Workshop, model};
use crate::supervise::signals::StopSignals;
use crate::supervise::stores::{self, Database, RedisAddress, StoreChoice};
use crate::supervise::{Fleet, Place};

use front::Front;

/// Runs the stack until a signal stops it.
///
/// # Errors
/// When it runs already, or something does not start; what had started is stopped again.
pub async fn run(places: Places, options: &Up) -> Result<ExitCode> {
    places.make_state()?;
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("the stack of this clone already runs (process {id}); to stop it: ./stack down"),
    };
    ports::check_listen(options.listen)?;
    let console = Console::stdout(options.json);
    console::show_tracing(&console)?;
    let workshop = Workshop::open(places, console.clone())?;
    let fleet = Fleet::new(workshop.nursery.clone(), console.clone());
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = start(&workshop, &fleet, options) => started,
        name = signals.next() => Err(anyhow::anyhow!("stopped by {name} before it was up")),
    };
    let front = match started {
        Ok(front) => front,
        Err(error) => {
            fleet.stop_all().await;
            return Err(error);
        }
    };
    let name = signals.next().await;
    console.say(&format!("{name}: stopping (once more: at once)"));
    tokio::select! {
        () = wind_down(front, &fleet) => {}
        _ = signals.next() => {}
    }
    // The stores always end properly; whatever stands before them is killed by now if it had not ended.
    fleet.stop(Place::Store).await;
    console.say("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Running requests finish, then the worker puts its jobs back.
async fn wind_down(front: Front, fleet: &Fleet) {
    front.drain().await;
    fleet.stop(Place::Front).await;
    fleet.stop(Place::Middle).await;
}

async fn start(workshop: &Workshop, fleet: &Fleet, options: &Up) -> Result<Front> {
    let secrets = Secrets::load(&workshop.places)?;
    let choice = StoreChoice::from_env();
    // All at once: the servers start while things are built, or, on a warm start, while the host loads the components.
    let database = async {
        let database = stores::start_postgres(workshop, fleet, &secrets, &choice).await?;
        prepare_database(workshop, &database, &secrets).await?;
        Ok(database)
    };
    let redis = stores::start_redis(workshop, fleet, &choice);
    let (database, redis, (), model) =
        tokio::try_join!(database, redis, build::everything(workshop), model::install(workshop))?;
    let settings = settings::Settings::new(workshop, options, &secrets, &database, &redis)?;
    let worker = async {
        fleet.start(Place::Middle, worker::program(workshop, &settings, &model)).await.context("the worker")
    };
    let front = async {
        match options.host {
            HostKind::LocalStack => front::start_native(workshop, options, &settings).await,
            HostKind::Spin => front::start_spin(workshop, fleet, options, &settings).await,
        }
    };
    let admin = first_admin::prepare(workshop, &settings);
    let ((), front, sign_in) = tokio::try_join!(worker, front, admin)?;
    greet(&workshop.console, &settings, &sign_in, &database, &redis);
    Ok(front)
}

async fn prepare_database(workshop: &Workshop, database: &Database, secrets: &Secrets) -> Result<()> {
    database.server.provision(&database.name, &secrets.passwords).await?;
    let migrations = workshop.places.root.join("migrations");
    let applied = database.server.migrate(&database.name, &secrets.passwords, &migrations).await?;
    if applied > 0 {
        workshop.console.say(&format!("migrated the database ({applied} new)"));
    }
    Ok(())
}

fn greet(console: &Console, settings: &settings::Settings, sign_in: &str, database: &Database, redis: &RedisAddress) {
    console.say("");
    console.say(&format!("  Tessera runs at {}", settings.public_url));
    console.say(&format!("  {sign_in}"));
    let stores = format!("Postgres {}:{}, Redis {}:{}", database.server.host(), database.server.port(), redis.host, redis.port);
    console.say(&format!("  {stores}; Ctrl-C stops all of it"));
    console.say("");
}
