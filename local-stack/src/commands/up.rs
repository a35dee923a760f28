//! `./stack up`: installs, builds, starts everything, prints how to sign in, and runs until it is
//! stopped.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};

use crate::cli::{LocalModel, Up};
use crate::console::{self, Console};
use crate::lock::{LockOutcome, RunLock};
use crate::paths::Paths;
use crate::ports;
use crate::setup::BuildEnv;
use crate::stack::{FirstAdmin, SignIn, Stack, StackOptions};
use crate::supervise::signals::StopSignals;
use crate::supervise::stores::StoreChoice;
use crate::supervise::{Supervisor, Tier};

/// Runs the stack until a signal stops it.
///
/// # Errors
/// If it runs already, or a program does not start; programs that had started are stopped again.
pub async fn run(paths: Paths, asked: &Up) -> Result<ExitCode> {
    let options = StackOptions {
        listen: asked.listen,
        host: asked.host,
        stores: StoreChoice::from_env(),
        first_admin: FirstAdmin::from_env()?,
        loopback_providers: false,
        crawled_port: None,
        model_port: None,
        is_measured: true,
        generator: asked.model.map(LocalModel::generator),
    };
    paths.make_state()?;
    let _lock = match RunLock::acquire(&paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => {
            bail!("Tessera already runs here (process {id}); to stop it: {}", paths.command("down"))
        }
    };
    ports::check_listen(options.listen)?;
    let console = Console::stdout(asked.json);
    console::show_tracing(&console)?;
    let build_env = BuildEnv::open(paths, console.clone())?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), console.clone());
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = Stack::start(&build_env, &supervisor, options) => started,
        name = signals.next() => Err(anyhow!("stopped by {name} before it was up")),
    };
    let stack = match started {
        Ok(stack) => stack,
        Err(error) => {
            supervisor.stop_all().await;
            return Err(error);
        }
    };
    print_access(&console, &stack, &sign_in(&stack, asked.json, &build_env.paths));
    let name = signals.next().await;
    console.print(&format!("{name}: stopping (once more: at once)"));
    tokio::select! {
        () = stack.drain() => {}
        _ = signals.next() => {}
    }
    // The data stores always stop gracefully; their clients have stopped or were killed by now.
    supervisor.stop(Tier::Data).await;
    console.print("stopped");
    Ok(ExitCode::SUCCESS)
}

/// How to sign in. The link makes an administrator: it is for the terminal of the user, not for a
/// log.
fn sign_in(stack: &Stack, is_log: bool, paths: &Paths) -> String {
    match &stack.sign_in {
        SignIn::Link(_) if is_log => {
            let command = paths.command(&format!("worker setup-link --public-url {}", stack.url));
            format!("there is no administrator yet; for a link that makes the account: {command}")
        }
        known => known.to_string(),
    }
}

fn print_access(console: &Console, stack: &Stack, sign_in: &str) {
    let (server, redis) = (&stack.database.server, &stack.redis);
    console.print("");
    console.print(&format!("  Tessera runs at {}", stack.url));
    console.print(&format!("  {sign_in}"));
    console.print(&format!("  {}", stack.emails));
    let stores = format!(
        "Postgres {}:{}, Redis {}:{}",
        server.host(),
        server.port(),
        redis.host,
        redis.port
    );
    console.print(&format!("  {stores}; Ctrl-C stops all of it"));
    console.print("");
}
