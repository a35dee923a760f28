//! The SQL of the frontier.

use std::collections::HashMap;

use kernel::{
    Result, Timestamp,
    id::{CrawlRunId, WebsiteId},
};
use platform::{
    Cx,
    pg::{Row, Transaction},
};
use serde_json::json;

use crate::{
    CrawlRun, Outcome,
    crawling::{KnownUrl, LastLook, NewUrl, WaitingUrl},
};

fn depth(row: &Row) -> Result<u32> {
    Ok(u32::try_from(row.get::<i32>("depth")?).unwrap_or_default())
}

pub(crate) async fn all(cx: &Cx, run: CrawlRunId) -> Result<Vec<KnownUrl>> {
    let sql = "select url, depth, priority, outcome, code from crawl_frontier where run_id = $1";
    let rows = cx.db.query(sql, &[run.into()]).await?;
    let read = |row: &Row| {
        let outcome: Option<String> = row.get("outcome")?;
        Ok(KnownUrl {
            url: row.get("url")?,
            depth: depth(row)?,
            priority: row.get("priority")?,
            outcome: outcome.as_deref().and_then(Outcome::parse),
            failure_code: row.get("code")?,
        })
    };
    rows.iter().map(read).collect()
}

/// More than a run may have are not given.
pub(crate) async fn with_documents(cx: &Cx, website: WebsiteId) -> Result<Vec<String>> {
    let sql = "select url from website_pages where website_id = $1 and document_id is not null
         order by coalesce(unavailable_after <= now(), false) desc, updated_at, id limit 20000";
    let rows = cx.db.query(sql, &[website.into()]).await?;
    rows.iter().map(|row| row.get("url")).collect()
}

/// Dates count if, of the pages whose text changed, there are more than ten with a changed date to
/// one without: one page with a counter does not speak for a website.
pub(crate) async fn last_looks(cx: &Cx, website: WebsiteId) -> Result<HashMap<String, LastLook>> {
    let sql = "with mine as (
          select url, fetched_at, lastmod_honest from website_pages
           where website_id = $1 and document_id is not null and state = 'current' and fetched_at is not null
        ), proof as (
          select count(*) filter (where lastmod_honest) > 10 * count(*) filter (where not lastmod_honest) as holds from mine
        )
        select m.url, micros(m.fetched_at) as fetched_at, p.holds and m.lastmod_honest is not false as is_honest
          from mine m cross join proof p order by m.url limit 20000";
    let rows = cx.db.query(sql, &[website.into()]).await?;
    let read = |row: &Row| {
        let last = LastLook {
            fetched_at: row.get("fetched_at")?,
            is_lastmod_honest: row.get("is_honest")?,
        };
        Ok((row.get("url")?, last))
    };
    rows.iter().map(read).collect()
}

/// Those that are there already stay as they are.
pub(crate) async fn insert(
    tx: &mut Transaction<'_>,
    run: CrawlRunId,
    urls: &[NewUrl],
) -> Result<()> {
    if urls.is_empty() {
        return Ok(());
    }
    let sql = "insert into crawl_frontier (tenant_id, run_id, url, depth, priority, lastmod)
        select app_tenant(), $1, x.url, x.depth, x.priority, 'epoch'::timestamptz + x.lastmod * interval '1 microsecond'
          from jsonb_to_recordset($2) as x (url text, depth int, priority int, lastmod int8)
        on conflict do nothing";
    let row = |new: &NewUrl| {
        json!({
            "url": new.url, "depth": new.depth, "priority": new.priority, "lastmod": new.lastmod.map(|at| at.0),
        })
    };
    let rows: Vec<_> = urls.iter().map(row).collect();
    tx.execute(sql, &[run.into(), serde_json::Value::Array(rows).into()]).await?;
    Ok(())
}

pub(crate) async fn waiting(
    cx: &Cx,
    (run, renders): (&CrawlRun, bool),
    limit: i64,
    except: Vec<String>,
) -> Result<Vec<WaitingUrl>> {
    // A page that is to be in no index any more is fetched whole, so that it can say so again.
    // Pages that name another as the original (priority 9) wait until all others are done, those in
    // flight too: what they name is known then.
    let sql = "select f.url, f.depth, f.priority, micros(f.lastmod) as lastmod, f.attempts, case when v.counts then p.etag end as etag,
               case when v.counts then p.last_modified end as last_modified, coalesce(p.outlinks, '{}') as outlinks
          from crawl_frontier f
          left join website_pages p on p.website_id = $2 and p.url = f.url and p.document_id is not null
          cross join lateral (select p.state = 'current' and (p.is_rendered = $5 or p.media_type <> 'text/html')
                                     and coalesce(p.unavailable_after > now(), true) as counts) v
         where f.run_id = $1 and f.outcome is null and f.due_at <= now() and f.url <> all ($4::text[])
           and (f.priority < 9 or not exists (
                 select from crawl_frontier o where o.run_id = f.run_id and o.outcome is null and o.priority < 9))
         order by f.priority, f.depth, f.due_at limit $3";
    let rows = cx
        .db
        .query(
            sql,
            &[run.id.into(), run.website_id.into(), limit.into(), except.into(), renders.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(WaitingUrl {
            url: row.get("url")?,
            depth: depth(row)?,
            priority: row.get("priority")?,
            lastmod: row.get("lastmod")?,
            attempts: row.get("attempts")?,
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
            outlinks: row.get("outlinks")?,
        })
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn next_due(cx: &Cx, run: CrawlRunId) -> Result<Option<Timestamp>> {
    let sql = "select micros(min(due_at)) as due from crawl_frontier where run_id = $1 and outcome is null";
    cx.db.one(sql, &[run.into()]).await?.get("due")
}
