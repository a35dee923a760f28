//! The folders of one installation: a clone with its build results and the download cache, or a
//! release.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::release::{self, Release};

/// The folders of one clone or release; all absolute.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The clone or the unpacked release itself.
    pub root: PathBuf,
    /// State between runs: `.stack`, of a release `/var/lib/tessera`; or the folder named by
    /// `TESSERA_STATE`.
    pub state: PathBuf,
    /// Downloads, shared by all clones of a user; a release brings them.
    pub cache: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// What the release says of itself; none in a clone.
    pub release: Option<Release>,
}

impl Paths {
    /// The release that this program belongs to; else the clone named by `TESSERA_CLONE` (the
    /// script `stack` sets it), or the one around the working directory.
    ///
    /// # Errors
    /// If there is none.
    pub fn find() -> Result<Self> {
        match Release::of_this_program()? {
            Some((root, release)) => Self::of_release(root, release),
            None => Self::of_clone(),
        }
    }

    fn of_release(root: PathBuf, release: Release) -> Result<Self> {
        let state = match env::var_os("TESSERA_STATE").filter(|named| !named.is_empty()) {
            Some(named) => env::current_dir().context("reading the working directory")?.join(named),
            None => PathBuf::from(release::STATE),
        };
        Ok(Self {
            cache: root.join(release::BUNDLED),
            target: root.clone(),
            state,
            root,
            release: Some(release),
        })
    }

    fn of_clone() -> Result<Self> {
        let here = env::current_dir().context("reading the working directory")?;
        let root = match env::var_os("TESSERA_CLONE") {
            Some(named) => PathBuf::from(named),
            None => enclosing_clone(&here)?,
        };
        let root = root
            .canonicalize()
            .with_context(|| format!("the clone {} cannot be read", root.display()))?;
        let cache = match env::var_os("TESSERA_CACHE") {
            Some(named) => here.join(named),
            None => default_cache()?,
        };
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |named| here.join(named));
        let state = env::var_os("TESSERA_STATE")
            .map_or_else(|| root.join(".stack"), |named| here.join(named));
        Ok(Self { root, state, cache, target, release: None })
    }

    /// The same clone and cache with another state folder, for the private servers of `./stack
    /// test`.
    #[must_use]
    pub fn with_state(&self, state: PathBuf) -> Self {
        Self { state, ..self.clone() }
    }

    /// Creates the state folder, and closes it and its contents to other users. The user of
    /// Postgres and Redis, if they have their own, may traverse it, but not list it.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn make_state(&self) -> Result<()> {
        self.refuse_other_owner()?;
        for folder in [self.state.clone(), self.logs(), self.stamps()] {
            fs::create_dir_all(&folder).with_context(|| {
                format!(
                    "making the folder {}; TESSERA_STATE names another one for the state",
                    folder.display()
                )
            })?;
        }
        let passable = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        // `.stack/test` is in `.stack`, which the servers must traverse too.
        let outer = self.state.parent().filter(|parent| parent.ends_with(".stack"));
        for folder in [Some(self.state.as_path()), outer].into_iter().flatten() {
            fs::set_permissions(folder, fs::Permissions::from_mode(passable))
                .with_context(|| format!("closing {} to others", folder.display()))?;
        }
        close_to_others(&self.state, passable)
    }

    /// Under root the files of a release's service would become root's, and the service could not
    /// read them any more.
    fn refuse_other_owner(&self) -> Result<()> {
        let owner = fs::metadata(&self.state).map_or(0, |found| found.uid());
        if self.release.is_some() && rustix::process::geteuid().is_root() && owner != 0 {
            let state = self.state.display();
            bail!(
                "{state} belongs to the user {owner}; run this as that user: setpriv --reuid={owner} --clear-groups …"
            );
        }
        Ok(())
    }

    /// Logs of the child processes and of the builds.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// Stamps of builds; one folder per clone, for every state folder. A release has none and may
    /// be read-only.
    #[must_use]
    pub fn stamps(&self) -> PathBuf {
        match self.release {
            None => self.root.join(".stack/stamps"),
            Some(_) => self.state.join("stamps"),
        }
    }

    /// The built `.wasm` files that `spin.toml` names.
    #[must_use]
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// A native program of this workspace, e.g. `worker`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        match self.release {
            None => self.target.join("release").join(format!("{name}{}", env::consts::EXE_SUFFIX)),
            Some(_) => self.root.join(name),
        }
    }

    /// A native program that was built for a release.
    #[must_use]
    pub fn packaged(&self, name: &str) -> PathBuf {
        self.target.join("packaged").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// How the user runs `command`, e.g. `./stack down` or `tessera down`.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        let program = if self.release.is_some() { "tessera" } else { "./stack" };
        format!("{program} {command}")
    }

    /// Refuses to download or build in a release, which has everything.
    ///
    /// # Errors
    /// In a release; `what` is missing there.
    pub fn require_clone(&self, what: &str) -> Result<()> {
        match self.release {
            None => Ok(()),
            Some(_) => {
                bail!("{what} is missing in the release {}: unpack it again", self.root.display())
            }
        }
    }

    /// `path` as the user would write it: relative to the clone if it is inside.
    #[must_use]
    pub fn short<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// Closes what an earlier version left readable by others: files and folders that are ours, one by
