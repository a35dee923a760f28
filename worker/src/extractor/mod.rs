//! Runs the document parsers in a sandbox: a WebAssembly command without files, network,
//! environment or clock of its own, with a memory limit and a deadline. The effects of a hostile
//! document end with the sandbox.

mod guest;
mod pipes;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use sandbox::Epoch;
use tokio::sync::{mpsc, oneshot};
use wasmtime::{Config, Engine};

/// The precision of the deadline.
const TICK: Duration = Duration::from_millis(100);

fn engine() -> Result<Engine> {
    sandbox::start(Config::new(), Epoch { thread: "extractor-clock", tick: TICK })
}

fn hint() -> &'static str {
    "expected the extractor; build it for wasm32-wasip2, or name it by TESSERA_EXTRACTOR"
}

/// The limits of an extraction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Linear memory in bytes.
    pub memory: usize,
    /// Computing time in seconds.
    pub seconds: u64,
}

impl Default for Limits {
    /// 512 MiB, 120 s.
    fn default() -> Self {
        Self { memory: 512 << 20, seconds: 120 }
    }
}

/// How an extraction ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The command exited; its last line has the result.
    Finished,
    /// It exceeded the deadline.
    TooSlow,
    /// It exceeded the memory limit.
    TooMuchMemory,
    /// It trapped; wasmtime's message is for the log.
    Crashed(String),
}

/// The compiled extractor.
pub struct Extractor {
    guest: guest::CompiledCommand,
    limits: Limits,
}

/// A running extraction. Dropping it stops it.
pub struct Extraction {
    /// Receives the document in frames; dropping it marks the end of the document.
    pub document: Option<mpsc::Sender<Bytes>>,
    /// The output of the command.
    pub output: mpsc::Receiver<Bytes>,
    end: oneshot::Receiver<End>,
    stop: Arc<AtomicBool>,
}

impl Drop for Extraction {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Extraction {
    /// How it ended; call it after the output has ended.
    pub async fn end(&mut self) -> End {
        (&mut self.end).await.unwrap_or_else(|_| End::Crashed("its thread ended".to_owned()))
    }
}

impl Extractor {
    /// Compiles `wasm`, or loads what an earlier start left in the folder `cache`.
    ///
    /// # Errors
    /// If the file is missing or is not a WASI command.
    pub fn load(wasm: &Path, cache: &Path, limits: Limits) -> Result<Self> {
        let engine = engine()?;
        let component = sandbox::load(&engine, wasm, Some(cache)).with_context(hint)?;
        let guest = guest::CompiledCommand::new(&engine, &component)
            .with_context(|| format!("{}: expected a WASI 0.2 command", wasm.display()))?;
        Ok(Self { guest, limits })
    }

    /// Whether [`Extractor::load`] would have to compile.
    ///
    /// # Errors
    /// If the file is missing.
    pub fn is_compiled(wasm: &Path, cache: &Path) -> Result<bool> {
        sandbox::is_compiled(&engine()?, wasm, cache).with_context(hint)
    }

    /// Compiles `wasm` into a folder beside it, for every processor of this architecture:
    /// [`Extractor::load`] finds the code there.
    ///
    /// # Errors
    /// If the file is missing or is no component, or the folder cannot be written.
    pub fn compile_portable(wasm: &Path) -> Result<()> {
        sandbox::compile_portable(&sandbox::portable(Config::new())?, wasm).with_context(hint)
    }

    /// Starts extracting a document. `filename` and `declared` help to distinguish kinds of text.
    #[must_use]
    pub fn begin(&self, filename: &str, declared: &str) -> Extraction {
        self.start(["extractor", filename, declared].map(str::to_owned).to_vec())
    }

    /// Begins to read a page of the web. `request` is an `extract::page::PageRequest` as JSON.
    #[must_use]
    pub fn begin_page(&self, request: &str) -> Extraction {
        self.start(["extractor", "page.html", "", "page", request].map(str::to_owned).to_vec())
    }

    fn start(&self, arguments: Vec<String>) -> Extraction {
        let (document, input) = mpsc::channel(4);
        let (output, lines) = mpsc::channel(16);
        let (ended, end) = oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let run = self.guest.prepare(guest::Task {
            arguments,
            input,
            output,
            limits: self.limits,
            stop: stop.clone(),
        });
        let runtime = tokio::runtime::Handle::current();
        // It computes for seconds, so it runs on a blocking thread; heartbeats and other jobs
        // continue.
        tokio::task::spawn_blocking(move || {
            let _ = ended.send(runtime.block_on(run));
        });
        Extraction { document: Some(document), output: lines, end, stop }
    }
}
