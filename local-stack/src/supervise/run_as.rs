//! The Unix user that a child runs as.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};

/// As root, Postgres and Redis run as `nobody`; everything else runs as the current user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// The user that we run as.
    CurrentUser,
    /// `nobody`, with these ids.
    Nobody {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl RunAs {
    /// The user for a server that refuses root.
    ///
    /// # Errors
    /// If we are root and there is no user `nobody`.
    pub fn unprivileged() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::CurrentUser);
        }
        let users =
            fs::read_to_string("/etc/passwd").context("reading /etc/passwd for the user nobody")?;
        let nobody = users.lines().find_map(parse_nobody);
        nobody.context("expected a user `nobody` to run Postgres as, since Postgres refuses to run as root; none is in /etc/passwd")
    }

    /// Whether a server of this user can reach `path` (its nearest existing ancestor if it does not
    /// exist).
    #[must_use]
    pub fn can_reach(self, path: &Path) -> bool {
        let Self::Nobody { uid, gid } = self else { return true };
        let passable = |folder: &Path| match fs::metadata(folder) {
            Ok(found) => {
                let shift = match (found.uid() == uid, found.gid() == gid) {
                    (true, _) => 6,
                    (false, true) => 3,
                    (false, false) => 0,
                };
                found.mode() >> shift & 0o1 != 0
            }
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        path.ancestors().skip(1).all(passable)
    }

    /// Creates a folder that only this user can enter, and gives it to them with its contents.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn private_folder(self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
            if entry.file_type().is_symlink() {
                continue;
            }
            self.own(entry.path())?;
            let mode = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))
                .with_context(|| format!("closing {} to others", entry.path().display()))?;
        }
        Ok(())
    }

    /// Gives `path` to this user.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn own(self, path: &Path) -> Result<()> {
        let Self::Nobody { uid, gid } = self else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(uid), Some(gid))
            .with_context(|| format!("giving {} to nobody", path.display()))
    }
}

/// Makes a copy of a program readable by every user, with any umask.
pub(super) fn make_readable(folder: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        if entry.file_type().is_symlink() {
            continue;
        }
        let mode = entry.metadata()?.permissions().mode();
        let read = if mode & 0o100 != 0 { 0o555 } else { 0o444 };
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode | read)).with_context(
            || format!("opening {} to the servers' account", entry.path().display()),
        )?;
    }
    Ok(())
}

fn parse_nobody(line: &str) -> Option<RunAs> {
    let mut fields = line.split(':');
    (fields.next()? == "nobody").then_some(())?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(RunAs::Nobody { uid, gid })
}
