//! `./stack eval DIR`: measures retrieval on a labelled collection. To be written.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::places::Places;

/// Not there yet, and therefore not in the list of commands.
///
/// # Errors
/// Always.
#[expect(clippy::unused_async, reason = "the command will wait for the stack it talks to")]
pub async fn run(_places: Places, _folder: &Path) -> Result<ExitCode> {
    bail!("./stack eval is not there yet")
}
