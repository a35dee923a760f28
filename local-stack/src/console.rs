//! The output for the user: progress of long steps and the log of every process, in one stream on
//! standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
pub use host::log::{Level, LogLine};

/// Begins the lines that say how far a step is.
pub(crate) const PROGRESS: &str = "  … ";

/// Standard output as a log, for people or (with `--json`) one JSON object per line. Clones share
/// the stream.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
    /// The number of the step whose progress this prints, and of how many.
    step: Option<(usize, usize)>,
}

struct Inner {
    json: bool,
    colour: bool,
    /// Lines of a log below this level are not shown.
    least: Level,
    stream: Mutex<Stream>,
}

enum Stream {
    Stdout,
    /// For tests.
    Captured(Vec<u8>),
}

impl Console {
    /// Writes to standard output, in colour if that is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout(json: bool) -> Self {
        Self::on_stdout(json, Level::Debug)
    }

    /// As [`Console::stdout`], but with warnings and errors of the logs only, for commands with
    /// output of their own.
    #[must_use]
    pub fn quiet() -> Self {
        Self::on_stdout(false, Level::Warn)
    }

    fn on_stdout(json: bool, least: Level) -> Self {
        let colour = !json && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self::new(Inner { json, colour, least, stream: Mutex::new(Stream::Stdout) })
    }

    /// Captures the output, for tests; read it with [`Console::captured`].
    #[must_use]
    pub fn capturing() -> Self {
        let stream = Mutex::new(Stream::Captured(Vec::new()));
        Self::new(Inner { json: false, colour: false, least: Level::Debug, stream })
    }

    fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), step: None }
    }

    /// The same output for one step of several: its lines begin with `step 2 of 4: `.
    #[must_use]
    pub fn for_step(&self, number: usize, of: usize) -> Self {
        Self { inner: self.inner.clone(), step: Some((number, of)) }
    }

    /// The output so far of a capturing console; empty for any other.
    #[must_use]
    pub fn captured(&self) -> String {
        match &*self.inner.stream.lock().unwrap_or_else(PoisonError::into_inner) {
            Stream::Stdout => String::new(),
            Stream::Captured(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// A plain line for the user, such as a step that begins.
    pub fn print(&self, text: &str) {
        let Some((number, of)) = self.step else { return self.print_line(text) };
        // Progress is set in below the line of its step.
        let (indent, text) = text.strip_prefix(PROGRESS).map_or(("", text), |it| (PROGRESS, it));
        self.print_line(&format!("{indent}step {number} of {of}: {text}"));
    }

    fn print_line(&self, text: &str) {
        if self.inner.json {
            if !text.is_empty() {
                self.log(&LogLine::now(Level::Info, "local-stack", text.trim()));
            }
        } else {
            self.write(text);
        }
    }

    /// A line of a process' log.
    pub fn log(&self, line: &LogLine) {
        if line.level < self.inner.least {
            return;
        }
        let text = if self.inner.json { line.to_json() } else { line.to_text(self.inner.colour) };
        self.write(&text);
    }

    /// A warning of the supervisor itself.
    pub fn warn(&self, text: &str) {
        self.log(&LogLine::now(Level::Warn, "local-stack", text));
    }

    /// A notice of the supervisor itself.
    pub fn note(&self, text: &str) {
        self.log(&LogLine::now(Level::Info, "local-stack", text));
    }

    /// Whether a person watches: then tools may draw their own progress bars.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        !self.inner.json && io::stderr().is_terminal() && io::stdout().is_terminal()
    }

    fn write(&self, text: &str) {
        let mut stream = self.inner.stream.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *stream {
            // A reader that has gone (`./stack up | head`) must not stop the servers.
            Stream::Stdout => drop(writeln!(io::stdout().lock(), "{text}")),
            Stream::Captured(bytes) => {
                bytes.extend_from_slice(text.as_bytes());
                bytes.push(b'\n');
            }
        }
    }
}

/// Sends this process' `tracing` events to `console`; `TESSERA_LOG` filters them.
///
/// # Errors
/// If `TESSERA_LOG` is not a filter, or a subscriber is already set.
pub fn show_tracing(console: &Console) -> Result<()> {
    let console = console.clone();
    host::log::install(std::env::var("TESSERA_LOG").ok().as_deref(), move |line| console.log(line))
}
