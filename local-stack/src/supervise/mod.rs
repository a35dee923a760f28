//! Child processes: started so that none can outlive us, restarted when they die, stopped in order.

mod backoff;
mod environment;
pub mod generator;
mod invocation;
mod output;
pub mod postgres;
mod ready;
pub mod redis;
pub(crate) mod run_as;
pub mod signals;
mod spawner;
mod stale_process;
pub mod stores;
mod supervisor;
mod watch;

use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use environment::Inherit;
pub use invocation::Invocation;
pub use output::{Output, tail_of};
pub use ready::Ready;
pub use run_as::RunAs;
pub use spawner::Spawner;
pub use supervisor::{Supervisor, Tier};

use crate::console::Console;

/// A server to keep running.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name in logs, e.g. `Postgres`.
    pub name: &'static str,
    /// How it is started, and restarted.
    pub invocation: Invocation,
    /// Where its output goes.
    pub output: Output,
    /// When it counts as started.
    pub ready: Ready,
    /// How long that may take.
    pub ready_within: Duration,
    /// The signal that requests its end.
    pub stop_signal: Signal,
    /// How long it may take to stop before it is killed.
    pub stop_within: Duration,
}

/// A server that runs and is restarted when it dies, until [`SupervisedServer::stop`].
pub struct SupervisedServer {
    name: &'static str,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl SupervisedServer {
    /// Starts `program` and waits until it is ready; from then on it is supervised.
    ///
    /// # Errors
    /// If it cannot be started, exits before it is ready, or is not ready in time; the end of its
    /// log is in the message.
    pub async fn start(program: Program, spawner: &Spawner, console: &Console) -> Result<Self> {
        let child = watch::start_once(&program, spawner, console)
            .await
            .with_context(|| format!("{} did not start", program.name))?;
        let (stop, stopped) = oneshot::channel();
        let name = program.name;
        let task = tokio::spawn(watch::keep_running(
            program,
            child,
            spawner.clone(),
            console.clone(),
            stopped,
        ));
        Ok(Self { name, stop: Some(stop), task })
    }

    /// The program's name in logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Stops the program and waits for its end.
    pub async fn stop(mut self) {
        // The watcher can only have ended if it panicked; then its child was killed with it.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

/// A program that is dropped without being stopped is killed.
impl Drop for SupervisedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
