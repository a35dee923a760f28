//! Connections that wait for the next request to their origin.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connect::Connection;
use crate::Origin;

/// Connections that wait for one origin, and for all.
const MAX_OF_ORIGIN: usize = 2;
const MAX: usize = 128;

/// How long a connection waits.
const IDLE: Duration = Duration::from_secs(15);

struct Idle {
    connection: Connection,
    since: Instant,
}

/// Idle connections by origin. The address of each was checked when it was dialled.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<Origin, Vec<Idle>>>);

impl Pool {
    /// The connection that was used last, if one waits.
    pub(super) fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut pool = self.lock();
        let waiting = pool.get_mut(origin)?;
        let found = loop {
            match waiting.pop() {
                Some(idle) if idle.since.elapsed() < IDLE && idle.connection.is_open() => {
                    break Some(idle.connection);
                }
                Some(_) => {}
                None => break None,
            }
        };
        if waiting.is_empty() {
            pool.remove(origin);
        }
        found
    }

    /// Keeps a connection whose response was read to its end.
    pub(super) fn put(&self, origin: Origin, connection: Connection) {
        let mut pool = self.lock();
        pool.values_mut().for_each(|waiting| waiting.retain(|idle| idle.since.elapsed() < IDLE));
        pool.retain(|_, waiting| !waiting.is_empty());
        if pool.values().map(Vec::len).sum::<usize>() >= MAX {
            return;
        }
        let waiting = pool.entry(origin).or_default();
        if waiting.len() < MAX_OF_ORIGIN && connection.is_open() {
            waiting.push(Idle { connection, since: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Idle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
