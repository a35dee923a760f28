//! A release: a folder with everything that runs, made by `./stack package`, in place of a clone
//! that is built.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// In the root of a release, beside its programs. A program that has it beside it belongs to a
/// release.
pub const FILE: &str = "release.json";

/// The folder of a release with the servers and models that a clone downloads into its cache.
pub const BUNDLED: &str = "bundled";

/// Where a release has its state, unless `TESSERA_STATE` names another folder.
pub const STATE: &str = "/var/lib/tessera";

/// What a release says of itself.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version, e.g. `0.1.0`.
    pub version: String,
    /// Architecture and system, e.g. `x86_64-linux`.
    pub platform: String,
}

impl Release {
    /// The release that this program belongs to, and its folder; none if the program belongs to a
    /// clone.
    ///
    /// # Errors
    /// If the file beside the program cannot be read.
    pub fn of_this_program() -> Result<Option<(PathBuf, Self)>> {
        // Through links, such as one in /usr/local/bin.
        let program = std::env::current_exe()
            .and_then(fs::canonicalize)
            .context("looking for this program")?;
        match program.parent() {
            Some(folder) => Ok(Self::read(folder)?.map(|release| (folder.to_owned(), release))),
            None => Ok(None),
        }
    }

    /// The release in `folder`, if it is one.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(FILE);
        match fs::read(&file) {
            Ok(bytes) => {
                let release = serde_json::from_slice(&bytes);
                release.map(Some).with_context(|| {
                    format!("{} is damaged: unpack the release again", file.display())
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    /// The platform of this program, as in [`Release::platform`].
    #[must_use]
    pub fn this_platform() -> String {
        format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_release_if_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Release::read(folder.path()).unwrap(), None);
        let release = Release { version: "1.2.3".to_owned(), platform: Release::this_platform() };
        fs::write(folder.path().join(FILE), serde_json::to_vec(&release).unwrap()).unwrap();
        assert_eq!(Release::read(folder.path()).unwrap(), Some(release));
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(
            format!("{:#}", Release::read(folder.path()).unwrap_err())
                .contains("unpack the release again")
        );
    }
}
