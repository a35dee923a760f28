//! `tessera-host`: runs an application in a container or on a server; Postgres, Redis and the
//! worker run elsewhere.
//!
//! ```text
//! options, environment ──> HostConfig ──> Host::start ──> listens ── SIGTERM, SIGINT ──> drains ──> ends with 0
//!                                              └─ error: one line on standard error, ends with 1      └─ second signal: 1
//! ```

mod options;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser as _;
use host::Host;
use host::log::{self, LogLine};
use tokio::signal::unix::{Signal, SignalKind, signal};

use options::{Command, LogFormat, Options};

// Instances are created and dropped with every request: this allocator is faster for them than the
// C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator requests pages of 2 MiB, of which we would fill a fraction. A kernel without
    // them changes nothing.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    let format = options.log;
    log::install(std::env::var("TESSERA_LOG").ok().as_deref(), move |line| print(line, format))?;
    if let Some(Command::Compile { portable: true }) = options.command {
        host::precompile_portable(&options.manifest, &options.runtime()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::Compile { portable: false }) = options.command {
        let cache =
            options.cache.as_deref().context("expected --cache, the folder to compile into")?;
        host::precompile(&options.manifest, &options.runtime()?, cache)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<ExitCode> {
    // Before the start, so that a signal during the compilation of components also ends the
    // process.
    let mut signals = StopSignals::listen()?;
    let host = tokio::select! {
        host = Host::start(options.host_config()?) => host?,
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    signals.next().await;
    tracing::info!(target: "host::server", "stopping: running requests may finish; a second signal ends them");
    tokio::select! {
        () = host.shutdown() => Ok(ExitCode::SUCCESS),
        () = signals.next() => Ok(ExitCode::FAILURE),
    }
}

/// SIGTERM, which stops containers, and Ctrl-C.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> Result<Self> {
        let on = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A reader that has gone must not stop the host.
fn print(line: &LogLine, format: LogFormat) {
    use std::io::Write as _;
    let text = match format {
        LogFormat::Json => line.to_json(),
        LogFormat::Text => line.to_text(false),
    };
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
