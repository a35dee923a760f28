//! `./stack down`: stops what `up` started in this clone.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use crate::lock::RunLock;
use crate::paths::Paths;

/// Draining takes up to 30 s, and each server may take as long to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(120);

/// Signals the running `up` to stop and waits for its end.
///
/// # Errors
/// If it cannot be signalled or does not stop.
pub async fn run(paths: &Paths) -> Result<ExitCode> {
    let Some(id) = RunLock::holder(paths)? else {
        println!("not running");
        return Ok(ExitCode::SUCCESS);
    };
    let pid =
        i32::try_from(id).ok().and_then(Pid::from_raw).context("it is just starting; try again")?;
    kill_process(pid, Signal::TERM).with_context(|| format!("asking process {id} to end"))?;
    let deadline = Instant::now() + STOP_TIMEOUT;
    while RunLock::holder(paths)? == Some(id) {
        if Instant::now() > deadline {
            bail!("process {id} does not stop; see its log. To kill it: kill -9 {id}");
        }
        sleep(Duration::from_millis(50)).await;
    }
    println!("stopped");
    Ok(ExitCode::SUCCESS)
}
