//! What the worker measures, for Prometheus. Without a listener there are no metrics, and nothing
//! is measured.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use platform::{
    log::{self, Level},
    telemetry::{self, BoundedLabel, Counters, Gauges, Histograms, Label, Listener, Registry},
};
use queue::{FreeSlots, Lane, QueueState};
use serde_json::json;
use tokio::sync::Mutex;

use crate::{run::Worker, store, usage_metrics::UsageMetrics};

/// Kinds of jobs and names of models, which are rows of the database.
const MAX_NAMES: usize = 64;
/// The queue is not counted more often than this, however many scrape.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// The metrics of a worker.
pub(crate) struct Metrics {
    registry: Registry,
    slots: FreeSlots,
    jobs: Gauges<3>,
    oldest: Gauges<3>,
    slots_total: Gauges<1>,
    queue_known: Gauges<0>,
    finished: Counters<3>,
    job_seconds: Histograms<2>,
    stage_seconds: Histograms<1>,
    embedded: Counters<1>,
    embedding_seconds: Histograms<1>,
    embedding_failures: Counters<1>,
    trace_spans: Counters<1>,
    backup_taken: Gauges<0>,
    backup_bytes: Gauges<0>,
    kinds: BoundedLabel,
    models: BoundedLabel,
    usage: UsageMetrics,
    counted: Mutex<Option<Instant>>,
}

impl Metrics {
    #[expect(clippy::too_many_lines, reason = "one line a metric")]
    pub(crate) fn new(slots: FreeSlots) -> Self {
        let mut r = Registry::default();
        Self {
            slots,
            jobs: r.gauges(
                "jobs",
                "Jobs of all tenants that are due, run or are dead",
                ["kind", "lane", "status"],
            ),
            oldest: r.gauges(
                "job_oldest_seconds",
                "How long the oldest of them is due, runs or is dead",
                ["kind", "lane", "status"],
            ),
            slots_total: r.gauges(
                "job_slots",
                "Jobs that this worker does at the same time",
                ["lane"],
            ),
            queue_known: r.gauges(
                "queue_known",
                "1 if the last scrape could count the queue, else 0",
                [],
            ),
            finished: r.counters(
                "job_attempts",
                "Attempts that ended, and how",
                ["kind", "lane", "outcome"],
            ),
            job_seconds: r.long_histograms(
                "job_attempt_seconds",
                "How long attempts took",
                ["kind", "lane"],
            ),
            stage_seconds: r.long_histograms(
                "ingestion_stage_seconds",
                "Stages of ingestion: reading a document, embedding a batch, storing batches",
                ["stage"],
            ),
            embedded: r.counters("embedded_texts", "Chunks that were embedded", ["model"]),
            embedding_seconds: r.histograms(
                "embedding_seconds",
                "How long a batch of chunks took",
                ["model"],
            ),
            embedding_failures: r.counters(
                "embedding_failures",
                "Batches without vectors",
                ["model"],
            ),
            trace_spans: r.counters(
                "trace_spans",
                "Spans that the collector took, that found the queue full, or that it did not take",
                ["outcome"],
            ),
            backup_taken: r.gauges(
                "backup_taken_timestamp_seconds",
                "When the newest verified backup was taken, in seconds since 1970; 0: there is none",
                [],
            ),
            backup_bytes: r.gauges(
                "backup_size_bytes",
                "Size of the newest verified backup",
                [],
            ),
            kinds: BoundedLabel::new(MAX_NAMES),
            models: BoundedLabel::new(MAX_NAMES),
            usage: UsageMetrics::new(&mut r),
            counted: Mutex::default(),
            registry: r,
        }
    }

    /// An attempt ended.
    pub(crate) fn attempt(&self, kind: &str, lane: Lane, outcome: &'static str, took: Duration) {
        let (kind, lane): (Label, Label) = (self.kinds.of(kind), lane.as_str().into());
        self.job_seconds.observe([kind.clone(), lane.clone()], took);
        self.finished.count([kind, lane, outcome.into()]);
    }

