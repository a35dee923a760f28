//! The SQL of checks.

use kernel::{
    Problem, Result,
    id::{JobId, WebsiteId},
};
use platform::{Cx, pg::Row};
use queue::NewJob;

use crate::{CheckState, CheckWebsite, PageCheck, Website, wire};

fn read(row: &Row) -> Result<PageCheck> {
    let state: String = row.get("state")?;
    Ok(PageCheck {
        website_id: row.get("website_id")?,
        job_id: row.get("job_id")?,
        url: row.get("url")?,
        state: CheckState::parse(&state)
            .ok_or_else(|| Problem::internal(format!("website_checks: `{state}`")))?,
        result: if state == "queued" { None } else { Some(wire::stored(&row.get("result")?)?) },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// In the place of the one before, with its job.
pub(crate) async fn put(cx: &Cx, website: &Website, job: JobId, url: &str) -> Result<()> {
    let sql = "with c as (
          insert into website_checks as c (tenant_id, website_id, job_id, url) values ($1, $2, $3, $4)
          on conflict (tenant_id, website_id) do update
             set job_id = excluded.job_id, url = excluded.url, state = 'queued', result = '{}', created_at = now()
          returning website_id
        )
        select enqueue_job($5) from c";
    let new = NewJob::new(job, &CheckWebsite { website_id: website.id });
    let new = new.in_space(website.space_id).created_by(cx.user()?);
    cx.db
        .query(sql, &[cx.tenant()?.into(), website.id.into(), job.into(), url.into(), new.into()])
        .await?;
    Ok(())
}

pub(crate) async fn get(cx: &Cx, website: WebsiteId) -> Result<Option<PageCheck>> {
    let sql = "select c.website_id, c.job_id, c.url, c.state, c.result, micros(c.created_at) as created_at, micros(c.updated_at) as updated_at
          from website_checks c where c.website_id = $1";
    cx.db.optional(sql, &[website.into()]).await?.as_ref().map(read).transpose()
}
