//! `./stack demo`: ingests a small shelf of documents and asks it four questions. To be written.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::places::Places;

/// Not there yet, and therefore not in the list of commands.
///
/// # Errors
/// Always.
#[expect(clippy::unused_async, reason = "the command will wait for the stack it talks to")]
pub async fn run(_places: Places) -> Result<ExitCode> {
    bail!("./stack demo is not there yet")
}
