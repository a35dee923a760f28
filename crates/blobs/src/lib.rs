#![doc = include_str!("../README.md")]

mod store;

use bytes::Bytes;
use kernel::{Code, Problem, ReasonCode, Result, id::BlobId};
use platform::Cx;
use sha2::{Digest, Sha256};

/// The most that is reserved on announcement; the rest is reserved as bytes arrive.
const AHEAD_BYTES: i64 = 4 << 20;
/// The most uploads that one person may have open at once, over all hosts.
pub const MOST_AT_ONCE: i32 = 20;
/// Seconds that a client is told to wait when it has as many open.
const WAIT_SECONDS: u32 = 10;
/// Size of a stored part, in bytes.
pub const PART_BYTES: usize = 1 << 20;

/// Size and hash of a complete blob.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobDigest {
    /// In bytes.
    pub size: i64,
    /// SHA-256 of all bytes.
    pub sha256: Vec<u8>,
}

/// The problem when the tenant's quota is used up, or would be.
#[must_use]
pub fn quota_exceeded() -> Problem {
    let detail =
        "the organisation's storage is full, or would be; delete documents or ask an administrator";
    Problem::new(Code::QuotaExceeded, detail)
}

/// The problem when the caller has [`MOST_AT_ONCE`] uploads open.
#[must_use]
pub fn too_many_uploads() -> Problem {
    let detail = format!(
        "expected at most {MOST_AT_ONCE} uploads at once; wait until one of yours has ended"
    );
    Problem::new(Code::TooManyRequests, detail).retry_after(WAIT_SECONDS)
}

fn gone() -> Problem {
    Problem::conflict(
        ReasonCode::DocumentGone,
        "the document was deleted, or given up, while it was uploaded; upload the file again",
    )
}

/// Writes one blob; a caller that gives up calls [`delete`].
///
/// Until [`BlobWriter::finish`], the row has no hash, and its size is what is reserved: never less
/// than what is stored. So bytes count against the quota before they are stored, and still count if
/// their writer crashed.
pub struct BlobWriter<'a> {
    cx: &'a Cx,
    id: BlobId,
    limit: i64,
    size: i64,
    stored: i64,
    reserved: i64,
    seq: i32,
    waiting: Vec<u8>,
    hash: Sha256,
}

impl<'a> BlobWriter<'a> {
    /// Begins a blob of at most `limit` bytes.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn begin(cx: &'a Cx, limit: i64) -> Result<Self> {
        let id: BlobId = cx.new_id()?;
        store::insert(cx, id).await?;
        Ok(Self::new(cx, id, limit))
    }

    /// Begins a blob that is no document's as one of the caller's uploads.
    ///
    /// # Errors
    /// `too_many_requests` if the caller has [`MOST_AT_ONCE`] open; database errors.
    pub async fn begin_upload(cx: &'a Cx, limit: i64) -> Result<Self> {
        let id: BlobId = cx.new_id()?;
        if store::insert_upload(cx, id, MOST_AT_ONCE).await? {
            return Ok(Self::new(cx, id, limit));
        }
        Err(too_many_uploads())
    }

    fn new(cx: &'a Cx, id: BlobId, limit: i64) -> Self {
        Self {
            cx,
            id,
            limit,
            size: 0,
            stored: 0,
            reserved: 0,
            seq: 0,
            waiting: Vec::new(),
            hash: Sha256::new(),
        }
    }

    /// The blob's id.
    #[must_use]
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Reserves the announced size, at most 4 MiB of it, so that of several small files at once the
    /// first are stored completely, instead of each in part. A false announcement takes no more of
    /// the quota than that.
    ///
    /// # Errors
    /// `quota_exceeded`; `conflict` if the blob is gone; database errors.
    pub async fn announce(&mut self, bytes: i64) -> Result<()> {
        self.reserve(bytes.min(self.limit).min(AHEAD_BYTES)).await
    }

    /// Releases what is reserved beyond the stored bytes; later bytes reserve again.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn give_back(&mut self) -> Result<()> {
        if self.reserved > self.stored {
            store::shrink(self.cx, self.id, self.stored).await?;
            self.reserved = self.stored;
        }
        Ok(())
    }

    /// Marks the upload as still active. `cx` may differ from the writer's.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn heartbeat(&self, cx: &Cx) -> Result<()> {
        store::touch(cx, self.id).await
    }

    async fn reserve(&mut self, need: i64) -> Result<()> {
        if need <= self.reserved {
            return Ok(());
        }
        self.reserved = store::reserve(self.cx, self.id, need).await?.ok_or_else(gone)?;
        if self.reserved < need { Err(quota_exceeded()) } else { Ok(()) }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large` beyond the limit; `quota_exceeded`; `conflict` if the blob is gone; database
    /// errors.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if self.size > self.limit {
            let limit = self.limit / (1 << 20);
            return Err(Problem::new(
                Code::TooLarge,
                format!("expected a file of at most {limit} MiB; split it or ask an administrator"),
            )
            .because(ReasonCode::FileTooLarge.at_most(self.limit)));
        }
        self.hash.update(bytes);
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= PART_BYTES {
            let rest = self.waiting.split_off(PART_BYTES);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.store(part).await?;
        }
        Ok(())
    }

    async fn store(&mut self, part: Vec<u8>) -> Result<()> {
        self.stored += i64::try_from(part.len()).unwrap_or(i64::MAX);
        self.reserve(self.stored).await?;
        if !store::insert_part(self.cx, self.id, self.seq, part, self.stored).await? {
            return Err(gone());
        }
        self.seq += 1;
        Ok(())
    }

    /// Writes the buffered bytes, and the size and hash.
    ///
    /// # Errors
    /// `quota_exceeded`; `conflict` if the blob is gone; database errors.
    pub async fn finish(mut self) -> Result<BlobDigest> {
        if !self.waiting.is_empty() {
            let part = std::mem::take(&mut self.waiting);
            self.store(part).await?;
        }
        let sha256 = self.hash.finalize().to_vec();
        if !store::complete(self.cx, self.id, self.size, &sha256).await? {
            return Err(gone());
        }
        Ok(BlobDigest { size: self.size, sha256 })
    }
}

/// One part of a blob, counted from 0; None after the last.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn part(cx: &Cx, id: BlobId, seq: i32) -> Result<Option<Bytes>> {
    store::part(cx, id, seq).await
}

/// Removes a blob with its parts.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn delete(cx: &Cx, id: BlobId) -> Result<()> {
    store::delete(cx, id).await
}
