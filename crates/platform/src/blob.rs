//! Stored bytes: written and read in pieces of 1 MiB, so that memory stays constant whatever the size.

use bytes::Bytes;
use kernel::{Code, Problem, Result, id::BlobId};
use sha2::{Digest, Sha256};

use crate::{Cx, pg::Value};

/// The most that is reserved for a file because it says how large it is; the rest as it arrives.
const AHEAD_BYTES: i64 = 4 << 20;
/// The size of a stored piece.
pub const PIECE_BYTES: usize = 1 << 20;

/// What is known of a blob when all of it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobDigest {
    /// Bytes.
    pub size: i64,
    /// SHA-256 of all bytes.
    pub sha256: Vec<u8>,
}

/// What the tenant may store is used up, or would be.
#[must_use]
pub fn full() -> Problem {
    let detail = "the organisation's storage is full, or would be; delete documents or ask an administrator";
    Problem::new(Code::QuotaExceeded, detail)
}

fn gone() -> Problem {
    Problem::new(Code::Conflict, "the document was deleted, or given up, while it was uploaded; upload the file again")
}

/// Writes one blob; whoever gives up calls [`delete`].
///
/// Until [`Writer::finish`] its row has no hash, and the size that is reserved for it: never less than what is stored, so that bytes count
/// against the quota before they are there, and go on counting where whoever wrote them died.
pub struct Writer<'a> {
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

impl<'a> Writer<'a> {
    /// Begins a blob of at most `limit` bytes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin(cx: &'a Cx, limit: i64) -> Result<Self> {
        let id: BlobId = cx.new_id()?;
        cx.db.execute("insert into blobs (id, tenant_id) values ($1, $2)", &[id.into(), cx.tenant()?.into()]).await?;
        Ok(Self { cx, id, limit, size: 0, stored: 0, reserved: 0, seq: 0, waiting: Vec::new(), hash: Sha256::new() })
    }

    /// The blob's id.
    #[must_use]
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Reserves what is said to come, at most 4 MiB of it, so that of small files that come at once the first are stored whole, instead of all in
    /// part. What is announced and does not come takes no more room than that.
    ///
    /// # Errors
    /// `quota_exceeded`; `conflict` where the blob is gone; what the database says.
    pub async fn announce(&mut self, bytes: i64) -> Result<()> {
        self.reserve(bytes.min(self.limit).min(AHEAD_BYTES)).await
    }

    /// Gives back what is reserved beyond the stored bytes; bytes that come later reserve their room again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn give_back(&mut self) -> Result<()> {
        if self.reserved > self.stored {
            let sql = "update blobs set size_bytes = $2 where id = $1 and sha256 is null";
            self.cx.db.execute(sql, &[self.id.into(), self.stored.into()]).await?;
            self.reserved = self.stored;
        }
        Ok(())
    }

    /// Says that bytes may still come. `cx` may be another than the writer's.
    ///
    /// # Errors
    /// What the database says.
    pub async fn heartbeat(&self, cx: &Cx) -> Result<()> {
        cx.db.execute("update blobs set updated_at = now() where id = $1", &[self.id.into()]).await?;
        Ok(())
    }

    async fn reserve(&mut self, need: i64) -> Result<()> {
        if need <= self.reserved {
            return Ok(());
        }
        let sql = "select reserve_storage($1, $2) as reserved";
        let reserved: Option<i64> = self.cx.db.one(sql, &[self.id.into(), need.into()]).await?.get("reserved")?;
        self.reserved = reserved.ok_or_else(gone)?;
        if self.reserved < need { Err(full()) } else { Ok(()) }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large` beyond the limit; `quota_exceeded`; `conflict` where the blob is gone; what the database says.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if self.size > self.limit {
            let limit = self.limit / (1 << 20);
            return Err(Problem::new(
                Code::TooLarge,
                format!("expected a file of at most {limit} MiB; split it or ask an administrator"),
            ));
        }
        self.hash.update(bytes);
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= PIECE_BYTES {
            let rest = self.waiting.split_off(PIECE_BYTES);
            let piece = std::mem::replace(&mut self.waiting, rest);
            self.store(piece).await?;
        }
        Ok(())
    }

    async fn store(&mut self, piece: Vec<u8>) -> Result<()> {
        self.stored += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        self.reserve(self.stored).await?;
        // Nothing is stored that the blob does not account for, whatever became of it since.
        let sql = "insert into blob_chunks (tenant_id, blob_id, seq, bytes)
            select b.tenant_id, b.id, $2, $3 from blobs b where b.id = $1 and b.size_bytes >= $4";
        let params = [self.id.into(), self.seq.into(), Value::Bytes(piece), self.stored.into()];
        match self.cx.db.execute(sql, &params).await {
            Ok(0) => return Err(gone()),
            Err(error) if error.is_missing_reference() => return Err(gone()),
            stored => stored?,
        };
        self.seq += 1;
        Ok(())
    }

    /// Writes what waits, and the size and hash.
    ///
    /// # Errors
    /// `quota_exceeded`; `conflict` where the blob is gone; what the database says.
    pub async fn finish(mut self) -> Result<BlobDigest> {
        if !self.waiting.is_empty() {
            let piece = std::mem::take(&mut self.waiting);
            self.store(piece).await?;
        }
        let sha256 = self.hash.finalize().to_vec();
        let sql = "update blobs set size_bytes = $2, sha256 = $3 where id = $1";
        if self.cx.db.execute(sql, &[self.id.into(), self.size.into(), sha256.clone().into()]).await? == 0 {
            return Err(gone());
        }
        Ok(BlobDigest { size: self.size, sha256 })
    }
}

/// One piece of a blob, counted from 0; nothing after the last.
///
/// # Errors
/// What the database says.
pub async fn piece(cx: &Cx, id: BlobId, seq: i32) -> Result<Option<Bytes>> {
    let row = cx
        .db
        .optional("select bytes from blob_chunks where blob_id = $1 and seq = $2", &[id.into(), seq.into()])
        .await?;
    row.map(|row| row.get::<Vec<u8>>("bytes").map(Bytes::from)).transpose()
}

/// Removes a blob with its pieces.
///
/// # Errors
/// What the database says.
pub async fn delete(cx: &Cx, id: BlobId) -> Result<()> {
    cx.db.execute("delete from blobs where id = $1", &[id.into()]).await?;
    Ok(())
}
