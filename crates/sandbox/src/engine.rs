//! An engine whose epoch advances in a thread, so that computing guests can be interrupted.

use std::time::Duration;

use anyhow::{Context, Result};
use wasmtime::{Config, Engine};

/// The clock of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// Name of the thread.
    pub thread: &'static str,
    /// Time between two ticks: the precision of every deadline.
    pub tick: Duration,
}

/// An engine of this configuration, interruptible at every tick. The thread ends with the engine.
///
/// # Errors
/// If wasmtime refuses the configuration, or no thread can be started.
pub fn start(mut config: Config, epoch: Epoch) -> Result<Engine> {
    config.epoch_interruption(true);
    let engine = Engine::new(&config).map_err(anyhow::Error::from).context("cannot set up wasmtime")?;
    let weak = engine.weak();
    std::thread::Builder::new().name(epoch.thread.to_owned()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(epoch.tick);
        }
    })?;
    Ok(engine)
}
