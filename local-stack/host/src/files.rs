//! `files` of a component: folders are mounted directly; globs and exclusions get a copy.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use tempfile::TempDir;

use crate::manifest::{Component, FilesMount, FilesPlacement};

/// A folder of the host at a place in the guest, read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
}

/// The mounts of a component.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    mounts: Vec<Mount>,
    /// Holds the copies; removed when the host ends.
    copies: Option<TempDir>,
}

impl Mounts {
    /// Resolves `files`; relative paths start from `root`.
    pub(crate) fn new(component: &Component, root: &Path) -> Result<Self> {
        let excluded = excluded(&component.exclude_files)?;
        let mut mounts = Self::default();
        for mount in &component.files {
            match mount {
                FilesMount::Pattern(pattern) => mounts.add_pattern(pattern, root, &excluded),
                FilesMount::Placement(placement) => {
                    mounts.add_placement(placement, root, &excluded)
                }
            }
            .with_context(|| format!("in files entry {mount:?}"))?;
        }
        Ok(mounts)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter()
    }

    fn add_placement(
        &mut self,
        placement: &FilesPlacement,
        root: &Path,
        excluded: &GlobSet,
    ) -> Result<()> {
        ensure!(
            placement.destination.starts_with('/'),
            "destination must be absolute, such as /{}",
            placement.destination
        );
        let source = root.join(&placement.source);
        if source.is_dir() && excluded.is_empty() {
            self.mounts.push(Mount { host: source, guest: placement.destination.clone() });
            return Ok(());
        }
        let to = self.copies()?.join(placement.destination.trim_matches('/'));
        if source.is_file() {
            return copy(&source, &to);
        }
        ensure!(source.is_dir(), "{} does not exist", source.display());
        copy_matching(&source, &to, excluded, |_| true)
    }

    fn add_pattern(&mut self, pattern: &str, root: &Path, excluded: &GlobSet) -> Result<()> {
        let path = root.join(pattern);
        if path.is_dir() && excluded.is_empty() {
            self.mounts
                .push(Mount { host: path, guest: format!("/{}", pattern.trim_matches('/')) });
            return Ok(());
        }
        let copies = self.copies()?;
        if path.is_dir() {
            return copy_matching(&path, &copies.join(pattern), excluded, |_| true);
        }
        if path.is_file() {
            return copy(&path, &copies.join(pattern));
        }
        ensure!(
            pattern.contains(['*', '?', '[']),
            "{pattern:?} does not exist and is not a pattern"
        );
        let pattern = pattern.trim_start_matches("./");
        let glob = one_level_stars(pattern)?.compile_matcher();
        copy_matching(root, &copies, excluded, |path| glob.is_match(path))
    }

    fn copies(&mut self) -> Result<PathBuf> {
        if let Some(copies) = &self.copies {
            return Ok(copies.path().to_path_buf());
        }
        let copies =
            tempfile::tempdir().context("cannot make a folder for the component's files")?;
        let path = copies.path().to_path_buf();
        self.mounts.push(Mount { host: path.clone(), guest: "/".into() });
        self.copies = Some(copies);
        Ok(path)
    }
}

fn one_level_stars(pattern: &str) -> Result<Glob> {
    Ok(GlobBuilder::new(pattern).literal_separator(true).build()?)
}

fn excluded(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(
            one_level_stars(pattern)
                .with_context(|| format!("in exclude_files entry {pattern:?}"))?,
        );
    }
    Ok(set.build()?)
}

/// Copies the files under `from` whose relative path matches.
fn copy_matching(
    from: &Path,
    to: &Path,
    excluded: &GlobSet,
    wanted: impl Fn(&Path) -> bool,
) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(from)?;
        if entry.file_type().is_file() && wanted(relative) && !excluded.is_match(relative) {
            copy(entry.path(), &to.join(relative))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let Some(folder) = to.parent() else { bail!("{} has no folder", to.display()) };
    std::fs::create_dir_all(folder)?;
    // A hard link is free; another file system needs a copy.
    if std::fs::hard_link(from, to).is_err() {
        std::fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(files: &str) -> (TempDir, Mounts) {
        let root = tempfile::tempdir().unwrap();
        for file in ["web/index.html", "web/app.map", "sql/1.sql", "sql/deep/2.sql", "note.txt"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        let component: Component = toml::from_str(&format!("source = 'x'\n{files}")).unwrap();
        let mounts = Mounts::new(&component, root.path()).unwrap();
        (root, mounts)
    }

    fn reads(mounts: &Mounts, guest: &str, file: &str) -> bool {
        let mount = mounts.iter().find(|mount| mount.guest == guest).unwrap();
        mount.host.join(file).is_file()
    }

    #[test]
    fn a_folder_is_mounted_without_a_copy() {
        let (root, mounts) = mounts("files = [{ source = 'web', destination = '/static' }, 'sql']");
        let all: Vec<_> = mounts.iter().cloned().collect();
        assert_eq!(all[0], Mount { host: root.path().join("web"), guest: "/static".into() });
        assert_eq!(all[1], Mount { host: root.path().join("sql"), guest: "/sql".into() });
    }

    #[test]
    fn globs_and_single_files_keep_their_place() {
        let (_root, mounts) = mounts("files = ['sql/*.sql', 'note.txt']");
        assert!(reads(&mounts, "/", "sql/1.sql") && reads(&mounts, "/", "note.txt"));
        assert!(!reads(&mounts, "/", "sql/deep/2.sql"));
    }

    #[test]
    fn excluded_files_are_left_out() {
        let (_root, mounts) =
            mounts("files = [{ source = 'web', destination = '/' }]\nexclude_files = ['**/*.map']");
        assert!(reads(&mounts, "/", "index.html") && !reads(&mounts, "/", "app.map"));
    }
}
