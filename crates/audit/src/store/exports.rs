//! The SQL of exports.

use kernel::{
    Result,
    id::{AuditExportId, AuditReadingId},
};
use platform::{
    Cx,
    pg::{Row, Transaction, Value as Param},
};
use queue::{Failure, Job, NewJob, holding};
use serde_json::Value;

use crate::{
    Export, ExportAudit, Filter, Format, State,
    export::{ExportSize, Work},
};

fn read(row: &Row) -> Result<Export> {
    let (code, detail) =
        (row.get::<Option<String>>("failure_code")?, row.get::<Option<String>>("failure_detail")?);
    let hint = row.get("failure_hint")?;
    Ok(Export {
        id: row.get("id")?,
        format: Format::parse(&row.get::<String>("format")?)?,
        state: State::parse(&row.get::<String>("state")?),
        rows: row.get("rows")?,
        size: row.get("size_bytes")?,
        failure: code.map(|code| Failure { code, detail: detail.unwrap_or_default(), hint }),
        created_at: row.get("created_at")?,
    })
}

/// Inserts the export and its job.
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
        select enqueue_job($7)";
    let job = NewJob::new(cx.new_id()?, &ExportAudit { export_id: id }).created_by(cx.user()?);
    let params = [
        id.into(),
        cx.tenant()?.into(),
        cx.user()?.into(),
        reading.into(),
        format.as_str().into(),
        filter.to_json().into(),
        job.into(),
    ];
    cx.db.one(sql, &params).await?;
    Ok(())
}

pub(crate) async fn get(cx: &Cx, export: AuditExportId) -> Result<Option<Export>> {
    let sql = "select id, format, state, rows, size_bytes, failure_code, failure_detail, failure_hint, micros(created_at) as created_at
          from audit_exports where id = $1 and user_id = $2";
    cx.db.optional(sql, &[export.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn batch(cx: &Cx, export: AuditExportId, seq: i32) -> Result<Option<String>> {
    let sql = "select text from audit_export_pieces where export_id = $1 and seq = $2";
    cx.db.optional(sql, &[export.into(), seq.into()]).await?.map(|row| row.get("text")).transpose()
}

fn fenced<const N: usize>(work: &Work, others: [Param; N]) -> Vec<Param> {
    work.fence.iter().cloned().chain(others).collect()
}

/// Format, filter, and the newest entry of the export; removes what an earlier attempt wrote.
pub(crate) async fn begin(cx: &Cx, work: &Work) -> Result<Option<(Format, Value, i64)>> {
    let sql = concat!(
        holding!(),
        ", gone as (delete from audit_export_pieces p using held where p.export_id = $4)
        select e.format, e.filter, coalesce((select max(seq) from audit_entries), 0) as newest from held, audit_exports e where e.id = $4"
    );
    let row = cx.db.optional(sql, &fenced(work, [work.export.into()])).await?;
    row.map(|row| {
        Ok((Format::parse(&row.get::<String>("format")?)?, row.get("filter")?, row.get("newest")?))
    })
    .transpose()
}

/// False if the lease is lost.
pub(crate) async fn insert_piece(cx: &Cx, work: &Work, seq: i32, text: &str) -> Result<bool> {
    let sql = concat!(
        holding!(),
        " insert into audit_export_pieces (tenant_id, export_id, seq, text) select app_tenant(), $4, $5, $6 from held"
    );
    Ok(cx.db.execute(sql, &fenced(work, [work.export.into(), seq.into(), text.into()])).await? == 1)
}

pub(crate) async fn finish(
    tx: &mut Transaction<'_>,
    export: AuditExportId,
    written: ExportSize,
) -> Result<()> {
    let sql = "update audit_exports set state = 'ready', rows = $2, size_bytes = $3 where id = $1";
    tx.execute(sql, &[export.into(), written.rows.into(), written.size.into()]).await?;
    Ok(())
}

pub(crate) async fn fail(
    tx: &mut Transaction<'_>,
    export: AuditExportId,
    failure: &Failure,
) -> Result<()> {
    let sql = "update audit_exports set state = 'failed', failure_code = $2, failure_detail = $3, failure_hint = 'export the log again'
         where id = $1 and state = 'queued'";
    tx.execute(sql, &[export.into(), failure.code.as_str().into(), failure.detail.as_str().into()])
        .await?;
    Ok(())
}

pub(crate) async fn reconcile(cx: &Cx) -> Result<()> {
    let sql = "update audit_exports e set state = 'failed', failure_code = coalesce(j.error_code, 'cancelled'),
               failure_detail = coalesce(j.error_detail, 'the job that was to write it was cancelled'),
               failure_hint = 'export the log again'
          from jobs j
         where e.state = 'queued' and j.kind = $1 and j.space_id is null and j.payload ->> 'export_id' = e.id::text
           and j.status in ('failed', 'dead', 'cancelled')";
    cx.db.execute(sql, &[ExportAudit::KIND.into()]).await?;
    Ok(())
}

pub(crate) async fn remove_old(cx: &Cx) -> Result<()> {
    let sql = "with e as (delete from audit_exports where created_at < now() - interval '7 days')
        delete from audit_readings where created_at < now() - interval '8 days'";
    cx.db.execute(sql, &[]).await?;
    Ok(())
}