    /// A stage of an ingestion ended.
    pub(crate) fn stage(&self, stage: &'static str, took: Duration) {
        self.stage_seconds.observe([stage.into()], took);
    }

    /// A batch of chunks was embedded, or not.
    pub(crate) fn embedded(&self, model: &str, texts: usize, succeeded: bool, took: Duration) {
        let model = self.models.of(model);
        self.embedding_seconds.observe([model.clone()], took);
        if succeeded {
            self.embedded.add([model], texts as u64);
        } else {
            self.embedding_failures.count([model]);
        }
    }

    /// The text of a scrape.
    async fn text(&self, worker: &Worker) -> String {
        for lane in Lane::ALL {
            self.slots_total.set([lane.as_str().into()], whole(self.slots.of(*lane)));
        }
        if let Some(traces) = &worker.traces {
            for (outcome, spans) in traces.take_counts() {
                self.trace_spans.add([outcome.into()], spans);
            }
        }
        // Held while the queue is counted: scrapes at the same time count it once.
        let mut counted = self.counted.lock().await;
        if counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
            self.count_queue(worker).await;
            self.count_usage(worker).await;
            self.look_for_backup(worker).await;
            *counted = Some(Instant::now());
        }
        self.registry.text()
    }

    /// Without an answer of the database the last known backup stays: its age tells.
    async fn look_for_backup(&self, worker: &Worker) {
        match store::newest_backup(&worker.db()).await {
            Ok(newest) => {
                let (taken_at, bytes) = newest.unwrap_or_default();
                self.backup_taken.set([], taken_at);
                self.backup_bytes.set([], bytes);
            }
            Err(problem) => {
                let cause = [("cause", json!(problem.to_string()))];
                log::line(Level::Warn, "worker", "the newest backup is not known", &cause);
            }
        }
    }

    async fn count_usage(&self, worker: &Worker) {
        if let Err(problem) = self.usage.count(worker).await {
            let cause = [("cause", json!(problem.to_string()))];
            log::line(Level::Warn, "worker", "usage was not counted", &cause);
        }
    }

    async fn count_queue(&self, worker: &Worker) {
        match queue::state(&worker.db()).await {
            Ok(states) => {
                self.jobs.clear();
                self.oldest.clear();
                for state in states {
                    let labels = self.labels(&state);
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "whole seconds are exact enough"
                    )]
                    self.oldest.set(labels.clone(), state.oldest_seconds as i64);
                    self.jobs.set(labels, state.jobs);
                }
                self.queue_known.set([], 1);
            }
            Err(problem) => {
                log::line(
                    Level::Warn,
                    "worker",
                    "the queue was not counted",
                    &[("cause", json!(problem.to_string()))],
                );
                self.queue_known.set([], 0);
            }
        }
    }

    fn labels(&self, state: &QueueState) -> [Label; 3] {
        let lane = state.lane.map_or("by_size", Lane::as_str);
        [self.kinds.of(&state.kind), lane.into(), state.status.as_str().into()]
    }
}

/// Answers scrapes until the worker stops.
pub(crate) async fn serve(listener: Listener, worker: Weak<Worker>) {
    let render = move || {
        let worker: Option<Arc<Worker>> = worker.upgrade();
        async move {
            match &worker {
                Some(worker) => match &worker.metrics {
                    Some(metrics) => metrics.text(worker).await,
                    None => String::new(),
                },
                None => String::new(),
            }
        }
    };
    telemetry::serve(listener, render).await;
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_guide_lists_every_metric_and_no_other() {
        let guide = include_str!("../../docs/operations.md");
        let table = guide
            .split_once("| the worker's | labels | |")
            .unwrap()
            .1
            .split("\n\n")
            .next()
            .unwrap();
        let documented: Vec<&str> =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let mut registered = Metrics::new(FreeSlots::NONE).registry.names().to_vec();
        registered.sort();
        let mut documented: Vec<String> = documented.into_iter().map(str::to_owned).collect();
        documented.sort();
        assert_eq!(registered, documented);
    }
}
