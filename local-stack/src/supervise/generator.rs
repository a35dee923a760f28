//! The server of a language model on this machine: llama.cpp in a Python process.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::{Invocation, Output, Program, Ready, RunAs};
use crate::setup::find_program;
use crate::setup::generator::{Generator, InstalledGenerator};

/// What Python runs; it is in this program, so that a release needs no further file.
const SCRIPT: &str = include_str!("llama_server.py");

/// Answers at a time: two take hardly longer than one, as both read the same weights.
pub const SLOTS: usize = 2;
/// More threads wait for memory.
const MOST_THREADS: usize = 8;

/// A language model and where it is served.
pub struct GeneratorServer {
    generator: &'static Generator,
    installed: InstalledGenerator,
    python: PathBuf,
    key: String,
    port: u16,
    run_as: RunAs,
}

impl GeneratorServer {
    /// A server on this port of loopback, for callers with this key. Under root it becomes `nobody`
    /// once it has opened its files.
    ///
    /// # Errors
    /// If there is no Python, or under root no user `nobody`.
    pub fn new(
        generator: &'static Generator,
        installed: InstalledGenerator,
        key: &str,
        port: u16,
    ) -> Result<Self> {
        let python = find_program("python3").context(
            "expected python3 on PATH, 3.10 or newer; on Debian: apt-get install python3",
        )?;
        let run_as = RunAs::unprivileged()?;
        Ok(Self { generator, installed, python, key: key.to_owned(), port, run_as })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The base URL, which ends in `/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The model's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.generator.name
    }

    /// The key of its callers.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The process to supervise.
    #[must_use]
    pub fn program(&self) -> Program {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let (uid, gid) = match self.run_as {
            RunAs::CurrentUser => ("-".to_owned(), "-".to_owned()),
            RunAs::Nobody { uid, gid } => (uid.to_string(), gid.to_string()),
        };
        let invocation = Invocation::new(&self.python)
            // Isolated: no variables and folders of the user change what is imported.
            .args(["-I", "-B", "-c", SCRIPT])
            .args([&self.installed.packages, &self.installed.model])
            .args([self.generator.name, &self.port.to_string(), &SLOTS.to_string()])
            .args([self.generator.context_tokens.to_string(), threads.to_string()])
            .args([self.generator.memory.to_string(), uid, gid])
            .env("LLAMA_KEY", &self.key)
            .folder("/")
            // It has nothing to finish.
            .orphan_signal(Signal::KILL);
        Program {
            name: "the language model",
            invocation,
            // Not a file: it may write none.
            output: Output::Lines("generator"),
            ready: Ready::Http((Ipv4Addr::LOCALHOST, self.port).into(), "/health"),
            // It reads the model from the disk.
            ready_within: Duration::from_secs(120),
            stop_signal: Signal::TERM,
            stop_within: Duration::from_secs(5),
        }
    }
}
