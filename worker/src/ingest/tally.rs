//! How far an ingestion is, counted by the stages and told a few times a second.

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

/// No more often than this.
const EVERY: Duration = Duration::from_millis(250);
/// The share of reading in the whole; the rest is embedding.
const READING: f64 = 0.3;

/// Counters of one ingestion.
#[derive(Default)]
pub(super) struct Tally {
    /// Pages that will come, 0 where unknown.
    pub(super) pages_expected: AtomicU32,
    pub(super) pages_read: AtomicU32,
    pub(super) passages_made: Arc<AtomicU32>,
    pub(super) passages_stored: AtomicU32,
    /// Whether the last page has been read.
    pub(super) all_read: AtomicBool,
}

impl Tally {
    pub(super) fn pages(&self) -> i32 {
        i32::try_from(self.pages_read.load(Relaxed)).unwrap_or(i32::MAX)
    }

    pub(super) fn chunks_made(&self) -> u32 {
        self.passages_made.load(Relaxed)
    }

    pub(super) fn is_read(&self) -> bool {
        self.all_read.load(Relaxed)
    }

    /// Percent, below 100.
    fn percent(&self) -> i32 {
        let count = |counter: &AtomicU32| f64::from(counter.load(Relaxed));
        let read = match (self.all_read.load(Relaxed), count(&self.pages_expected)) {
            (true, _) => 1.0,
            (false, expected) if expected > 0.0 => (count(&self.pages_read) / expected).min(1.0),
            (false, _) => 0.0,
        };
        // What has been read says how many passages the whole will have.
        let made = count(&self.passages_made);
        let stored = if made > 0.0 { read * (count(&self.passages_stored) / made).min(1.0) } else { 0.0 };
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
            (true, _) => format!("indexing passage {} of {}", count(&self.passages_stored), count(&self.passages_made)),
            (false, 0) => "reading".to_owned(),
            (false, expected) => format!("reading page {} of {expected}", count(&self.pages_read)),
        }
    }
}

/// Tells how far it is whenever that has changed, and notices that the job is to stop.
pub(super) async fn tell(it: &Ingestion<'_>) -> Stop {
    loop {
        if let Err(stop) = tell_changes(it).await {
            return stop;
        }
    }
}

async fn tell_changes(it: &Ingestion<'_>) -> Result<(), Stop> {
    let cx = it.cx();
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = None;
    let mut furthest = 0;
    loop {
        every.tick().await;
        it.within_bounds()?;
        // The estimate of the whole may grow; what people see goes forward only.
        furthest = it.tally.percent().max(furthest);
        let (status, percent) = (it.tally.status(), furthest);
        if told == Some((status, percent)) {
            continue;
        }
        let job = queue::progress(&cx, it.lease, percent, &it.tally.step()).await?.ok_or(Stop::Lost)?;
        let state = documents::progress(&cx, &it.work, status, percent).await?.ok_or(Stop::Lost)?;
        it.worker.events.job(it.lease.tenant, &job).await;
        it.worker.events.document(it.lease.tenant, &state).await;
        if job.cancel_asked {
            return Err(Stop::Cancelled);
        }
        told = Some((status, percent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_grows_with_pages_and_passages_and_stays_below_100() {
        let tally = Tally::default();
        assert_eq!(tally.percent(), 0);
        tally.pages_expected.store(10, Relaxed);
        tally.pages_read.store(5, Relaxed);
        assert_eq!(tally.percent(), 14);
        tally.passages_made.store(8, Relaxed);
        tally.passages_stored.store(4, Relaxed);
        assert_eq!(tally.percent(), 32);
        tally.all_read.store(true, Relaxed);
        tally.passages_stored.store(8, Relaxed);
        assert_eq!(tally.percent(), 99);
    }
}
