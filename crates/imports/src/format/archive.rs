//! The JSON files of an export: the file itself, or those of an archive that have conversations.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
};

use queue::Failure;
use zip::ZipArchive;

use super::ReadEnd;

/// Bytes that may be read to find out what an archive has: its directory, whose entries are held.
const DIRECTORY_BYTES: i64 = 8 << 20;
/// The most files with conversations in an archive.
const FILES: usize = 100;

/// How many bytes its readers may still read.
#[derive(Clone, Debug)]
pub(crate) struct Allowance(Arc<AtomicI64>);

impl Allowance {
    pub(crate) fn unlimited() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    fn set(&self, bytes: i64) {
        self.0.store(bytes, Relaxed);
    }

    /// Takes so many bytes of it.
    ///
    /// # Errors
    /// If fewer are left.
    pub(crate) fn take(&self, bytes: usize) -> io::Result<()> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        if self.0.fetch_sub(bytes, Relaxed) < bytes {
            return Err(io::Error::other("more than may be read"));
        }
        Ok(())
    }
}

/// Whether no one waits for what is read any more.
#[derive(Clone, Default, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn set(&self) {
        self.0.store(true, Relaxed);
    }

    /// # Errors
    /// If it is set.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.0.load(Relaxed) { Err(io::Error::other("no one waits for it")) } else { Ok(()) }
    }
}

/// Calls `each` with the content of every file that has conversations.
pub(super) fn each_file<R: Read + Seek>(
    mut file: R,
    allowance: &Allowance,
    each: &mut dyn FnMut(&mut dyn Read) -> Result<(), ReadEnd>,
) -> Result<(), ReadEnd> {
    let mut head = [0; 4];
    let is_archive = file.read_exact(&mut head).is_ok() && head == *b"PK\x03\x04";
    file.seek(SeekFrom::Start(0)).map_err(|fault| damaged(&fault))?;
    if !is_archive {
        return each(&mut without_mark(file));
    }
    allowance.set(DIRECTORY_BYTES);
    let mut archive = ZipArchive::new(file).map_err(|fault| damaged(&fault))?;
    allowance.set(i64::MAX);
    let mut files: Vec<(String, usize)> = Vec::new();
    for at in 0..archive.len() {
        // A name that cannot be read is none of a file with conversations.
        if let Some(Ok(name)) = archive.name_for_index(at)
            && has_conversations(&name)
        {
            files.push((name.into_owned(), at));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(ReadEnd::Failed(Failure::new(
            "import_unknown",
            "expected an archive with `conversations.json`, got one without",
            "choose the archive of a data export as it was downloaded",
        )));
    }
    if files.len() > FILES {
        return Err(ReadEnd::Failed(Failure::new(
            "import_too_large",
            format!(
                "expected an archive with at most {FILES} files of conversations, got {}",
                files.len()
            ),
            "upload the files one by one",
        )));
    }
    for (_, at) in files {
        let mut member = archive.by_index(at).map_err(|fault| damaged(&fault))?;
        each(&mut member)?;
    }
    Ok(())
}

/// `conversations.json`, or one of its numbered parts, in whatever folder.
fn has_conversations(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.starts_with("conversations") && name.ends_with(".json")
}

/// Without the mark of UTF-8 that some editors put first.
fn without_mark(mut file: impl Read) -> impl Read {
    const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
    let mut head = Vec::new();
    // A file that cannot be read fails again below.
    let _ = file.by_ref().take(3).read_to_end(&mut head);
    if head == MARK {
        head.clear();
    }
    io::Cursor::new(head).chain(file)
}

fn damaged(fault: &dyn std::fmt::Display) -> ReadEnd {
    let detail = format!("expected an archive that can be unpacked; {fault}");
    ReadEnd::Failed(Failure::new(
        "import_broken",
        detail,
        "export again, and upload the file as it is",
    ))
}
