//! `./stack reset`: deletes this clone's state.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::confirm::confirm;
use crate::lock::{LockOutcome, RunLock};
use crate::paths::Paths;
use crate::supervise::postgres::external_data;

/// Deletes `.stack` and the database, wherever it is, after asking.
///
/// # Errors
/// If the stack runs, there is no terminal to ask on, or a folder cannot be deleted.
pub fn run(paths: &Paths, yes: bool) -> Result<ExitCode> {
    if !paths.state.exists() {
        println!("nothing to delete: {} does not exist", paths.state.display());
        return Ok(ExitCode::SUCCESS);
    }
    let _lock = match RunLock::acquire(paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => {
            bail!("Tessera runs (process {id}); stop it first: {}", paths.command("down"))
        }
    };
    let states = ["", "test", "servers"].map(|inner| paths.with_state(paths.state.join(inner)));
    let folders: Vec<PathBuf> =
        states.iter().filter_map(external_data).chain([paths.state.clone()]).collect();
    if !yes && !confirmed(paths, &folders)? {
        println!("nothing was deleted");
        return Ok(ExitCode::FAILURE);
    }
    for folder in folders {
        fs::remove_dir_all(&folder).with_context(|| format!("deleting {}", folder.display()))?;
    }
    println!("deleted; the next {} starts afresh", paths.command("up"));
    Ok(ExitCode::SUCCESS)
}

fn confirmed(paths: &Paths, folders: &[PathBuf]) -> Result<bool> {
    let folders: String =
        folders.iter().map(|folder| format!("\n  {}", folder.display())).collect();
    let effect = format!(
        "This deletes this installation's database, uploaded documents, accounts and secrets:{folders}"
    );
    confirm(&effect, "Delete all of it?", &paths.command("reset --yes"))
}
