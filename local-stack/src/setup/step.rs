//! Runs a tool (cargo, npm, pip, …) as a step: its output goes to a log, the user sees progress,
//! and none of its processes survives if the step is cancelled.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, sleep};

use crate::console::{Console, PROGRESS};
use crate::supervise::{Invocation, Spawner, tail_of};

/// How often a long step reports progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// How long output may still come after the tool itself has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// Runs a tool to its end.
///
/// # Errors
/// If it cannot be started or fails; the end of its output is in the message.
pub async fn run(
    label: &str,
    invocation: &Invocation,
    log: &Path,
    spawner: &Spawner,
    console: &Console,
) -> Result<()> {
    watch(label, invocation, log, spawner, console, |_| Line::Log).await
}

/// How `look` handled a line of output.
pub enum Line {
    /// Goes to the log.
    Log,
    /// Read by us, and not logged.
    Consumed,
    /// Is the progress shown, e.g. `212 of 636 crates`, and not logged.
    Progress(String),
}

/// Like [`run`]; `look` sees every line of output.
///
/// # Errors
/// As for [`run`].
pub async fn watch(
    label: &str,
    invocation: &Invocation,
    log: &Path,
    spawner: &Spawner,
    console: &Console,
    mut look: impl FnMut(&str) -> Line,
) -> Result<()> {
    let mut file = fs::File::create(log).with_context(|| format!("writing {}", log.display()))?;
    let mut command = invocation.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawner.spawn(command).await?;
    let _group = Group::of(&child);
    let mut lines = read_lines(&mut child);
    let begun = Instant::now();
    let mut reports = interval_at(tokio::time::Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut progress = String::new();
    let mut ended = None;
    let status = loop {
        tokio::select! {
            line = lines.recv() => match (line, ended) {
                (Some(line), _) => match look(&line) {
                    Line::Consumed => {}
                    Line::Log => writeln!(file, "{line}").context("writing the log")?,
                    Line::Progress(text) => progress = format!(", {text}"),
                },
                (None, Some(status)) => break status,
                (None, None) => break child.wait().await?,
            },
            status = child.wait(), if ended.is_none() => ended = Some(status?),
            // A daemon that the tool left behind may hold its output open without end.
            () = sleep(OUTPUT_GRACE), if ended.is_some() => break ended.unwrap_or_default(),
            _ = reports.tick() => {
                let seconds = begun.elapsed().as_secs();
                console.print(&format!("{PROGRESS}{label}: {seconds} s{progress}"));
            }
        }
    };
    if !status.success() {
        bail!("{label} failed ({status}); the end of {}:\n{}", log.display(), tail_of(log, 25));
    }
    Ok(())
}

/// Both streams as lines, until both have ended.
fn read_lines(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(64);
    if let Some(stream) = child.stdout.take() {
        tokio::spawn(forward(BufReader::new(stream), sender.clone()));
    }
    if let Some(stream) = child.stderr.take() {
        tokio::spawn(forward(BufReader::new(stream), sender));
    }
    receiver
}

/// Sends lines; a progress bar, which begins at the start of the line again, is one, too.
async fn forward(mut reader: impl tokio::io::AsyncBufRead + Unpin, sender: mpsc::Sender<String>) {
    let mut line = Vec::new();
    loop {
        let Ok(bytes) = reader.fill_buf().await else { return };
        if bytes.is_empty() {
            if !line.is_empty() {
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned()).await;
            }
            return;
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let ending = end.and_then(|end| bytes.get(end)).copied();
        let length = end.unwrap_or(bytes.len());
        line.extend_from_slice(bytes.get(..length).unwrap_or_default());
        reader.consume(length + usize::from(end.is_some()));
        let is_bar_erased = ending == Some(b'\r') && line.is_empty();
        if ending.is_some() && !is_bar_erased {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_start_matches("\u{1b}[K").trim_end().to_owned();
            if sender.send(text).await.is_err() {
                return;
            }
            line.clear();
        }
    }
}

/// Kills a tool and its children if the step is dropped (a tool that has ended is not killed).
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = kill_process_group(pid, Signal::TERM);
        }
    }
}
