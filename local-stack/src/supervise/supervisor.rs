//! All programs of a stack, so that they stop in order at any point of the start.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures::future::join_all;

use super::{Program, Spawner, SupervisedServer};
use crate::console::Console;

/// The order of start and stop: the host stops before the worker, the worker before the data
/// stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Postgres, Redis, and the server of a language model.
    Data,
    /// The worker.
    Worker,
    /// The host.
    Host,
}

/// The programs that run; clones share them.
#[derive(Clone)]
pub struct Supervisor {
    spawner: Spawner,
    console: Console,
    running: Arc<Mutex<Vec<(Tier, SupervisedServer)>>>,
}

impl Supervisor {
    /// No programs yet.
    #[must_use]
    pub fn new(spawner: Spawner, console: Console) -> Self {
        Self { spawner, console, running: Arc::default() }
    }

    /// Starts a program and waits until it is ready.
    ///
    /// # Errors
    /// As for [`SupervisedServer::start`].
    pub async fn start(&self, tier: Tier, program: Program) -> Result<()> {
        let supervised = SupervisedServer::start(program, &self.spawner, &self.console).await?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push((tier, supervised));
        Ok(())
    }

    /// Stops the programs of a tier and waits for their end.
    pub async fn stop(&self, tier: Tier) {
        let chosen: Vec<SupervisedServer> = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let (chosen, kept) =
                std::mem::take(&mut *running).into_iter().partition(|(at, _)| *at == tier);
            *running = kept;
            Vec::into_iter(chosen).map(|(_, supervised)| supervised).collect()
        };
        join_all(chosen.into_iter().map(SupervisedServer::stop)).await;
    }

    /// Stops everything, from the host to the data stores.
    pub async fn stop_all(&self) {
        for tier in [Tier::Host, Tier::Worker, Tier::Data] {
            self.stop(tier).await;
        }
    }
}
