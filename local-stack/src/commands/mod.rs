//! The commands of `./stack`, one file each. Each gives the exit code; an error is printed by the caller.

pub mod bench;
pub mod build;
pub mod demo;
pub mod doctor;
pub mod down;
pub mod eval;
pub mod fuzz;
pub mod redis;
pub mod reset;
pub mod schemathesis;
mod scratch;
pub mod servers;
pub mod test;
pub mod up;
pub mod worker;

use anyhow::Result;

use crate::supervise::signals::StopSignals;

/// Runs `work` until it is done or the user stops it; what it had started is then ended by being dropped.
async fn until_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        done = work => done,
        name = signals.next() => anyhow::bail!("stopped by {name}"),
    }
}
