//! The worker's own SQL: the tenants that need maintenance, and expired rows.

use kernel::{Result, id::TenantId};
use platform::pg::Db;

/// Expired rows of a table removed per statement.
const BATCH: i32 = 10_000;

async fn tenants_of(db: &Db, sql: &'static str) -> Result<Vec<TenantId>> {
    db.query(sql, &[]).await?.iter().map(|row| row.get("tenant_id")).collect()
}

/// Every tenant.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants()").await
}

/// Those with documents, exports or re-embedded collections that are not finished.
pub(crate) async fn tenants_to_reconcile(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants_to_reconcile()").await
}

/// The tenants with documents whose words were indexed by older rules.
pub(crate) async fn tenants_to_reindex(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants_to_reindex()").await
}

/// Those with chunks that no collection answers from any more.
pub(crate) async fn tenants_with_stale_indexes(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants_with_stale_indexes()").await
}

/// The tenants with messages that are to be embedded.
pub(crate) async fn tenants_with_unembedded_messages(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants_with_unembedded_messages()").await
}

/// The tenants with stored bytes that belong to no document.
pub(crate) async fn tenants_with_orphans(db: &Db) -> Result<Vec<TenantId>> {
    tenants_of(db, "select tenant_id from lookup.tenants_with_orphans()").await
}

/// Removes expired sessions, links and idempotency keys of all tenants; returns how many.
pub(crate) async fn remove_expired(db: &Db) -> Result<u64> {
    let mut removed = 0;
    loop {
        let now: i64 = db
            .one("select lookup.remove_expired($1) as removed", &[BATCH.into()])
            .await?
            .get("removed")?;
        removed += u64::try_from(now).unwrap_or_default();
        if now < BATCH.into() {
            return Ok(removed);
        }
    }
}

/// The newest verified backup: when it was taken, in seconds since 1970, and its bytes. None: there
/// is none.
pub(crate) async fn newest_backup(db: &Db) -> Result<Option<(i64, i64)>> {
    let sql = "select extract(epoch from taken_at)::bigint as taken_at, size_bytes from backups
        order by taken_at desc limit 1";
    let newest = db.optional(sql, &[]).await?;
    newest.map(|row| Ok((row.get("taken_at")?, row.get("size_bytes")?))).transpose()
}
