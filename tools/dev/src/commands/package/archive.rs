//! A reproducible archive: the same files give the same bytes, on any day and for any user who
//! packs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// The time of every file in an archive, in seconds of Unix time: 1 January 2000. Not 0, which some
/// tools warn of.
const TIME: u64 = 946_684_800;

/// What a file of the archive holds.
pub(super) enum Content {
    /// The bytes of this file.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// The files of an archive by their paths in it, with `/` between folders.
#[derive(Default)]
pub(super) struct Files {
    entries: BTreeMap<String, (Content, bool)>,
}

impl Files {
    /// Adds a file; `executable` by every user, or only readable.
    ///
    /// # Errors
    /// If there is one of this path.
    pub(super) fn add(&mut self, path: &str, content: Content, executable: bool) -> Result<()> {
        if self.entries.insert(path.to_owned(), (content, executable)).is_some() {
            bail!("{path} would be in the archive twice");
        }
        Ok(())
    }

    /// Writes a gzipped tar archive whose entries are in `folder`: sorted, of one time, owned by
    /// root, without anything else of the machine.
    ///
    /// # Errors
    /// If a file cannot be read, or `out` cannot be written.
    pub(super) fn write(self, folder: &str, out: impl Write) -> Result<()> {
        let gzip = GzBuilder::new().mtime(0).write(out, Compression::new(6));
        let mut archive = Builder::new(gzip);
        let mut folders = BTreeSet::new();
        for (path, (content, executable)) in self.entries {
            let path = format!("{folder}/{path}");
            add_folders(&mut archive, &mut folders, &path)?;
            let mode = if executable { 0o755 } else { 0o644 };
            let written = match content {
                Content::Bytes(bytes) => {
                    append(&mut archive, &path, bytes.len() as u64, mode, bytes.as_slice())
                }
                Content::File(file) => fs::File::open(&file)
                    .and_then(|opened| Ok((opened.metadata()?.len(), opened)))
                    .map_err(anyhow::Error::from)
                    .and_then(|(size, opened)| append(&mut archive, &path, size, mode, opened))
                    .with_context(|| format!("reading {}", file.display())),
            };
            written.with_context(|| format!("packing {path}"))?;
        }
        archive.into_inner()?.finish()?.flush().context("writing the archive")
    }
}

fn append(
    archive: &mut Builder<impl Write>,
    path: &str,
    size: u64,
    mode: u32,
    content: impl io::Read,
) -> Result<()> {
    let mut header = header(EntryType::Regular, size, mode);
    Ok(archive.append_data(&mut header, path, content)?)
}

/// The folders above `path` that the archive does not have yet, so that their modes do not depend
/// on who unpacks.
fn add_folders(
    archive: &mut Builder<impl Write>,
    known: &mut BTreeSet<String>,
    path: &str,
) -> Result<()> {
    for (end, _) in path.match_indices('/') {
        let folder = path.get(..=end).unwrap_or_default();
        if known.insert(folder.to_owned()) {
            archive.append_data(
                &mut header(EntryType::Directory, 0, 0o755),
                folder,
                io::empty(),
            )?;
        }
    }
    Ok(())
}

fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// An archive of two files that were written at `time`, added in the order of `names`.
    fn packed(folder: &Path, names: [&str; 2], time: SystemTime, mode: u32) -> Vec<u8> {
        let mut files = Files::default();
        for name in names {
            let file = folder.join(name);
            fs::write(&file, name.repeat(1000)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            fs::File::options().append(true).open(&file).unwrap().set_modified(time).unwrap();
            files.add(&format!("some/{name}"), Content::File(file), name == "b").unwrap();
        }
        files.add("release.json", Content::Bytes(b"{}".to_vec()), false).unwrap();
        let mut out = Vec::new();
        files.write("thing-1.0", &mut out).unwrap();
        out
    }

    #[test]
    fn the_same_files_give_the_same_bytes_whenever_and_by_whomever_they_were_written() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let first = packed(one.path(), ["a", "b"], now, 0o600);
        let second = packed(other.path(), ["b", "a"], now - Duration::from_secs(90_000), 0o644);
        assert_eq!(first, second);
    }

    #[test]
    fn entries_are_sorted_and_have_one_time_root_as_owner_and_fixed_modes() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = packed(folder.path(), ["b", "a"], SystemTime::UNIX_EPOCH, 0o600);
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(
                (header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()),
                (TIME, 0, 0)
            );
            assert_eq!(
                (header.username().unwrap(), header.groupname().unwrap()),
                (Some(""), Some(""))
            );
            seen.push((entry.path().unwrap().display().to_string(), header.mode().unwrap()));
        }
        let expected = [
            ("thing-1.0/", 0o755),
            ("thing-1.0/release.json", 0o644),
            ("thing-1.0/some/", 0o755),
            ("thing-1.0/some/a", 0o644),
            ("thing-1.0/some/b", 0o755),
        ];
        assert_eq!(seen, expected.map(|(path, mode)| (path.to_owned(), mode)));
    }

    #[test]
    fn a_path_is_added_once() {
        let mut files = Files::default();
        files.add("a", Content::Bytes(Vec::new()), false).unwrap();
        assert!(files.add("a", Content::Bytes(Vec::new()), false).is_err());
    }
}
