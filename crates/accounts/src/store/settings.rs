//! The SQL of a tenant's settings.

use kernel::Result;
use platform::Cx;

use crate::settings::Settings;

pub(crate) async fn get(cx: &Cx) -> Result<Settings> {
    let sql =
        "select t.name, t.slug, t.audit_retention_days, t.allowed_origins, t.storage_quota_bytes,
               (select coalesce(sum(b.size_bytes), 0) from blobs b)::bigint as storage_used_bytes
          from tenants t where t.id = $1";
    let row = cx.db.one(sql, &[cx.tenant()?.into()]).await?;
    Ok(Settings {
        name: row.get("name")?,
        slug: row.get("slug")?,
        audit_retention_days: row.get("audit_retention_days")?,
        allowed_origins: row.get("allowed_origins")?,
        storage_quota_bytes: row.get("storage_quota_bytes")?,
        storage_used_bytes: row.get("storage_used_bytes")?,
    })
}

pub(crate) async fn update(
    cx: &Cx,
    name: Option<&str>,
    days: Option<i32>,
    origins: Option<Vec<String>>,
) -> Result<()> {
    let sql = "update tenants set name = coalesce($2::text, name), audit_retention_days = coalesce($3::int4, audit_retention_days),
               allowed_origins = coalesce($4::text[], allowed_origins) where id = $1";
    cx.db.execute(sql, &[cx.tenant()?.into(), name.into(), days.into(), origins.into()]).await?;
    Ok(())
}
