//! The SQL of `idempotency_keys`.

use kernel::ReasonCode;

use super::{Cx, Problem, RecordedResponse, ResponseParts, Result, StatusCode, mismatch};

/// Claims the key, or returns the recorded response. A claim older than `seconds` without a
/// response is taken over.
pub(super) async fn begin(
    cx: &Cx,
    key: &str,
    hash: &[u8],
    seconds: i32,
) -> Result<Option<RecordedResponse>> {
    let claim = "insert into idempotency_keys as k (tenant_id, user_id, key, request_hash) values ($1, $2, $3, $4)
        on conflict (tenant_id, user_id, key) do update set created_at = now()
        where k.status is null and k.request_hash = excluded.request_hash and k.created_at < now() - make_interval(secs => $5::int4)";
    let params =
        [cx.tenant()?.into(), cx.user()?.into(), key.into(), hash.to_vec().into(), seconds.into()];
    if cx.db.execute(claim, &params).await? == 1 {
        return Ok(None);
    }
    let read = "select request_hash, status, location, body, content_sha256 from idempotency_keys where user_id = $1 and key = $2";
    let Some(row) = cx.db.optional(read, &[cx.user()?.into(), key.into()]).await? else {
        return Ok(None);
    };
    if row.get::<Vec<u8>>("request_hash")? != hash {
        return Err(mismatch());
    }
    let status: Option<i32> = row.get("status")?;
    let Some(status) =
        status.and_then(|s| u16::try_from(s).ok()).and_then(|s| StatusCode::from_u16(s).ok())
    else {
        return Err(Problem::conflict(
            ReasonCode::RequestRunning,
            "the first request with this idempotency-key is still being answered; try again shortly",
        ));
    };
    let answer =
        (status, row.get("location")?, row.get::<Option<String>>("body")?.unwrap_or_default());
    Ok(Some(RecordedResponse { answer, content_sha256: row.get("content_sha256")? }))
}

/// Records the response.
pub(super) async fn finish(
    cx: &Cx,
    key: &str,
    (status, location, body): &ResponseParts,
    content_sha256: Option<Vec<u8>>,
) -> Result<()> {
    let sql = "update idempotency_keys set status = $3, location = $4, body = $5, content_sha256 = $6 where user_id = $1 and key = $2";
    let params = [
        cx.user()?.into(),
        key.into(),
        i32::from(status.as_u16()).into(),
        location.clone().into(),
        body.as_str().into(),
        content_sha256.into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

/// Frees the key after a failure.
pub(super) async fn forget(cx: &Cx, key: &str) -> Result<()> {
    let sql = "delete from idempotency_keys where user_id = $1 and key = $2 and status is null";
    cx.db.execute(sql, &[cx.user()?.into(), key.into()]).await?;
    Ok(())
}
