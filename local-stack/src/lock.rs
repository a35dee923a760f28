//! One `up` per clone: a lock that the operating system releases when the process ends in any way.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};

use anyhow::{Context, Result};

use crate::paths::Paths;

/// Held while the stack of this clone runs.
pub struct RunLock {
    _file: File,
}

/// The result of `RunLock::acquire`.
pub enum LockOutcome {
    /// The stack does not run; the lock is held by this process.
    Acquired(RunLock),
    /// The process that runs the stack already.
    HeldBy(u32),
}

impl RunLock {
    /// Takes the lock and writes this process' id into it, or returns its holder.
    ///
    /// # Errors
    /// If the lock file cannot be opened.
    pub fn acquire(paths: &Paths) -> Result<LockOutcome> {
        let path = paths.state.join("up.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                Ok(LockOutcome::Acquired(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(LockOutcome::HeldBy(read_id(&mut file))),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    /// The process that runs this clone's stack, if one does.
    ///
    /// # Errors
    /// If the lock file exists but cannot be opened.
    pub fn holder(paths: &Paths) -> Result<Option<u32>> {
        let path = paths.state.join("up.lock");
        if !fs::exists(&path).unwrap_or(false) {
            return Ok(None);
        }
        let mut file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(read_id(&mut file))),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }
}

/// 0 in the moment between taking the lock and writing the id.
fn read_id(file: &mut File) -> u32 {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0)
}
