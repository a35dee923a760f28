//! Export of spans to a collector, by OTLP over HTTP.
//!
//! ```text
//! record ── try_send ──> queue (bounded) ──> batch (full, or some seconds old) ──> POST /v1/traces
//!    └─ full: dropped, counted                                  └─ away: again after pauses, then dropped, counted
//! ```

mod client;
mod config;
mod message;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use prost::Message;
use tokio::sync::{mpsc, oneshot};

use self::{
    client::{Collector, Outcome},
    message::{ExportRequest, Resource},
};
use crate::{FinishedSpan, TraceContext};

pub use config::{ENDPOINT, HEADERS, SAMPLING_RATIO, SERVICE, TracesConfig, UnexpectedValue};

/// How long a process that ends may take for its last spans.
const FLUSH: Duration = Duration::from_secs(5);

/// Exports spans, and decides which traces are recorded.
#[derive(Clone, Debug)]
pub struct Traces {
    spans: mpsc::Sender<FinishedSpan>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    sampling_ratio: f64,
    counts: Arc<Counts>,
}

/// Spans since they were last taken.
#[derive(Debug, Default)]
struct Counts {
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Traces {
    /// Starts to export; `report` gets a line when a collector is away, and when it is back.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn start(
        config: TracesConfig,
        report: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, rustls::Error> {
        let (spans, queue) = mpsc::channel(config.queue.max(1));
        let (flushes, asked) = mpsc::channel(1);
        let (sampling_ratio, counts) = (config.sampling_ratio, Arc::new(Counts::default()));
        let instance = TraceContext::root().trace_id();
        let exporter = Exporter {
            resource: Resource::of(&config.service, env!("CARGO_PKG_VERSION"), instance),
            batch: config.batch.max(1),
            every: config.every,
            pauses: config.pauses.clone(),
            collector: Collector::new(config)?,
            queue,
            asked,
            counts: counts.clone(),
            report: Box::new(report),
            is_failing: false,
        };
        tokio::spawn(exporter.run());
        Ok(Self { spans, flushes, sampling_ratio, counts })
    }

    /// A trace that begins here, recorded or not.
    #[must_use]
    pub fn root(&self) -> TraceContext {
        self.sampled(TraceContext::root())
    }

    /// The same context, recorded or not by our own sampling_ratio. The decision is of the span's own
    /// randomness: the id of a trace may be a client's choice.
    #[must_use]
    pub fn sampled(&self, trace: TraceContext) -> TraceContext {
        trace.with_sampled(trace.is_within(self.sampling_ratio))
    }

    /// Queues a span. It never waits: a span that finds the queue full is dropped and counted.
    pub fn record(&self, span: FinishedSpan) {
        if self.spans.try_send(span).is_err() {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Sends what is queued, for at most some seconds.
    pub async fn flush(&self) {
        let _ = tokio::time::timeout(FLUSH, async {
            let (done, is_done) = oneshot::channel();
            if self.flushes.send(done).await.is_ok() {
                let _ = is_done.await;
            }
        })
        .await;
    }

    /// Spans since the last call, by what became of them: `exported`; `dropped`, since the queue
    /// was full; `failed`, since the collector did not take them.
    #[must_use]
    pub fn take_counts(&self) -> [(&'static str, u64); 3] {
        let counts = &self.counts;
        [
            ("exported", counts.exported.swap(0, Relaxed)),
            ("dropped", counts.dropped.swap(0, Relaxed)),
            ("failed", counts.failed.swap(0, Relaxed)),
        ]
    }
}

struct Exporter {
    resource: Resource,
    batch: usize,
    every: Duration,
    pauses: Vec<Duration>,
    collector: Collector,
    queue: mpsc::Receiver<FinishedSpan>,
    asked: mpsc::Receiver<oneshot::Sender<()>>,
    counts: Arc<Counts>,
    report: Box<dyn Fn(&str) + Send>,
    is_failing: bool,
}

impl Exporter {
    /// Until all handles are gone.
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(self.batch);
        loop {
            let asked = tokio::select! {
                biased;
                asked = self.asked.recv() => match asked {
                    Some(asked) => Some(asked),
                    None => return,
                },
                () = fill(&mut self.queue, &mut batch, self.batch, self.every) => {
                    self.export(&mut batch).await
                }
            };
            if let Some(asked) = asked {
                self.empty(&mut batch).await;
                let _ = asked.send(());
            }
        }
    }

    /// Sends a batch, again if the collector is away. Returns a flush that was asked for meanwhile.
    async fn export(&mut self, batch: &mut Vec<FinishedSpan>) -> Option<oneshot::Sender<()>> {
        let (body, count) = self.encode(batch);
        let mut asked = None;
        for pause in self.pauses.clone() {
            let Some(longer) = self.attempt(&body, count, false).await else { return asked };
            tokio::select! {
                flush = self.asked.recv() => {
                    asked = flush;
                    break;
                }
                () = tokio::time::sleep(pause.max(longer)) => {}
            }
        }
        self.attempt(&body, count, true).await;
        asked
    }

    /// Sends all that is queued, each batch once.
    async fn empty(&mut self, batch: &mut Vec<FinishedSpan>) {
        loop {
            while batch.len() < self.batch
                && let Ok(span) = self.queue.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            let (body, count) = self.encode(batch);
            self.attempt(&body, count, true).await;
        }
    }

    fn encode(&self, batch: &mut Vec<FinishedSpan>) -> (Bytes, u64) {
        let body = ExportRequest::of(&self.resource, batch).encode_to_vec();
        let count = batch.len() as u64;
        batch.clear();
        (body.into(), count)
    }

    /// None if that was the end of these spans; else how long the collector wants to be left alone.
    async fn attempt(&mut self, body: &Bytes, count: u64, is_last: bool) -> Option<Duration> {
        match self.collector.send(body.clone()).await {
            Outcome::Accepted { rejected } => {
                let rejected = rejected.min(count);
                self.counts.failed.fetch_add(rejected, Relaxed);
                self.counts.exported.fetch_add(count - rejected, Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    (self.report)("the collector of traces takes spans again");
                }
                None
            }
            Outcome::Retryable(why, longer) if !is_last => {
                self.note(&why);
                Some(longer.unwrap_or_default())
            }
            Outcome::Retryable(why, _) | Outcome::Refused(why) => {
                self.note(&why);
                self.counts.failed.fetch_add(count, Relaxed);
                None
            }
        }
    }

    /// Reports the first of several failures.
    fn note(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_failing, true) {
            (self.report)(&format!("the collector of traces took no spans: {why}"));
        }
    }
}

/// Waits for a full batch, or for one that is some seconds old.
async fn fill(
    queue: &mut mpsc::Receiver<FinishedSpan>,
    batch: &mut Vec<FinishedSpan>,
    most: usize,
    every: Duration,
) {
    if batch.is_empty() && queue.recv_many(batch, most).await == 0 {
        // All handles are gone, which the other channel says, too.
        return std::future::pending().await;
    }
    let _ = tokio::time::timeout(every, async {
        while batch.len() < most {
            if queue.recv_many(batch, most - batch.len()).await == 0 {
                return;
            }
        }
    })
    .await;
}
