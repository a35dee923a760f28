//! The SQL of runs, as their worker begins and ends them; and of checks, as it does them.

use kernel::{
    Problem, Result,
    id::{CrawlRunId, WebsiteId},
};
use platform::{
    Cx,
    pg::{Row, Transaction},
};
use queue::{Failure, Lease};
use serde_json::{Value, json};

use super::runs::{read, run_columns};
use crate::{
    CrawlRun, CredentialKind, RunCounts, RunState,
    crawling::{CrawledWebsite, RunEnd},
    wire::{self, CrawlSettings},
};

/// Runs of a website whose frontiers are kept.
const KEPT_RUNS: i64 = 20;

/// Unless a run is in progress, or the website is paused.
pub(crate) async fn insert_scheduled(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    website: WebsiteId,
) -> Result<()> {
    let sql = "insert into crawl_runs (id, tenant_id, website_id, job_id, trigger)
        select gen_random_uuid(), w.tenant_id, w.id, $1, 'schedule' from websites w
         where w.id = $2 and not w.paused and (w.retry_at is null or w.retry_at <= now())
        on conflict do nothing";
    tx.execute(sql, &[lease.job.into(), website.into()]).await?;
    Ok(())
}

/// None if the job has no run in progress.
pub(crate) async fn start(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "update crawl_runs r set state = case r.state when 'queued' then 'running' else r.state end, started_at = coalesce(r.started_at, now())
          where r.job_id = $1 and r.state in ('queued', 'running', 'stopping') returning ",
        run_columns!()
    );
    tx.query(sql, &[lease.job.into()]).await?.first().map(read).transpose()
}

/// Kind, name and sealed secret.
type SealedCredential = (CredentialKind, String, String);