/// one.
fn close_to_others(state: &Path, passable: u32) -> Result<()> {
    let ours = rustix::process::geteuid().as_raw();
    let walk = walkdir::WalkDir::new(state).min_depth(1).into_iter();
    // The servers' folders are not ours, and they must be able to read copies of programs.
    let inside = walk.filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.metadata().is_ok_and(|found| found.uid() == ours) && !name.starts_with("program")
    });
    for entry in inside.filter_map(Result::ok).filter(|entry| !entry.file_type().is_symlink()) {
        let Ok(found) = entry.metadata() else { continue };
        let mode = found.permissions().mode();
        // The servers traverse inner state folders (`test`, `servers`).
        let keep = if entry.file_type().is_dir() && entry.path().join("secrets.json").exists() {
            passable
        } else {
            0o700
        };
        if mode & 0o077 & !keep != 0 {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode & (0o7000 | keep)))
                .with_context(|| format!("closing {} to others", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Writes a file that only its owner can read, with any umask.
///
/// # Errors
/// The error of the file system.
pub fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut handle = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file)?;
        handle.set_permissions(fs::Permissions::from_mode(0o600))?;
        handle.write_all(bytes)
    };
    write().with_context(|| format!("writing {}", file.display()))
}

/// Replaces a file that its owner alone may read: after a crash the old one or the new one is there
/// in full.
///
/// # Errors
/// The error of the file system.
pub(crate) fn replace_private(file: &Path, bytes: &[u8]) -> Result<()> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&fresh);
        let mut handle =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        handle.write_all(bytes)?;
        handle.sync_all()?;
        fs::rename(&fresh, file)?;
        // The new name is on the disk once its folder is.
        file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("writing {}", file.display()))
}

fn enclosing_clone(here: &Path) -> Result<PathBuf> {
    match here
        .ancestors()
        .find(|folder| folder.join("stack").is_file() && folder.join("local-stack").is_dir())
    {
        Some(root) => Ok(root.to_owned()),
        None => bail!(
            "expected to run inside a clone of Tessera, but {} is not; call ./stack there",
            here.display()
        ),
    }
}

fn default_cache() -> Result<PathBuf> {
    if let Some(base) =
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute())
    {
        return Ok(base.join("tessera"));
    }
    match env::var_os("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".cache/tessera")),
        None => bail!(
            "expected HOME, XDG_CACHE_HOME or TESSERA_CACHE for the folder of downloads; none is set"
        ),
    }
}
