//! Units of work waiting for an embedding thread. Queries go first: a search must not wait for a book that is being read in.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use crate::model::Vector;

/// How urgent a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Someone is waiting: goes before all documents and has a thread of its own.
    Query,
    /// Part of an ingestion: as fast as possible, but queries may overtake.
    Document,
}

/// Texts that are embedded in one pass, as token ids, each with its place among the texts of its request.
pub(crate) struct Unit {
    pub(crate) texts: Vec<(usize, Vec<u32>)>,
    /// Where the vectors go. Closed when nobody waits any more.
    pub(crate) reply: UnboundedSender<(usize, Vector)>,
}

#[derive(Default)]
struct Waiting {
    queries: VecDeque<Unit>,
    documents: VecDeque<Unit>,
    closed: bool,
}

/// The two lanes.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change is a single push or pop, so the queue of a thread that panicked is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a unit at the end of its lane.
    pub(crate) fn push(&self, lane: Lane, unit: Unit) {
        let mut waiting = self.lock();
        match lane {
            Lane::Query => waiting.queries.push_back(unit),
            Lane::Document => waiting.documents.push_back(unit),
        }
        drop(waiting);
        self.changed.notify_all();
    }

    /// Waits for the next unit: a query if there is one, else a document unless `queries_only`. `None` when closed.
    pub(crate) fn next(&self, queries_only: bool) -> Option<Unit> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(unit) = waiting.queries.pop_front() {
                return Some(unit);
            }
            if !queries_only && let Some(unit) = waiting.documents.pop_front() {
                return Some(unit);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends all waiting; units still in the queue are dropped, which their requests notice.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.queries.clear();
        waiting.documents.clear();
        drop(waiting);
        self.changed.notify_all();
    }
}
