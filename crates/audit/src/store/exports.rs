//! The SQL of exports.

use kernel::{
    Result,
    id::{AuditExportId, AuditReadingId, JobId},
};
use platform::{Cx, pg::Row};
use serde_json::{Value, json};

use crate::{EXPORT_AUDIT, Export, Filter, Format, State};

fn read(row: &Row) -> Result<Export> {
    Ok(Export {
        id: row.get("id")?,
        format: Format::parse(&row.get::<String>("format")?)?,
        state: State::parse(&row.get::<String>("state")?),
        rows: row.get("rows")?,
        size: row.get("size_bytes")?,
        created_at: row.get("created_at")?,
    })
}

/// The export and its job.
pub(crate) async fn insert(
    cx: &Cx,
    id: AuditExportId,
    reading: AuditReadingId,
    format: Format,
    filter: &Filter,
) -> Result<()> {
    let sql = "with e as (
          insert into audit_exports (id, tenant_id, user_id, reading_id, format, filter) values ($1, $2, $3, $4, $5, $6)
        )
        insert into jobs (id, tenant_id, kind, payload, created_by) values ($7, $2, $8, $9, $3)";
    let job: JobId = cx.new_id()?;
    let params = [
        id.into(),
        cx.tenant()?.into(),
        cx.user()?.into(),
        reading.into(),
        format.as_str().into(),
        filter.to_json().into(),
        job.into(),
        EXPORT_AUDIT.into(),
        json!({ "export_id": id.to_string() }).into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn get(cx: &Cx, export: AuditExportId) -> Result<Option<Export>> {
    let sql = "select id, format, state, rows, size_bytes, micros(created_at) as created_at from audit_exports where id = $1 and user_id = $2";
    cx.db.optional(sql, &[export.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn piece(cx: &Cx, export: AuditExportId, seq: i32) -> Result<Option<String>> {
    let sql = "select text from audit_export_pieces where export_id = $1 and seq = $2";
    cx.db.optional(sql, &[export.into(), seq.into()]).await?.map(|row| row.get("text")).transpose()
}

/// Format, filter, and the newest entry that the export will have.
pub(crate) async fn begin(cx: &Cx, export: AuditExportId) -> Result<Option<(Format, Value, i64)>> {
    let sql = "with gone as (delete from audit_export_pieces where export_id = $1)
        select format, filter, coalesce((select max(seq) from audit_entries), 0) as newest from audit_exports where id = $1";
    let row = cx.db.optional(sql, &[export.into()]).await?;
    row.map(|row| Ok((Format::parse(&row.get::<String>("format")?)?, row.get("filter")?, row.get("newest")?)))
        .transpose()
}

pub(crate) async fn insert_piece(cx: &Cx, export: AuditExportId, seq: i32, text: &str) -> Result<()> {
    let sql = "insert into audit_export_pieces (tenant_id, export_id, seq, text) values ($1, $2, $3, $4)";
    cx.db.execute(sql, &[cx.tenant()?.into(), export.into(), seq.into(), text.into()]).await?;
    Ok(())
}

pub(crate) async fn finish(cx: &Cx, export: AuditExportId, rows: i64, size: i64) -> Result<()> {
    let sql = "update audit_exports set state = 'ready', rows = $2, size_bytes = $3 where id = $1";
    cx.db.execute(sql, &[export.into(), rows.into(), size.into()]).await?;
    Ok(())
}

pub(crate) async fn fail(cx: &Cx, export: AuditExportId) -> Result<()> {
    cx.db
        .execute("update audit_exports set state = 'failed' where id = $1 and state = 'queued'", &[export.into()])
        .await?;
    Ok(())
}

pub(crate) async fn remove_old(cx: &Cx) -> Result<()> {
    let sql = "with e as (delete from audit_exports where created_at < now() - interval '7 days')
        delete from audit_readings where created_at < now() - interval '8 days'";
    cx.db.execute(sql, &[]).await?;
    Ok(())
}
