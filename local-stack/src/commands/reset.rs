//! `./stack reset`: deletes this clone's state.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::supervise::postgres::elsewhere_note;

/// Deletes `.stack` and the database wherever it lies, after asking.
///
/// # Errors
/// When the stack runs, nobody can be asked, or a folder cannot be deleted.
pub fn run(places: &Places, yes: bool) -> Result<ExitCode> {
    if !places.state.exists() {
        println!("nothing to delete: {} does not exist", places.state.display());
        return Ok(ExitCode::SUCCESS);
    }
    let _lock = match RunLock::take(places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("the stack of this clone runs (process {id}); stop it first: ./stack down"),
    };
    let folders: Vec<PathBuf> = database_elsewhere(places).into_iter().chain([places.state.clone()]).collect();
    if !yes && !confirmed(&folders)? {
        println!("nothing was deleted");
        return Ok(ExitCode::FAILURE);
    }
    for folder in folders {
        fs::remove_dir_all(&folder).with_context(|| format!("deleting {}", folder.display()))?;
    }
    println!("deleted; the next ./stack up starts afresh");
    Ok(ExitCode::SUCCESS)
}

/// The folder noted at the first start, if it is one that we make (and not whatever somebody wrote into the note).
fn database_elsewhere(places: &Places) -> Option<PathBuf> {
    let folder = PathBuf::from(fs::read_to_string(elsewhere_note(places)).ok()?);
    let ours = folder.parent() == Some(Path::new("/var/lib"))
        && folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tessera-"));
    (ours && folder.is_dir()).then_some(folder)
}

fn confirmed(folders: &[PathBuf]) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("expected a terminal to ask for confirmation on; without one: ./stack reset --yes");
    }
    println!("This deletes this clone's database, uploaded documents, accounts and secrets:");
    for folder in folders {
        println!("  {}", folder.display());
    }
    print!("Delete all of it? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
