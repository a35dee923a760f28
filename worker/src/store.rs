//! The worker's own SQL: what has run out.

use kernel::{Result, id::TenantId};
use platform::{Cx, pg::Db};

/// Every tenant.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>> {
    let rows = db.query("select tenant_id from lookup.tenants()", &[]).await?;
    rows.iter().map(|row| row.get("tenant_id")).collect()
}

/// Removes sessions, links and idempotency keys that have run out. Ended sessions are kept a day, so that a stolen token is still told
/// from an unknown one.
pub(crate) async fn remove_expired(cx: &Cx) -> Result<()> {
    let sql = "with s as (
          delete from sessions where least(expires_at, idle_expires_at, coalesce(revoked_at, 'infinity')) < now() - interval '1 day'
        ), l as (
          delete from one_time_links where expires_at < now() - interval '1 day'
        )
        delete from idempotency_keys where created_at < now() - interval '1 day'";
    cx.db.execute(sql, &[]).await?;
    Ok(())
}
