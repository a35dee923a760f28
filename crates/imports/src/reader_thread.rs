//! Reads an export on a thread of its own: parsers block, and the file is in the database. The
//! thread asks for parts of the file and gives entries; it holds one part and one entry.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc as replies,
    },
};

use blobs::PART_BYTES;
use bytes::Bytes;
use kernel::{Problem, Result, Timestamp};
use queue::Failure;
use tokio::sync::mpsc;

use crate::format::{self, Allowance, ConvertedConversation, ReadEnd, Stop};

/// The stack of the thread: parsers of nested values recurse. Only what is used becomes memory.
const STACK_BYTES: usize = 256 << 20;

/// What the thread needs or has.
pub(crate) enum Step {
    /// It waits for a part of the file.
    Part(PartRequest),
    /// It has read an entry; None is no conversation of a known product.
    Entry(Box<Option<ConvertedConversation>>),
    /// It has read everything, or cannot continue.
    End(std::result::Result<(), Failure>),
}

/// A part of the file that the thread waits for.
pub(crate) struct PartRequest {
    pub(crate) seq: i32,
    reply: replies::SyncSender<Option<Bytes>>,
}

impl PartRequest {
    /// Gives the part; None: there is none.
    pub(crate) fn give(self, part: Option<Bytes>) {
        // The thread waits for it, unless it is gone.
        let _ = self.reply.send(part);
    }
}

/// The thread, from outside. It ends when this is dropped.
pub(crate) struct ReaderThread {
    steps: mpsc::Receiver<Step>,
    stop: Stop,
    position: Arc<AtomicU64>,
    size: u64,
}

impl ReaderThread {
    /// Begins to read a file of `size` bytes. `now` is the time of what has none.
    pub(crate) fn start(size: i64, now: Timestamp) -> Result<Self> {
        let (to, steps) = mpsc::channel(1);
        let size = u64::try_from(size).unwrap_or_default();
        let (position, stop) = (Arc::new(AtomicU64::new(0)), Stop::default());
        let file = FileReader {
            to: to.clone(),
            allowance: Allowance::unlimited(),
            size,
            at: 0,
            part: None,
            position: position.clone(),
        };
        let thread = std::thread::Builder::new().name("import".to_owned()).stack_size(STACK_BYTES);
        let seen = stop.clone();
        thread.spawn(move || read(file, &seen, &to, now)).map_err(Problem::internal)?;
        Ok(Self { steps, stop, position, size })
    }

    /// The next step; None if the thread panicked.
    pub(crate) async fn next(&mut self) -> Option<Step> {
        self.steps.recv().await
    }

    /// How much of the file was read.
    pub(crate) fn percent(&self) -> i32 {
        let read = self.position.load(Relaxed).saturating_mul(100);
        i32::try_from(read / self.size.max(1)).unwrap_or(100).min(99)
    }
}

impl Drop for ReaderThread {
    /// What is left of a part may unpack to a gigabyte, for which the thread asks no one.
    fn drop(&mut self) {
        self.stop.set();
    }
}

fn read(file: FileReader, stop: &Stop, to: &mpsc::Sender<Step>, now: Timestamp) {
    let allowance = file.allowance.clone();
    let ended = format::read(file, (&allowance, stop), &mut |found| {
        if stop.check().is_err() {
            return false;
        }
        let built = found.map(|foreign| format::build(foreign, now));
        to.blocking_send(Step::Entry(Box::new(built))).is_ok()
    });
    let ended = match ended {
        Ok(()) => Ok(()),
        Err(ReadEnd::Failed(failure)) => Err(failure),
        Err(ReadEnd::Unwanted) => return,
    };
    // The receiver is gone if the import was cancelled.
    let _ = to.blocking_send(Step::End(ended));
}

/// The file, part by part.
struct FileReader {
    to: mpsc::Sender<Step>,
    allowance: Allowance,
    size: u64,
    at: u64,
    part: Option<(u64, Bytes)>,
    position: Arc<AtomicU64>,
}

impl FileReader {
    /// The part with the current position.
    fn part(&mut self) -> io::Result<&[u8]> {
        let (seq, within) = (self.at / PART_BYTES as u64, self.at % PART_BYTES as u64);
        if self.part.as_ref().is_none_or(|(held, _)| *held != seq) {
            let (reply, answer) = replies::sync_channel(1);
            let request = PartRequest { seq: i32::try_from(seq).map_err(io::Error::other)?, reply };
            self.to.blocking_send(Step::Part(request)).map_err(io::Error::other)?;
            let part = answer.recv().map_err(io::Error::other)?;
            let missing = || io::Error::other("a part of the file is missing");
            self.part = Some((seq, part.ok_or_else(missing)?));
        }
        let within = usize::try_from(within).map_err(io::Error::other)?;
        Ok(self.part.as_ref().and_then(|(_, bytes)| bytes.get(within..)).unwrap_or_default())
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size {
            return Ok(0);
        }
        let read = self.part()?.read(buffer)?;
        self.allowance.take(read)?;
        self.at += read as u64;
        self.position.store(self.at, Relaxed);
        Ok(read)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
