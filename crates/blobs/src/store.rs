//! Every SQL statement of blobs.

use bytes::Bytes;
use kernel::{Result, id::BlobId};
use platform::{Cx, pg::Value};

pub(crate) async fn insert(cx: &Cx, id: BlobId) -> Result<()> {
    cx.db
        .execute(
            "insert into blobs (id, tenant_id) values ($1, $2)",
            &[id.into(), cx.tenant()?.into()],
        )
        .await?;
    Ok(())
}

/// As [`insert`], for an upload of the caller that is no document's; false if the caller has `most`
/// uploads open.
pub(crate) async fn insert_upload(cx: &Cx, id: BlobId, most: i32) -> Result<bool> {
    let sql = "insert into blobs (id, tenant_id, uploaded_by)
        select $1::uuid, $2::uuid, $3::uuid where upload_slot_free($3::uuid, $4::int4)";
    let params = [id.into(), cx.tenant()?.into(), cx.user()?.into(), most.into()];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

/// Sets the reserved size of an incomplete blob.
pub(crate) async fn shrink(cx: &Cx, id: BlobId, bytes: i64) -> Result<()> {
    let sql = "update blobs set size_bytes = $2 where id = $1 and sha256 is null";
    cx.db.execute(sql, &[id.into(), bytes.into()]).await?;
    Ok(())
}

pub(crate) async fn touch(cx: &Cx, id: BlobId) -> Result<()> {
    cx.db.execute("update blobs set updated_at = now() where id = $1", &[id.into()]).await?;
    Ok(())
}

/// The reserved bytes after the call, `need` if the quota has room for them; None if the blob is
/// gone.
pub(crate) async fn reserve(cx: &Cx, id: BlobId, need: i64) -> Result<Option<i64>> {
    cx.db
        .one("select reserve_storage($1, $2) as reserved", &[id.into(), need.into()])
        .await?
        .get("reserved")
}

/// False if the blob is gone. `stored` is the sum with this part; the statement refuses parts
/// beyond what the blob has reserved.
pub(crate) async fn insert_part(
    cx: &Cx,
    id: BlobId,
    seq: i32,
    bytes: Vec<u8>,
    stored: i64,
) -> Result<bool> {
    let sql = "insert into blob_chunks (tenant_id, blob_id, seq, bytes)
        select b.tenant_id, b.id, $2, $3 from blobs b where b.id = $1 and b.size_bytes >= $4";
    match cx.db.execute(sql, &[id.into(), seq.into(), Value::Bytes(bytes), stored.into()]).await {
        Err(error) if error.is_missing_reference() => Ok(false),
        inserted => Ok(inserted? > 0),
    }
}

/// Writes size and hash; false if the blob is gone.
pub(crate) async fn complete(cx: &Cx, id: BlobId, size: i64, sha256: &[u8]) -> Result<bool> {
    let sql = "update blobs set size_bytes = $2, sha256 = $3 where id = $1";
    Ok(cx.db.execute(sql, &[id.into(), size.into(), sha256.to_vec().into()]).await? > 0)
}

pub(crate) async fn part(cx: &Cx, id: BlobId, seq: i32) -> Result<Option<Bytes>> {
    let sql = "select bytes from blob_chunks where blob_id = $1 and seq = $2";
    let row = cx.db.optional(sql, &[id.into(), seq.into()]).await?;
    row.map(|row| row.get::<Vec<u8>>("bytes").map(Bytes::from)).transpose()
}

pub(crate) async fn delete(cx: &Cx, id: BlobId) -> Result<()> {
    cx.db.execute("delete from blobs where id = $1", &[id.into()]).await?;
    Ok(())
}
