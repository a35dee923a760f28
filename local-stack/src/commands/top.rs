//! `./stack top`: the state of the installation, live in the terminal or once.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::lock::RunLock;
use crate::paths::Paths;
use crate::stack::METRICS_LISTENERS;
use crate::supervise::signals::StopSignals;
use crate::top::{Figures, Processes, Scrape, lines};

/// Timeout of a scrape.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Where a process is scraped, and with which bearer token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsListener {
    /// `address:port`
    pub address: String,
    /// Where the address is not loopback.
    pub token: Option<String>,
}

/// What is asked of `top`.
#[derive(Debug, Clone)]
pub struct TopOptions {
    /// Print once and end.
    pub once: bool,
    /// Seconds between two looks.
    pub seconds: u64,
}

/// What was seen at one moment.
struct Look {
    at: Instant,
    scrapes: [Scrape; 2],
    processes: Processes,
    problems: Vec<String>,
}

/// Prints the state every few seconds until a signal, or once.
///
/// # Errors
/// If no stack runs here, or it is not measured.
pub async fn run(paths: &Paths, options: TopOptions) -> Result<ExitCode> {
    let Some(id) = RunLock::holder(paths)? else {
        bail!("Tessera does not run here; to start it: {}", paths.command("up"))
    };
    let file = paths.state.join(METRICS_LISTENERS);
    let text = fs::read(&file).with_context(|| {
        format!("reading {}, which `up` writes if host and worker are measured", file.display())
    })?;
    let listeners: BTreeMap<String, MetricsListener> = serde_json::from_slice(&text)?;
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let mut signals = StopSignals::listen()?;
    let mut every = tokio::time::interval(Duration::from_secs(options.seconds.max(1)));
    every.tick().await;
    let mut before = look(&client, &listeners, id).await;
    let is_terminal = std::io::stdout().is_terminal() && !options.once;
    loop {
        tokio::select! {
            _ = every.tick() => {}
            _ = signals.next() => break,
        }
        let now = look(&client, &listeners, id).await;
        print(&before, &now, is_terminal)?;
        if options.once {
            return Ok(if now.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        before = now;
    }
    Ok(ExitCode::SUCCESS)
}

async fn look(
    client: &reqwest::Client,
    listeners: &BTreeMap<String, MetricsListener>,
    id: u32,
) -> Look {
    let mut problems = Vec::new();
    let mut scrapes = [Scrape::default(), Scrape::default()];
    for (name, scrape) in ["host", "worker"].into_iter().zip(&mut scrapes) {
        let Some(listener) = listeners.get(name) else { continue };
        match scraped(client, listener).await {
            Ok(text) => *scrape = Scrape::read(&text),
            Err(error) => problems.push(format!("the {name} does not answer: {error:#}")),
        }
    }
    Look { at: Instant::now(), scrapes, processes: Processes::below(id), problems }
}

async fn scraped(client: &reqwest::Client, listener: &MetricsListener) -> Result<String> {
    let mut request = client.get(format!("http://{}/metrics", listener.address));
    if let Some(token) = &listener.token {
        request = request.bearer_auth(token);
    }
    Ok(request.send().await?.error_for_status()?.text().await?)
}

fn print(before: &Look, now: &Look, is_terminal: bool) -> Result<()> {
    let between = now.at.duration_since(before.at);
    let [host_before, worker_before] = &before.scrapes;
    let [host, worker] = &now.scrapes;
    let figures = Figures::new([host_before, worker_before], [host, worker], between);
    #[expect(clippy::disallowed_methods, reason = "a program for people has no other clock")]
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let processes = [&before.processes, &now.processes];
    let text = lines(&figures, processes, between, seconds, &now.problems).join("\n");
    let mut out = std::io::stdout().lock();
    if is_terminal {
        // To the first cell; each line and what is below the last is cleared, which does not flicker.
        write!(out, "\x1b[H{}\x1b[K\n\x1b[J", text.replace('\n', "\x1b[K\n"))?;
    } else {
        writeln!(out, "{text}")?;
    }
    out.flush().context("writing to the terminal")
}