pub(crate) async fn website(
    cx: &Cx,
    website: WebsiteId,
) -> Result<Option<(CrawledWebsite, Option<SealedCredential>)>> {
    let sql = "select id, space_id, collection_id, settings, credential_kind, credential_name, credential_sealed, boilerplate, failures, created_by,
               (select t.max_website_pages from tenants t where t.id = app_tenant()) as max_pages
          from websites where id = $1";
    let read = |row: &Row| {
        let kind: Option<String> = row.get("credential_kind")?;
        let sealed = match kind.as_deref().map(CredentialKind::parse) {
            None => None,
            Some(None) => return Err(Problem::internal("websites.credential_kind is not known")),
            Some(Some(kind)) => Some((
                kind,
                row.get::<String>("credential_name")?,
                row.get::<String>("credential_sealed")?,
            )),
        };
        let mut settings: CrawlSettings = wire::stored(&row.get("settings")?)?;
        // An operator may have lowered it since they were saved.
        settings.max_pages = settings.max_pages.min(row.get("max_pages")?);
        let website = CrawledWebsite {
            id: row.get("id")?,
            space: row.get("space_id")?,
            collection: row.get("collection_id")?,
            settings,
            credentials: None,
            boilerplate: row.get("boilerplate")?,
            failures: row.get("failures")?,
            created_by: row.get("created_by")?,
        };
        Ok((website, sealed))
    };
    cx.db.optional(sql, &[website.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn state(cx: &Cx, run: CrawlRunId) -> Result<Option<RunState>> {
    let row = cx.db.optional("select state from crawl_runs where id = $1", &[run.into()]).await?;
    let read = |row: Row| {
        let state: String = row.get("state")?;
        RunState::parse(&state)
            .ok_or_else(|| Problem::internal(format!("crawl_runs.state: `{state}`")))
    };
    row.map(read).transpose()
}

/// Adds to the counters, but for `found`, which is how many there are. None if the run is gone, or
/// another job has it.
pub(crate) async fn count(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    run: CrawlRunId,
    by: RunCounts,
) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "update crawl_runs r set found = $2, fetched = r.fetched + $3, unchanged = r.unchanged + $4, added = r.added + $5, changed = r.changed + $6,
                removed = r.removed + $7, failed = r.failed + $8, bytes = r.bytes + $9
          where r.id = $1 and r.job_id = $10 returning ",
        run_columns!()
    );
    let params = [
        run.into(),
        by.found.into(),
        by.fetched.into(),
        by.unchanged.into(),
        by.added.into(),
        by.changed.into(),
        by.removed.into(),
        by.failed.into(),
        by.bytes.into(),
        lease.job.into(),
    ];
    tx.query(sql, &params).await?.first().map(read).transpose()
}

pub(crate) async fn keep_boilerplate(
    cx: &Cx,
    website: WebsiteId,
    hashes: Vec<String>,
) -> Result<()> {
    let sql = "update websites set boilerplate = $2 where id = $1 and boilerplate is null";
    cx.db.execute(sql, &[website.into(), hashes.into()]).await?;
    Ok(())
}

/// None if the run is gone, or was paused or ended meanwhile.
pub(crate) async fn end(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    run: CrawlRunId,
    end: &RunEnd,
    removed: i32,
) -> Result<Option<CrawlRun>> {
    let sql = concat!(
        "update crawl_runs r set state = $2, reason_code = $3, reason_detail = $4, reason_hint = $5, removed = r.removed + $6, ended_at = now()
          where r.id = $1 and r.job_id = $7 and r.state in ('running', 'stopping') returning ",
        run_columns!()
    );
    let reason = end.reason.as_ref();
    let params = [
        run.into(),
        end.state.as_str().into(),
        reason.map(|reason| reason.code.as_str()).into(),
        reason.map(|reason| reason.detail.as_str()).into(),
        reason.and_then(|reason| reason.hint.as_deref()).into(),
        removed.into(),
        lease.job.into(),
    ];
    tx.query(sql, &params).await?.first().map(read).transpose()
}

/// What a run leaves: the website's failures, less of older frontiers, and one entry in the audit
/// log.
pub(crate) async fn note_end(
    tx: &mut Transaction<'_>,
    run: &CrawlRun,
    website: &CrawledWebsite,
    end: &RunEnd,
) -> Result<()> {
    let failures =
        if end.state == RunState::Failed { website.failures.saturating_add(1) } else { 0 };
    let sql = "update websites set failures = $2, retry_at = 'epoch'::timestamptz + $3::int8 * interval '1 microsecond' where id = $1";
    tx.execute(sql, &[website.id.into(), failures.into(), end.retry_at.into()]).await?;
    let sql = "delete from crawl_frontier f using crawl_runs r
        where r.website_id = $1 and r.id <> $2 and f.run_id = r.id
          and (f.outcome is null or f.outcome in ('unchanged', 'redirect', 'skipped', 'sitemap')
               or r.id not in (select k.id from crawl_runs k where k.website_id = $1 order by k.created_at desc limit $3))";
    tx.execute(sql, &[website.id.into(), run.id.into(), KEPT_RUNS.into()]).await?;
    let counts = json!({
        "run_id": run.id.to_string(), "state": run.state.as_str(), "scheduled": run.scheduled, "found": run.counts.found,
        "fetched": run.counts.fetched, "unchanged": run.counts.unchanged, "added": run.counts.added, "changed": run.counts.changed,
        "removed": run.counts.removed, "failed": run.counts.failed,
    });
    let sql = "select audit.event('website.crawled', 'website', $1, $2)";
    tx.query(sql, &[website.id.to_string().into(), counts.into()]).await?;
    Ok(())
}

pub(crate) async fn lock(tx: &mut Transaction<'_>, website: WebsiteId) -> Result<()> {
    let sql = "select id from crawl_runs where website_id = $1 and state in ('queued', 'running', 'stopping') for update";
    tx.query(sql, &[website.into()]).await?;
    Ok(())
}

pub(crate) async fn fail(
    tx: &mut Transaction<'_>,
    website: WebsiteId,
    failure: &Failure,
) -> Result<()> {
    let sql = "update crawl_runs set state = case when state = 'stopping' or $2 = 'cancelled' then 'stopped' else 'failed' end,
               reason_code = $2, reason_detail = $3, reason_hint = $4, ended_at = now()
         where website_id = $1 and state in ('queued', 'running', 'stopping')";
    let params = [
        website.into(),
        failure.code.as_str().into(),
        failure.detail.as_str().into(),
        failure.hint.as_deref().into(),
    ];
    tx.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn put_back(tx: &mut Transaction<'_>, website: WebsiteId) -> Result<()> {
    let sql = "update crawl_runs set state = 'queued' where website_id = $1 and state = 'running'";
    tx.execute(sql, &[website.into()]).await?;
    Ok(())
}

pub(crate) async fn reconcile(cx: &Cx) -> Result<u64> {
    let sql = "update crawl_runs r
          set state = case when r.state = 'stopping' or j.status = 'cancelled' then 'stopped' else 'failed' end, ended_at = now(),
              reason_code = coalesce(j.error_code, 'cancelled'), reason_detail = coalesce(j.error_detail, 'the job of the run has ended without it'),
              reason_hint = coalesce(j.error_hint, 'crawl the website again')
         from jobs j
        where j.id = r.job_id and r.state in ('queued', 'running', 'stopping') and j.status in ('succeeded', 'failed', 'dead', 'cancelled')";
    let ended = cx.db.execute(sql, &[]).await?;
    let sql = "update crawl_runs set state = 'stopped', ended_at = now(), reason_code = 'pause_expired',
              reason_detail = 'it was paused for a week, and no scheduled run begins meanwhile', reason_hint = 'crawl the website again'
        where state = 'paused' and updated_at < now() - interval '7 days'";
    Ok(ended + cx.db.execute(sql, &[]).await?)
}

pub(crate) async fn check(cx: &Cx, lease: &Lease, website: WebsiteId) -> Result<Option<String>> {
    let sql = "select url from website_checks where website_id = $1 and job_id = $2";
    cx.db
        .optional(sql, &[website.into(), lease.job.into()])
        .await?
        .map(|row| row.get("url"))
        .transpose()
}

pub(crate) async fn keep_check(
    tx: &mut Transaction<'_>,
    website: WebsiteId,
    state: &'static str,
    result: Value,
) -> Result<()> {
    let sql = "update website_checks set state = $2, result = $3 where website_id = $1 and state = 'queued'";
    tx.execute(sql, &[website.into(), state.into(), result.into()]).await?;
    Ok(())
}
