//! Installation and build steps, one file each.

pub mod apt;
pub mod build;
pub mod cargo;
pub mod chromium;
pub mod components;
pub mod extractor;
pub mod generator;
pub mod model;
pub mod native;
pub mod postgres;
pub mod redis;
pub mod stamp;
pub mod step;
pub mod web;
pub mod wheel;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::console::Console;
use crate::paths::Paths;
use crate::ports::Ports;
use crate::supervise::Spawner;

/// What every installation and build step needs.
#[derive(Clone)]
pub struct BuildEnv {
    /// The folders of the clone.
    pub paths: Paths,
    /// The output for progress.
    pub console: Console,
    /// Starts the tools.
    pub spawner: Spawner,
    /// The loopback ports of this clone.
    pub ports: Arc<Ports>,
}

impl BuildEnv {
    /// Creates the state folder and everything else; must run inside the runtime.
    ///
    /// # Errors
    /// If the state folder cannot be created.
    pub fn open(paths: Paths, console: Console) -> Result<Self> {
        paths.make_state()?;
        let ports = Arc::new(Ports::load(&paths));
        Ok(Self { paths, console, spawner: Spawner::open()?, ports })
    }

    /// The same for one step of several, whose number is printed with its progress.
    #[must_use]
    pub fn for_step(&self, number: usize, of: usize) -> Self {
        Self { console: self.console.for_step(number, of), ..self.clone() }
    }
}

/// The program of this name on `PATH`.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Servers are in sbin, which an ordinary user's PATH may leave out.
    let extra = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(extra)
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Copies a folder with its files, links and permissions.
///
/// # Errors
/// The error of the file system.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.context("reading the folder to copy")?;
        let target = to.join(entry.path().strip_prefix(from)?);
        let copied = if entry.file_type().is_dir() {
            fs::create_dir_all(&target)
        } else if entry.file_type().is_symlink() {
            fs::read_link(entry.path()).and_then(|link| std::os::unix::fs::symlink(link, &target))
        } else {
            fs::copy(entry.path(), &target).map(drop)
        };
        copied.with_context(|| {
            format!("copying {} to {}", entry.path().display(), target.display())
        })?;
    }
    Ok(())
}

/// Creates `folder` in the cache with `fill`, which works in a folder beside it; renamed when
/// complete, so that a folder with the final name is complete, and two clones can install at once.
///
/// # Errors
/// The error of `fill` or the file system.
pub async fn once<F>(folder: &Path, fill: impl FnOnce(PathBuf) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    if folder.is_dir() {
        return Ok(());
    }
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        bail!("{} is no folder to install into", folder.display());
    };
    fs::create_dir_all(parent)
        .with_context(|| format!("making the cache folder {}", parent.display()))?;
    let fresh = parent.join(format!("{}.new-{}", name.to_string_lossy(), std::process::id()));
    let _ = fs::remove_dir_all(&fresh);
    fs::create_dir(&fresh).with_context(|| format!("making {}", fresh.display()))?;
    let filled = fill(fresh.clone()).await;
    let placed = filled.and_then(|()| match fs::rename(&fresh, folder) {
        Err(error) if !folder.is_dir() => {
            Err(error).with_context(|| format!("putting {} in its place", folder.display()))
        }
        _ => Ok(()),
    });
    let _ = fs::remove_dir_all(&fresh);
    placed
}
