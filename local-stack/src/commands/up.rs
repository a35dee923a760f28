//! `./stack up`: installs, builds, starts everything, prints how to sign in, and stays until it is stopped.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};

use crate::cli::Up;
use crate::console::{self, Console};
use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::ports;
use crate::setup::Workshop;
use crate::stack::{FirstAdmin, Stack, StackOptions};
use crate::supervise::signals::StopSignals;
use crate::supervise::stores::StoreChoice;
use crate::supervise::{Fleet, Place};

/// Runs the stack until a signal stops it.
///
/// # Errors
/// When it runs already, or something does not start; what had started is stopped again.
pub async fn run(places: Places, asked: &Up) -> Result<ExitCode> {
    let options = StackOptions {
        listen: asked.listen,
        host: asked.host,
        stores: StoreChoice::from_env(),
        first_admin: FirstAdmin::from_env()?,
        loopback_providers: false,
    };
    places.make_state()?;
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("the stack of this clone already runs (process {id}); to stop it: ./stack down"),
    };
    ports::check_listen(options.listen)?;
    let console = Console::stdout(asked.json);
    console::show_tracing(&console)?;
    let workshop = Workshop::open(places, console.clone())?;
    let fleet = Fleet::new(workshop.nursery.clone(), console.clone());
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = Stack::start(&workshop, &fleet, options) => started,
        name = signals.next() => Err(anyhow!("stopped by {name} before it was up")),
    };
    let stack = match started {
        Ok(stack) => stack,
        Err(error) => {
            fleet.stop_all().await;
            return Err(error);
        }
    };
    greet(&console, &stack);
    let name = signals.next().await;
    console.say(&format!("{name}: stopping (once more: at once)"));
    tokio::select! {
        () = stack.wind_down() => {}
        _ = signals.next() => {}
    }
    // The stores always end properly; whatever stands before them is killed by now if it had not ended.
    fleet.stop(Place::Store).await;
    console.say("stopped");
    Ok(ExitCode::SUCCESS)
}

fn greet(console: &Console, stack: &Stack) {
    let (server, redis) = (&stack.database.server, &stack.redis);
    console.say("");
    console.say(&format!("  Tessera runs at {}", stack.url));
    console.say(&format!("  {}", stack.sign_in));
    console.say(&format!("  {}", stack.mails));
    let stores = format!("Postgres {}:{}, Redis {}:{}", server.host(), server.port(), redis.host, redis.port);
    console.say(&format!("  {stores}; Ctrl-C stops all of it"));
    console.say("");
}
