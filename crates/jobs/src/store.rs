//! The SQL of jobs as users see and change them.

use kernel::{PageRequest, Result, id::JobId};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use queue::{JobRecord, Status, job_columns};

use crate::QueueSummary;

fn first(rows: &[Row]) -> Result<Option<JobRecord>> {
    rows.first().map(JobRecord::read).transpose()
}

/// The jobs of a page, and how many there are in all.
fn read_page(rows: &[Row]) -> Result<(Vec<JobRecord>, i64)> {
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(JobRecord::read).collect::<Result<_>>()?, total))
}

pub(crate) async fn list(
    cx: &Cx,
    status: Option<Status>,
    request: PageRequest,
) -> Result<(Vec<JobRecord>, i64)> {
    let sql = concat!(
        "select ",
        job_columns!(),
        ",
          (select count(*) from jobs a join space_roles o on o.space_id = a.space_id and o.user_id = $4
            where $5::text is null or a.status = $5) as total
          from jobs j join space_roles m on m.space_id = j.space_id and m.user_id = $4
         where ($5::text is null or j.status = $5) and before_cursor(j.created_at, j.id, $2, $3)
         order by j.created_at desc, j.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let status = status.map(Status::as_str);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into(), status.into()]).await?;
    read_page(&rows)
}

pub(crate) async fn get(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "select ",
        job_columns!(),
        " from jobs j join space_roles m on m.space_id = j.space_id and m.user_id = $2 where j.id = $1"
    );
    first(&cx.db.query(sql, &[job.into(), cx.user()?.into()]).await?)
}

pub(crate) async fn cancel(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set cancel_asked_at = coalesce(j.cancel_asked_at, now()),
               status = case j.status when 'queued' then 'cancelled' else j.status end,
               finished_at = case j.status when 'queued' then now() end
         where j.id = $1 and j.status in ('queued', 'running') returning ",
        job_columns!()
    );
    first(&cx.db.query(sql, &[job.into()]).await?)
}

pub(crate) async fn retry(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set status = 'queued', attempts = 0, crashes = 0, crashes_alone = 0, alone = false, progress = 0, step = null,
               run_at = now(), cancel_asked_at = null,
               error_code = null, error_detail = null, error_hint = null, started_at = null, finished_at = null,
               leased_by = null, lease_until = null
         where j.id = $1 and j.status in ('failed', 'dead', 'cancelled')
           and not exists (select from jobs o where o.document_id = j.document_id and o.status in ('queued', 'running')) returning ", job_columns!()
    );
    first(&cx.db.query(sql, &[job.into()]).await?)
}

/// Of the whole organisation.
pub(crate) async fn list_all(
    cx: &Cx,
    status: Option<Status>,
    request: PageRequest,
) -> Result<(Vec<JobRecord>, i64)> {
    let sql = concat!(
        "select ",
        job_columns!(),
        ",
          (select count(*) from jobs a where a.tenant_id = $4 and ($5::text is null or a.status = $5 or ($5 = 'failed' and a.status = 'dead'))) as total
          from jobs j
         where j.tenant_id = $4 and ($5::text is null or j.status = $5 or ($5 = 'failed' and j.status = 'dead')) and before_cursor(j.created_at, j.id, $2, $3)
         order by j.created_at desc, j.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let status = status.map(Status::as_str);
    let rows = cx.db.query(sql, &[limit, at, id, cx.tenant()?.into(), status.into()]).await?;
    read_page(&rows)
}

/// Whichever space it belongs to.
pub(crate) async fn get_any(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    let sql =
        concat!("select ", job_columns!(), " from jobs j where j.id = $1 and j.tenant_id = $2");
    first(&cx.db.query(sql, &[job.into(), cx.tenant()?.into()]).await?)
}

pub(crate) async fn discard(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set status = 'cancelled', cancel_asked_at = now()
         where j.id = $1 and j.status in ('failed', 'dead') returning ",
        job_columns!()
    );
    first(&cx.db.query(sql, &[job.into()]).await?)
}

pub(crate) async fn summary(cx: &Cx) -> Result<QueueSummary> {
    let sql = "select count(*) filter (where status = 'queued') as queued,
            count(*) filter (where status = 'running') as running,
            count(*) filter (where status in ('failed', 'dead')) as failed,
            micros(min(run_at) filter (where status = 'queued' and run_at <= now())) as oldest_due_at
        from jobs where tenant_id = $1 and status in ('queued', 'running', 'failed', 'dead')";
    let row = cx.db.one(sql, &[cx.tenant()?.into()]).await?;
    Ok(QueueSummary {
        queued: row.get("queued")?,
        running: row.get("running")?,
        failed: row.get("failed")?,
        oldest_due_at: row.get("oldest_due_at")?,
    })
}
