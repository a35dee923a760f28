//! Where a child's output goes: a file, or line by line onto the console.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::console::{Console, LogLine};

/// A log file is truncated when it is larger than this.
const LARGEST_LOG: u64 = 8 << 20;

/// Where a child's standard output and error go.
#[derive(Clone, Debug)]
pub enum Output {
    /// Appended to this file.
    File(PathBuf),
    /// Shown on the console as lines of this service.
    Lines(&'static str),
}

impl Output {
    /// Connects the output of a command before its start.
    pub(super) fn connect(&self, command: &mut Command) -> Result<()> {
        match self {
            Self::File(path) => {
                let file = open_log(path)?;
                let twin = file.try_clone().context("sharing the log file")?;
                command.stdout(Stdio::from(file)).stderr(Stdio::from(twin));
            }
            Self::Lines(_) => {
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
            }
        }
        Ok(())
    }

    /// Starts reading the output of a running child.
    pub(super) fn follow(&self, child: &mut Child, console: &Console) {
        let Self::Lines(service) = self else { return };
        if let Some(stream) = child.stdout.take() {
            tokio::spawn(copy_lines(stream, service, console.clone()));
        }
        if let Some(stream) = child.stderr.take() {
            tokio::spawn(copy_lines(stream, service, console.clone()));
        }
    }

    /// The end of the log for an error message; empty if the lines were shown already.
    pub(super) fn tail(&self) -> String {
        match self {
            Self::File(path) => match tail_of(path, 8) {
                text if text.is_empty() => String::new(),
                text => format!("; the end of {}:\n{text}", path.display()),
            },
            Self::Lines(_) => String::new(),
        }
    }
}

/// The last `lines` lines of a file, indented; empty if it cannot be read.
#[must_use]
pub fn tail_of(path: &Path, lines: usize) -> String {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let mut last: Vec<&str> = text.lines().rev().take(lines).collect();
    last.reverse();
    last.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn open_log(path: &Path) -> Result<File> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LARGEST_LOG) {
        let _ = fs::rename(path, path.with_extension("log.old"));
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("opening the log {}", path.display()))
}

async fn copy_lines(stream: impl AsyncRead + Unpin, service: &'static str, console: Console) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() {
            console.log(&LogLine::read(service, text));
        }
        line.clear();
    }
}
