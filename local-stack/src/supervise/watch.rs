//! The lifecycle of one supervised program: start, watch, restart after a crash, stop.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
use super::{Program, Spawner};
use crate::console::Console;

/// Interval of readiness checks of a starting program.
const ASK_EVERY: Duration = Duration::from_millis(15);

/// Starts the program and waits until it is ready.
pub(super) async fn start_once(
    program: &Program,
    spawner: &Spawner,
    console: &Console,
) -> Result<Child> {
    let path = program.invocation.program();
    if path.is_absolute() && !path.exists() {
        bail!(
            "expected the program {}, but it is missing; the command `doctor` says what else is",
            path.display()
        );
    }
    let mut command = program.invocation.command();
    program.output.connect(&mut command)?;
    let mut child = spawner.spawn(command).await?;
    program.output.follow(&mut child, console);
    let outcome = tokio::select! {
        status = child.wait() => Err(anyhow::anyhow!("it ended before it was ready ({}){}", describe(status?), program.output.tail())),
        ready = timeout(program.ready_within, until_ready(program)) => {
            ready.with_context(|| format!("it was not ready within {} s{}", program.ready_within.as_secs(), program.output.tail()))
        }
    };
    match outcome {
        Ok(()) => Ok(child),
        Err(error) => {
            stop_child(program, &mut child).await;
            Err(error)
        }
    }
}

async fn until_ready(program: &Program) {
    while program.ready.ask().await.is_err() {
        sleep(ASK_EVERY).await;
    }
}

/// Watches a running program until `stop` is sent (or its sender dropped).
pub(super) async fn keep_running(
    program: Program,
    first: Child,
    spawner: Spawner,
    console: Console,
    mut stop: oneshot::Receiver<()>,
) {
    let mut backoff = Backoff::new();
    let mut child = first;
    loop {
        let born = Instant::now();
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let status = tokio::select! {
            _ = &mut stop => return stop_child(&program, &mut child).await,
            status = child.wait() => status,
        };
        // Its children must not keep its port or serve in its place.
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let ending = status.map_or_else(|error| error.to_string(), describe);
        let pause = backoff.after(born.elapsed());
        console.warn(&format!(
            "{} ended unexpectedly ({ending}); starting it again in {:.1} s",
            program.name,
            pause.as_secs_f32()
        ));
        tokio::select! {
            _ = &mut stop => return,
            revived = restart(&program, &mut backoff, pause, &spawner, &console) => child = revived,
        }
    }
}

/// Restarts the program until it is ready.
async fn restart(
    program: &Program,
    backoff: &mut Backoff,
    mut pause: Duration,
    spawner: &Spawner,
    console: &Console,
) -> Child {
    let died = Instant::now();
    loop {
        sleep(pause).await;
        match start_once(program, spawner, console).await {
            Ok(child) => {
                console.warn(&format!(
                    "{} runs again, {:.1} s after it ended",
                    program.name,
                    died.elapsed().as_secs_f32()
                ));
                return child;
            }
            Err(error) => {
                pause = backoff.after(Duration::ZERO);
                console.warn(&format!(
                    "{} did not start again: {error:#}; next try in {:.1} s",
                    program.name,
                    pause.as_secs_f32()
                ));
            }
        }
    }
}

/// Stops the program, and kills it with all its children if it does not stop in time.
pub(super) async fn stop_child(program: &Program, child: &mut Child) {
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else {
        return;
    };
    let _ = kill_process(pid, program.stop_signal);
    if timeout(program.stop_within, child.wait()).await.is_err() {
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = child.wait().await;
    }
}

/// `exit status 1`, `killed by signal 9`.
pub(super) fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("killed by signal {signal}"),
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => "for an unknown reason".to_owned(),
    }
}
