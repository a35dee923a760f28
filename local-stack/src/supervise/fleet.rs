//! All programs of a stack, so that they end in order however far the start had come.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures::future::join_all;

use super::{Nursery, Program, Supervised};
use crate::console::Console;

/// Where a program stands: those in front end before those that they use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Postgres and Redis.
    Store,
    /// The worker.
    Middle,
    /// What answers requests.
    Front,
}

/// The programs that run; clones share them.
#[derive(Clone)]
pub struct Fleet {
    nursery: Nursery,
    console: Console,
    running: Arc<Mutex<Vec<(Place, Supervised)>>>,
}

impl Fleet {
    /// No programs yet.
    #[must_use]
    pub fn new(nursery: Nursery, console: Console) -> Self {
        Self { nursery, console, running: Arc::default() }
    }

    /// Starts a program and returns when it is ready.
    ///
    /// # Errors
    /// As for [`Supervised::start`].
    pub async fn start(&self, place: Place, program: Program) -> Result<()> {
        let supervised = Supervised::start(program, &self.nursery, &self.console).await?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push((place, supervised));
        Ok(())
    }

    /// Ends the programs of `place` and waits until they are gone.
    pub async fn stop(&self, place: Place) {
        let chosen: Vec<Supervised> = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let (chosen, kept) = std::mem::take(&mut *running).into_iter().partition(|(at, _)| *at == place);
            *running = kept;
            Vec::into_iter(chosen).map(|(_, supervised)| supervised).collect()
        };
        join_all(chosen.into_iter().map(Supervised::stop)).await;
    }

    /// Ends everything, from the front to the stores.
    pub async fn stop_all(&self) {
        for place in [Place::Front, Place::Middle, Place::Store] {
            self.stop(place).await;
        }
    }
}
