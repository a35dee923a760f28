//! Detects whether a build is current: a digest over the names, sizes and times of its sources and
//! results.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::paths::Paths;

/// Folders that hold results or downloads, not sources.
const SKIPPED: [&str; 6] =
    ["target", "node_modules", "build", ".svelte-kit", "test-results", "dist"];

/// Sources, results, and the digest of the last successful build.
pub struct Stamp {
    file: PathBuf,
    results: Vec<PathBuf>,
    sources: String,
}

impl Stamp {
    /// Digests the sources (files or folders of the clone) before a build, so that an edit during
    /// the build counts. `extra` is any other input of the result, e.g. a version.
    #[must_use]
    pub fn take(
        paths: &Paths,
        name: &str,
        sources: &[&str],
        extra: &str,
        results: Vec<PathBuf>,
    ) -> Self {
        let mut digest = Sha256::new();
        digest.update(extra.as_bytes());
        for source in sources {
            add_tree(&mut digest, &paths.root, &paths.root.join(source));
        }
        let file = paths.stamps().join(name);
        Self { file, results, sources: hex(digest) }
    }

    /// Whether sources and results are unchanged since the last successful build.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.results.iter().all(|result| result.exists())
            && fs::read_to_string(&self.file).is_ok_and(|kept| kept == self.text())
    }

    /// Stores the digest of a successful build.
    ///
    /// # Errors
    /// If the stamp cannot be written.
    pub fn keep(&self) -> Result<()> {
        fs::write(&self.file, self.text())
            .with_context(|| format!("writing {}", self.file.display()))
    }

    fn text(&self) -> String {
        let mut digest = Sha256::new();
        for result in &self.results {
            if let Ok(found) = fs::metadata(result) {
                // Only a file's own time shows that it changed; a folder's time also changes when
                // an editor opens it.
                let time =
                    if found.is_file() { (found.mtime(), found.mtime_nsec()) } else { (0, 0) };
                digest.update(format!(
                    "{} {} {time:?}\n",
                    result.display(),
                    if found.is_file() { found.len() } else { 0 }
                ));
            }
        }
        format!("{} {}\n", self.sources, hex(digest))
    }
}

fn add_tree(digest: &mut Sha256, root: &Path, source: &Path) {
    let wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(SKIPPED.contains(&name.as_ref()) && entry.file_type().is_dir())
    };
    let entries = WalkDir::new(source).sort_by_file_name().into_iter().filter_entry(wanted);
    for entry in entries.filter_map(Result::ok).filter(|entry| !entry.file_type().is_dir()) {
        let Ok(found) = fs::metadata(entry.path()) else { continue };
        let name = entry.path().strip_prefix(root).unwrap_or(entry.path());
        digest.update(format!(
            "{} {} {} {}\n",
            name.display(),
            found.len(),
            found.mtime(),
            found.mtime_nsec()
        ));
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
