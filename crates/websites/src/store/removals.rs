//! The SQL of documents that a run removes at its end.

use kernel::Result;
use platform::pg::Transaction;

use crate::CrawlRun;

/// Removes the documents of pages whose owner wants them in no index after a time that has passed,
/// whether the run could look at them or not. Says how many.
pub(crate) async fn remove_unavailable(tx: &mut Transaction<'_>, run: &CrawlRun) -> Result<i32> {
    let sql = "with past as (
          update website_pages p
             set state = 'noindex', failure_code = 'unavailable_after', previous_text = null,
                 failure_detail = 'its owner wanted it in no index after ' || to_char(p.unavailable_after at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
           where p.website_id = $1 and p.document_id is not null and p.unavailable_after <= now()
          returning p.id, p.url, p.document_id, p.failure_code, p.failure_detail
        ), removed as (
          delete from documents d using past p where d.id = p.document_id returning p.id, p.url, p.failure_code, p.failure_detail
        ), noted as (
          insert into crawl_frontier (tenant_id, run_id, url, depth, outcome, page_id, code, detail, done_at)
          select app_tenant(), $2, r.url, 0, 'removed', r.id, r.failure_code, r.failure_detail, now() from removed r
          on conflict (tenant_id, run_id, url) do update
             set outcome = 'removed', page_id = excluded.page_id, code = excluded.code, detail = excluded.detail, done_at = excluded.done_at
        )
        select count(*) as removed from removed";
    let rows = tx.query(sql, &[run.website_id.into(), run.id.into()]).await?;
    let removed: i64 = rows.first().map_or(Ok(0), |row| row.get("removed"))?;
    Ok(i32::try_from(removed).unwrap_or(i32::MAX))
}

/// Counts pages that were gone or without text as gone once more, and with `unseen` those that the
/// run found no way to; removes the documents of those that are gone for the second time. Says how
/// many.
pub(crate) async fn remove_gone(
    tx: &mut Transaction<'_>,
    run: &CrawlRun,
    unseen: bool,
) -> Result<i32> {
    let sql = "with gone as (
          update website_pages p
             set gone_count = p.gone_count + 1, state = case when p.run_id is distinct from $2 then 'gone' else p.state end,
                 previous_text = case when p.gone_count = 0 then p.previous_text end
           where p.website_id = $1 and p.document_id is not null
             and case when p.run_id is distinct from $2 then $3 else p.state in ('gone', 'empty') end
          returning p.id, p.url, p.document_id, p.gone_count
        ), removed as (
          delete from documents d using gone g where d.id = g.document_id and g.gone_count >= 2 returning g.id, g.url
        ), noted as (
          insert into crawl_frontier (tenant_id, run_id, url, depth, outcome, page_id, done_at)
          select app_tenant(), $2, r.url, 0, 'removed', r.id, now() from removed r
          on conflict (tenant_id, run_id, url) do update set outcome = 'removed', page_id = excluded.page_id, done_at = excluded.done_at
        )
        select count(*) as removed from removed";
    let rows = tx.query(sql, &[run.website_id.into(), run.id.into(), unseen.into()]).await?;
    let removed: i64 = rows.first().map_or(Ok(0), |row| row.get("removed"))?;
    Ok(i32::try_from(removed).unwrap_or(i32::MAX))
}
