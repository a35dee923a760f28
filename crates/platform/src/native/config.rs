//! Environment variables, or settings of one task of the process.

use std::{collections::BTreeMap, sync::Arc};

use kernel::Result;
use tokio::sync::OnceCell;

use crate::{clock::Clock, pg::Source};

tokio::task_local! {
    static SETTINGS: Settings;
}

/// Connections of the pool of such settings.
const CONNECTIONS: u32 = 6;

/// The values of variables for one task and its spawned tasks, in place of the environment's: so
/// several routers run in one process, each with its database.
#[derive(Clone, Default)]
pub struct Settings {
    values: Arc<BTreeMap<&'static str, String>>,
    source: Arc<OnceCell<Source>>,
    clock: Clock,
}

impl Settings {
    /// These variables, and no others.
    pub fn new(values: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self {
            values: Arc::new(values.into_iter().collect()),
            source: Arc::default(),
            clock: Clock::default(),
        }
    }

    /// The same, with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Runs `work` with these settings.
    pub async fn scope<T>(&self, work: impl Future<Output = T>) -> T {
        SETTINGS.scope(self.clone(), work).await
    }

    /// The settings of the running task, if it has its own.
    pub(crate) fn current() -> Option<Self> {
        SETTINGS.try_with(Clone::clone).ok()
    }

    /// The pool of these settings, opened once.
    pub(crate) async fn source(&self) -> Result<Source> {
        let connect = async || {
            Source::connect(&crate::config::required("database_url").await?, CONNECTIONS).await
        };
        Ok(self.source.get_or_try_init(connect).await?.for_next_request())
    }
}

pub(crate) async fn get(name: &'static str) -> Result<Option<String>> {
    if let Some(settings) = Settings::current() {
        return Ok(settings.values.get(name).cloned());
    }
    let key = format!("TESSERA_{}", name.to_uppercase());
    Ok(std::env::var(key).ok())
}
