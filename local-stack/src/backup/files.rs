//! The two files of a backup: `tessera-STAMP.backup`, encrypted, and `tessera-STAMP.json`, which
//! says what is in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

/// The shape of the manifest that this version writes and reads.
pub(super) const FORMAT: u32 = 1;

/// What a backup holds and how to check it: nothing that is secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// The moment that the backup shows, in seconds since 1970.
    pub(super) unix_seconds: i64,
    /// How long it took, in seconds.
    pub(super) seconds: f64,
    /// Of the `.backup` file.
    pub(super) bytes: u64,
    /// Of the `.backup` file, in hexadecimal.
    pub(super) sha256: String,
    /// The newest numbered migration.
    pub(super) migration: i64,
    /// Rows by `schema.table`.
    pub(super) rows: BTreeMap<String, i64>,
    /// Fingerprint of the key that encrypts the backup (`backup.key`).
    pub(super) backup_key: String,
    /// Fingerprint of the installation's master key, without which stored credentials cannot be
    /// read.
    pub(super) master_key: String,
}

/// The manifest beside a `.backup` file.
pub(super) fn manifest_of(backup: &Path) -> PathBuf {
    backup.with_extension("json")
}

impl Manifest {
    /// Reads the manifest beside a `.backup` file.
    pub(super) fn read(backup: &Path) -> Result<Self> {
        let file = manifest_of(backup);
        let text = fs::read(&file)
            .with_context(|| format!("reading {}, which belongs to the backup", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", file.display()))
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(super) async fn sha256(file: &Path) -> Result<String> {
    let mut input =
        tokio::fs::File::open(file).await.with_context(|| format!("reading {}", file.display()))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = input.read(&mut buffer).await?;
        if read == 0 {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(buffer.get(..read).unwrap_or_default());
    }
}

/// The backups of a folder, oldest first. A backup without its manifest is none: it was not
/// finished.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("tessera-") && name.ends_with(".backup") && manifest_of(&path).exists()
        {
            found.push(path);
        }
    }
    // The stamp in the name sorts by time.
    found.sort();
    Ok(found)
}

/// Deletes backups that are older than `keep`, but never the newest; returns those that went.
pub(super) fn delete_old(folder: &Path, keep: Duration) -> Result<Vec<PathBuf>> {
    let mut backups = list(folder)?;
    backups.pop();
    let now = UNIX_EPOCH.elapsed().unwrap_or_default();
    let oldest = i64::try_from(now.saturating_sub(keep).as_secs()).unwrap_or(0);
    let mut deleted = Vec::new();
    for backup in backups {
        // One whose manifest cannot be read is left for a person to look at.
        if Manifest::read(&backup).is_ok_and(|manifest| manifest.unix_seconds < oldest) {
            fs::remove_file(manifest_of(&backup))?;
            fs::remove_file(&backup).with_context(|| format!("deleting {}", backup.display()))?;
            deleted.push(backup);
        }
    }
    Ok(deleted)
}
