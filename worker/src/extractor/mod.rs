//! Runs the parsers of documents in a sandbox: a WebAssembly command without files, network, environment or clock of its own, with a cap on
//! memory and a deadline. What a hostile document makes of it ends with the sandbox.

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

/// How much a document may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Seconds of computing.
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
    /// The command came to its end; its last line says how.
    Finished,
    /// It computed for longer than it may.
    TooSlow,
    /// It wanted more memory than it may have.
    TooMuchMemory,
    /// It trapped; what wasmtime says of it is for the log.
    Crashed(String),
}

/// The compiled extractor.
pub struct Extractor {
    guest: guest::Compiled,
    limits: Limits,
}

/// A running extraction. Dropping it ends it.
pub struct Extraction {
    /// Takes the pieces of the document; dropping it says that the document is whole.
    pub document: Option<mpsc::Sender<Bytes>>,
    /// Gives what the command writes.
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
    /// How it ended; call it when the output has.
    pub async fn end(&mut self) -> End {
        (&mut self.end).await.unwrap_or_else(|_| End::Crashed("its thread ended".to_owned()))
    }
}

impl Extractor {
    /// Compiles `wasm`, or takes what an earlier start left in the folder `cache`.
    ///
    /// # Errors
    /// Where the file is missing or no WASI command.
    pub fn load(wasm: &Path, cache: &Path, limits: Limits) -> Result<Self> {
        let engine = engine()?;
        let component = sandbox::load(&engine, wasm, Some(cache)).with_context(hint)?;
        let guest = guest::Compiled::new(&engine, &component)
            .with_context(|| format!("{}: expected a WASI 0.2 command", wasm.display()))?;
        Ok(Self { guest, limits })
    }

    /// Whether [`Extractor::load`] would have to compile.
    ///
    /// # Errors
    /// Where the file is missing.
    pub fn is_compiled(wasm: &Path, cache: &Path) -> Result<bool> {
        sandbox::is_compiled(&engine()?, wasm, cache).with_context(hint)
    }

    /// Begins to read a document. `filename` and `declared` help to distinguish kinds of text.
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
        let run = self.guest.prepare(guest::Task { arguments, input, output, limits: self.limits, stop: stop.clone() });
        let runtime = tokio::runtime::Handle::current();
        // Computing for seconds: on a thread of its own, so that heartbeats and other jobs go on.
        tokio::task::spawn_blocking(move || {
            let _ = ended.send(runtime.block_on(run));
        });
        Extraction { document: Some(document), output: lines, end, stop }
    }
}
