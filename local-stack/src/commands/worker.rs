//! `./stack worker …`: an admin command of the worker (operators, verifying the audit log, rotating
//! keys) on the database of this clone's stack.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::stack::WORKER_ENVIRONMENT;
use crate::supervise::Inherit;

/// Runs the worker with the settings that the last `./stack up` gave it; its output and exit code
/// are ours.
///
/// # Errors
/// If no `up` has run in this clone, or the worker cannot be started.
pub fn run(paths: &Paths, arguments: &[String]) -> Result<ExitCode> {
    let file = paths.state.join(WORKER_ENVIRONMENT);
    let text = fs::read(&file).with_context(|| {
        format!(
            "expected {}, which `up` writes: start Tessera first, and keep it running",
            file.display()
        )
    })?;
    let environment: BTreeMap<String, String> =
        serde_json::from_slice(&text).with_context(|| {
            format!("{} is damaged: run {} again", file.display(), paths.command("up"))
        })?;
    let status = Command::new(paths.program("worker"))
        .args(arguments)
        .env_clear()
        .envs(Inherit::Worker.variables())
        .envs(environment)
        .status()
        .with_context(|| format!("starting {}", paths.program("worker").display()))?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
