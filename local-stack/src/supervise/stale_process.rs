//! Stale processes of an earlier run: after we were killed they may need a moment to stop.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::time::{Instant, sleep};

/// Stops the process in the first line of `pid_file` if its command line contains `mark`, and waits
/// for its end.
pub(super) async fn stop(name: &str, pid_file: &Path, mark: &str, signal: Signal) -> Result<()> {
    let Some(pid) = read_pid(pid_file).filter(|pid| command_line(*pid).contains(mark)) else {
        return Ok(());
    };
    let _ = kill_process(pid, signal);
    let deadline = Instant::now() + Duration::from_secs(30);
    while test_kill_process(pid).is_ok() && command_line(pid).contains(mark) {
        if Instant::now() > deadline {
            bail!(
                "{name} of an earlier run (process {}) does not end; end it with: kill -9 {}",
                pid.as_raw_nonzero(),
                pid.as_raw_nonzero()
            );
        }
        sleep(Duration::from_millis(30)).await;
    }
    Ok(())
}

fn read_pid(file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// Empty if the process is gone.
fn command_line(pid: Pid) -> String {
    let id = pid.as_raw_nonzero();
    if cfg!(target_os = "linux") {
        let bytes = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let listed = Command::new("ps").args(["-o", "command=", "-p", &id.to_string()]).output();
    listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
