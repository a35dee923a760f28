//! The SQL of runs, as people see and steer them.

use std::collections::HashMap;

use kernel::{
    PageRequest, Problem, Result,
    id::{CrawlRunId, JobId, WebsiteId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use queue::{Failure, NewJob};

use crate::{CrawlRun, CrawlWebsite, RunCounts, RunState, Website};

/// The columns of `crawl_runs r` that [`read`] takes.
macro_rules! run_columns {
    () => {
        "r.id, r.website_id, r.job_id, r.trigger = 'schedule' as scheduled, r.state, r.found, r.fetched, r.unchanged, r.added, r.changed, r.removed,
         r.failed, r.bytes, r.reason_code, r.reason_detail, r.reason_hint, micros(r.started_at) as started_at, micros(r.ended_at) as ended_at,
         micros(r.created_at) as created_at, micros(r.updated_at) as updated_at"
    };
}

#[cfg(not(target_family = "wasm"))]
pub(crate) use run_columns;

pub(crate) fn read(row: &Row) -> Result<CrawlRun> {
    let state: String = row.get("state")?;
    let reason = |code: String| {
        Ok::<_, Problem>(Failure {
            code,
            detail: row.get::<Option<String>>("reason_detail")?.unwrap_or_default(),
            hint: row.get("reason_hint")?,
        })
    };
    Ok(CrawlRun {
        id: row.get("id")?,
        website_id: row.get("website_id")?,
        job_id: row.get("job_id")?,
        scheduled: row.get("scheduled")?,
        state: RunState::parse(&state)
            .ok_or_else(|| Problem::internal(format!("crawl_runs.state: `{state}`")))?,
        counts: RunCounts {
            found: row.get("found")?,
            fetched: row.get("fetched")?,
            unchanged: row.get("unchanged")?,
            added: row.get("added")?,
            changed: row.get("changed")?,
            removed: row.get("removed")?,
            failed: row.get("failed")?,
            bytes: row.get("bytes")?,
        },
        reason: row.get::<Option<String>>("reason_code")?.map(reason).transpose()?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Its space is known to the statement that queues it.
fn crawl(cx: &Cx, website: WebsiteId, run: CrawlRunId, job: JobId) -> Result<NewJob> {
    let payload = CrawlWebsite { website_id: website, run_id: Some(run) };
    Ok(NewJob::new(job, &payload).created_by(cx.user()?))
}

/// False if a run of the website has not ended.
pub(crate) async fn insert(
    cx: &Cx,
    website: &Website,
    run: CrawlRunId,
    job: JobId,
) -> Result<bool> {
    let sql = "with r as (
          insert into crawl_runs (id, tenant_id, website_id, job_id, trigger, created_by) values ($1, $2, $3, $4, 'manual', $5)
          on conflict do nothing returning id
        )
        select enqueue_job($6) from r";
    let params = [
        run.into(),
        cx.tenant()?.into(),
        website.id.into(),
        job.into(),
        cx.user()?.into(),
        crawl(cx, website.id, run, job)?.in_space(website.space_id).into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

pub(crate) async fn list(
    cx: &Cx,
    website: WebsiteId,
    request: PageRequest,
) -> Result<(Vec<CrawlRun>, i64)> {
    let sql = concat!(
        "select ",
        run_columns!(),
        ", (select count(*) from crawl_runs a where a.website_id = $4) as total
          from crawl_runs r where r.website_id = $4 and before_cursor(r.created_at, r.id, $2, $3)
         order by r.created_at desc, r.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, website.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "select ",
        run_columns!(),
        " from crawl_runs r where r.id = $1 and r.website_id = $2"
    );
    cx.db.optional(sql, &[run.into(), website.into()]).await?.as_ref().map(read).transpose()
}

/// Adds the newest run of each website. While it is paused, no other begins.
pub(crate) async fn add_last(cx: &Cx, websites: &mut [Website]) -> Result<()> {
    let sql = concat!(
        "select distinct on (r.website_id) ",
        run_columns!(),
        " from crawl_runs r where r.website_id = any ($1::text[]::uuid[]) order by r.website_id, r.created_at desc, r.id desc"
    );
    let ids: Vec<String> = websites.iter().map(|website| website.id.to_string()).collect();
    let rows = cx.db.query(sql, &[ids.into()]).await?;
    let runs: Vec<CrawlRun> = rows.iter().map(read).collect::<Result<_>>()?;
    let mut runs: HashMap<WebsiteId, CrawlRun> =
        runs.into_iter().map(|run| (run.website_id, run)).collect();
    for website in websites {
        website.last_run = runs.remove(&website.id);
        if website.last_run.as_ref().is_some_and(|run| run.state == RunState::Paused) {
            website.next_run_at = None;
        }
    }
    Ok(())
}

/// None if it has ended.
pub(crate) async fn stop(cx: &Cx, run: CrawlRunId) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "update crawl_runs r set state = case r.state when 'running' then 'stopping' else 'stopped' end,
                ended_at = case when r.state <> 'running' then now() end
          where r.id = $1 and r.state in ('queued', 'running', 'paused') returning ",
        run_columns!()
    );
    cx.db.optional(sql, &[run.into()]).await?.as_ref().map(read).transpose()
}

/// None if it neither waits nor runs.
pub(crate) async fn pause(cx: &Cx, run: CrawlRunId) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "update crawl_runs r set state = 'paused' where r.id = $1 and r.state in ('queued', 'running') returning ",
        run_columns!()
    );
    cx.db.optional(sql, &[run.into()]).await?.as_ref().map(read).transpose()
}

/// None if it is not paused.
pub(crate) async fn resume(
    cx: &Cx,
    website: WebsiteId,
    run: CrawlRunId,
    job: JobId,
) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "with resumed as (
           update crawl_runs r set state = 'queued', job_id = $2, reason_code = null, reason_detail = null, reason_hint = null
            where r.id = $1 and r.state = 'paused' returning ",
        run_columns!(),
        "), job as (
           select enqueue_job($3 || jsonb_build_object('space_id', w.space_id)) from resumed r join websites w on w.id = r.website_id
         )
         select r.* from resumed r, job"
    );
    let params = [run.into(), job.into(), crawl(cx, website, run, job)?.into()];
    cx.db.optional(sql, &params).await?.as_ref().map(read).transpose()
}
