//! The progress of an ingestion, counted by the stages and reported a few times a second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use knowledge::{Status, ingest as documents};

use super::Ingestion;
use crate::task::Stop;

/// The shortest time between two reports.
pub(super) const REPORT_EVERY: Duration = Duration::from_millis(250);
/// The share of reading in the progress; the rest is embedding.
const READING: f64 = 0.3;

/// Counters of one ingestion.
#[derive(Default)]
pub(super) struct Progress {
    /// Expected pages, 0 if unknown.
    pub(super) pages_expected: AtomicU32,
    pub(super) pages_read: AtomicU32,
    pub(super) chunks_made: Arc<AtomicU32>,
    pub(super) chunks_stored: AtomicU32,
    /// Whether the last page has been read.
    pub(super) all_read: AtomicBool,
}

impl Progress {
    pub(super) fn pages(&self) -> i32 {
        i32::try_from(self.pages_read.load(Relaxed)).unwrap_or(i32::MAX)
    }

    pub(super) fn chunk_count(&self) -> u32 {
        self.chunks_made.load(Relaxed)
    }

    pub(super) fn is_read(&self) -> bool {
        self.all_read.load(Relaxed)
    }

    /// Percent, below 100.
    pub(super) fn percent(&self) -> i32 {
        let count = |counter: &AtomicU32| f64::from(counter.load(Relaxed));
        let read = match (self.all_read.load(Relaxed), count(&self.pages_expected)) {
            (true, _) => 1.0,
            (false, expected) if expected > 0.0 => (count(&self.pages_read) / expected).min(1.0),
            (false, _) => 0.0,
        };
        // The pages read so far give an estimate of the total number of chunks.
        let made = count(&self.chunks_made);
        let stored =
            if made > 0.0 { read * (count(&self.chunks_stored) / made).min(1.0) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 99")]
        let percent = (99.0 * (READING * read + (1.0 - READING) * stored)) as i32;
        percent
    }

    fn status(&self) -> Status {
        if self.all_read.load(Relaxed) { Status::Indexing } else { Status::Processing }
    }

    fn step(&self) -> String {
        let count = |counter: &AtomicU32| counter.load(Relaxed);
        match (self.all_read.load(Relaxed), count(&self.pages_expected)) {
            (true, _) => format!(
                "indexing passage {} of {}",
                count(&self.chunks_stored),
                count(&self.chunks_made)
            ),
            (false, 0) => "reading".to_owned(),
            (false, expected) => format!("reading page {} of {expected}", count(&self.pages_read)),
        }
    }
}

/// Reports progress when it changes; ends when the job has to stop.
pub(super) async fn report(it: &Ingestion<'_>) -> Stop {
    loop {
        if let Err(stop) = report_changes(it).await {
            return stop;
        }
    }
}

async fn report_changes(it: &Ingestion<'_>) -> Result<(), Stop> {
    let cx = it.cx();
    let mut every = tokio::time::interval(REPORT_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut reported = None;
    let mut furthest = 0;
    loop {
        every.tick().await;
        it.within_bounds()?;
        // The estimated total may grow; the reported progress never decreases.
        furthest = it.progress.percent().max(furthest);
        let (status, percent) = (it.progress.status(), furthest);
        if reported == Some((status, percent)) {
            continue;
        }
        let job = queue::progress(&cx, it.lease, percent, &it.progress.step())
            .await?
            .ok_or(Stop::Lost)?;
        let state = documents::progress(&cx, &it.work, status, percent).await?.ok_or(Stop::Lost)?;
        it.worker.events.job(it.lease.tenant, &job).await;
        it.worker.events.document(it.lease.tenant, &state).await;
        if job.cancel_asked {
            return Err(Stop::Cancelled);
        }
        reported = Some((status, percent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_grows_with_pages_and_chunks_and_stays_below_100() {
        let progress = Progress::default();
        assert_eq!(progress.percent(), 0);
        progress.pages_expected.store(10, Relaxed);
        progress.pages_read.store(5, Relaxed);
        assert_eq!(progress.percent(), 14);
        progress.chunks_made.store(8, Relaxed);
        progress.chunks_stored.store(4, Relaxed);
        assert_eq!(progress.percent(), 32);
        progress.all_read.store(true, Relaxed);
        progress.chunks_stored.store(8, Relaxed);
        assert_eq!(progress.percent(), 99);
    }
}
