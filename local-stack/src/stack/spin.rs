//! `spin up` in place of the built-in host.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, process};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::running_host::RunningHost;
use super::settings::Settings;
use crate::paths::write_private;
use crate::setup::{BuildEnv, find_program};
use crate::supervise::{Inherit, Invocation, Output, Program, Ready, Supervisor, Tier};

/// The oldest Spin that runs components of WASI 0.3.
const OLDEST_SPIN: (u32, u32) = (4, 1);

/// Postgres connections of a component, as many as the built-in host allows. Spin's own 64 for each
/// of eleven components are more than the server has.
const CONNECTIONS: u32 = 16;

/// As in the schedule of `spin.toml`, which the built-in host reads and Spin ignores.
const TICK_EVERY: Duration = Duration::from_secs(1);
/// A tick that takes longer is cancelled; the next one does the same work.
const TICK_TIMEOUT: Duration = Duration::from_secs(30);

/// Starts `spin up`; it serves requests when this returns.
pub(super) async fn start(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    listen: SocketAddr,
    settings: &Settings,
) -> Result<RunningHost> {
    let spin = find_spin()?;
    let paths = &build_env.paths;
    let runtime = paths.state.join("spin-runtime.toml");
    let state = paths.state.join("spin");
    let text = format!(
        "state_dir = {:?}\n[key_value_store.default]\ntype = \"redis\"\nurl = {:?}\n[outbound_pg]\nmax_connections = {CONNECTIONS}\n",
        state.display().to_string(),
        settings.host_redis_url
    );
    write_private(&runtime, text.as_bytes())?;
    let mut invocation = Invocation::new(spin)
        .args(["up", "--from"])
        .args([paths.root.join("spin.toml")])
        .args(["--listen", &listen.to_string(), "--runtime-config-file"])
        .args([runtime])
        .folder(&paths.root)
        // Not RUST_BACKTRACE: Spin puts native backtraces into the text of Postgres errors.
        .inherit(Inherit::Spin);
    for (name, value) in &settings.variables {
        invocation = invocation.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    let program = Program {
        name: "Spin",
        invocation,
        output: Output::Lines("spin"),
        ready: Ready::Http(listen, "/api/v1/health"),
        // It compiles the components first.
        ready_within: Duration::from_secs(180),
        stop_signal: Signal::TERM,
        stop_within: Duration::from_secs(35),
    };
    supervisor.start(Tier::Host, program).await?;
    Ok(RunningHost::Spin(tokio::spawn(tick(listen, settings.internal_key.clone()))))
}

fn find_spin() -> Result<PathBuf> {
    let advice = "install Spin 4.1 or newer (https://spinframework.dev), put it on PATH or name it by SPIN; or leave out --host spin";
    let spin = match env::var_os("SPIN").filter(|named| !named.is_empty()) {
        Some(named) => env::current_dir()?.join(named),
        None => {
            find_program("spin").with_context(|| format!("expected `spin` on PATH; {advice}"))?
        }
    };
    let output = process::Command::new(&spin).arg("--version").output();
    let output = output.with_context(|| format!("{} does not run; {advice}", spin.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match spin_version(&said) {
        Some(version) if version >= OLDEST_SPIN => Ok(spin),
        _ => bail!(
            "expected Spin 4.1 or newer, but {} says {:?}; {advice}",
            spin.display(),
            said.trim()
        ),
    }
}

/// `spin 4.1.0-pre0 (…)` → (4, 1).
fn spin_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Makes the calls that `spin.toml` schedules; the next one makes up for a failed one.
async fn tick(listen: SocketAddr, internal_key: String) {
    // Another part of the process may have installed a provider already; either works.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let mut ticks = tokio::time::interval(TICK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let request = client
            .post(format!("http://{listen}/internal/tick"))
            .header("x-internal-key", &internal_key);
        let _ = request.timeout(TICK_TIMEOUT).send().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spin_is_accepted_from_version_4_1_on() {
        assert!(spin_version("spin 4.1.0-pre0 (abc 2026-06-01)").unwrap() >= OLDEST_SPIN);
        assert!(spin_version("spin 10.0.1").unwrap() >= OLDEST_SPIN);
        assert!(spin_version("spin 4.0.2 (d1e8)").unwrap() < OLDEST_SPIN);
        assert_eq!(spin_version("bash: no such thing"), None);
    }
}
