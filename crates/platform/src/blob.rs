//! Stored bytes: written and read in pieces of 1 MiB, so that memory stays constant whatever the size.

use bytes::Bytes;
use kernel::{Code, Problem, Result, id::BlobId};
use sha2::{Digest, Sha256};

use crate::{Cx, pg::Value};

/// The size of a stored piece.
pub const PIECE_BYTES: usize = 1 << 20;

/// What is known of a blob when all of it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Bytes.
    pub size: i64,
    /// SHA-256 of all bytes.
    pub sha256: Vec<u8>,
}

/// Writes one blob. Until [`Writer::finish`] its row says size 0 and no hash; whoever gives up calls [`delete`].
pub struct Writer<'a> {
    cx: &'a Cx,
    id: BlobId,
    limit: i64,
    size: i64,
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
        Ok(Self { cx, id, limit, size: 0, seq: 0, waiting: Vec::new(), hash: Sha256::new() })
    }

    /// The blob's id.
    #[must_use]
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large` beyond the limit; what the database says.
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
        let sql = "insert into blob_chunks (tenant_id, blob_id, seq, bytes) values ($1, $2, $3, $4)";
        self.cx
            .db
            .execute(sql, &[self.cx.tenant()?.into(), self.id.into(), self.seq.into(), Value::Bytes(piece)])
            .await?;
        self.seq += 1;
        Ok(())
    }

    /// Writes what waits, and the size and hash.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish(mut self) -> Result<Written> {
        if !self.waiting.is_empty() {
            let piece = std::mem::take(&mut self.waiting);
            self.store(piece).await?;
        }
        let sha256 = self.hash.finalize().to_vec();
        let sql = "update blobs set size_bytes = $2, sha256 = $3 where id = $1";
        self.cx.db.execute(sql, &[self.id.into(), self.size.into(), sha256.clone().into()]).await?;
        Ok(Written { size: self.size, sha256 })
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
