//! The key of this clone's backups, and fingerprints by which a restore sees early that it has the
//! wrong keys.

use std::fs;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use crate::paths::{Paths, replace_private};
use crate::secrets;

/// 256 bits in hexadecimal; in the state folder, readable by its owner only.
const FILE: &str = "backup.key";

/// The key of the backups. Anyone who has it and a backup reads everything.
pub(super) struct BackupKey(pub(super) [u8; 32]);

impl BackupKey {
    /// Reads the key; makes it if there is none and `make`. The flag says that it was made now.
    pub(super) fn load(paths: &Paths, make: bool) -> Result<(Self, bool)> {
        let file = paths.state.join(FILE);
        let (text, made) = match fs::read_to_string(&file) {
            Ok(text) => (text, false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && make => {
                let text = secrets::random()?;
                replace_private(&file, text.as_bytes())?;
                (text, true)
            }
            Err(error) => {
                let hint = "put the key that the backup was written with there (mode 0600)";
                return Err(error).with_context(|| format!("reading {}; {hint}", file.display()));
            }
        };
        let key = read_hex(text.trim());
        let key =
            key.with_context(|| format!("expected 64 hexadecimal digits in {}", file.display()))?;
        Ok((Self(key), made))
    }

    /// Names the key without giving it away.
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.0)
    }
}

/// The first 64 bits of a hash of a secret with 256 random bits.
pub(super) fn fingerprint(secret: &[u8]) -> String {
    let digest =
        Sha256::new_with_prefix(b"tessera backup fingerprint\0").chain_update(secret).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}
