//! The SQL of websites, their collections and their schedules.

use kernel::{
    PageRequest, Problem, Result,
    id::{CollectionId, SpaceId, WebsiteId},
};
use platform::{
    Cx,
    pg::{Row, Transaction, Value, page_params},
};
use queue::{Job, NewJob};
use serde_json::json;
use spaces::Role;

use crate::{
    CrawlWebsite, CredentialKind, CredentialSummary, Website,
    credentials::SealedCredentials,
    rules::Limits,
    schedule::Plan,
    wire::{self, CrawlSettings, Schedule},
};

/// SQLSTATE `deadlock_detected`.
const DEADLOCK: &str = "40P01";
const DELETE_ATTEMPTS: usize = 4;

/// The columns of `websites w` with the role `m.role`, as [`read`] takes them.
macro_rules! website_columns {
    () => {
        "w.id, w.space_id, w.collection_id, w.name, w.settings, w.schedule, w.credential_kind, w.credential_name, w.credential_shown, w.paused,
         m.role, micros(s.next_run_at) as next_run_at, s.error as schedule_error, w.failures,
         case when w.retry_at > now() then micros(w.retry_at) end as retry_at, micros(w.created_at) as created_at,
         micros(w.updated_at) as updated_at,
         (select count(*) from website_pages p where p.website_id = w.id and p.document_id is not null) as page_count,
         (select count(*) from website_pages p where p.website_id = w.id and p.state = 'failed') as failed_count"
    };
}

fn read(cx: &Cx, row: &Row) -> Result<Website> {
    let kind: Option<String> = row.get("credential_kind")?;
    let summary = |kind: String| {
        Ok::<_, Problem>(CredentialSummary {
            kind: CredentialKind::parse(&kind)
                .ok_or_else(|| Problem::internal(format!("websites: `{kind}`")))?,
            name: row.get::<Option<String>>("credential_name")?.unwrap_or_default(),
            masked: row.get::<Option<String>>("credential_shown")?.unwrap_or_default(),
        })
    };
    Ok(Website {
        id: row.get("id")?,
        space_id: row.get("space_id")?,
        collection_id: row.get("collection_id")?,
        name: row.get("name")?,
        settings: wire::stored(&row.get("settings")?)?,
        schedule: wire::stored(&row.get("schedule")?)?,
        next_run_at: row.get("next_run_at")?,
        schedule_error: row.get("schedule_error")?,
        failures: row.get("failures")?,
        retry_at: row.get("retry_at")?,
        credentials: kind.map(summary).transpose()?,
        paused: row.get("paused")?,
        page_count: row.get("page_count")?,
        failed_count: row.get("failed_count")?,
        last_run: None,
        access: cx.space_access(Role::parse(&row.get::<String>("role")?))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    space: Option<SpaceId>,
    request: PageRequest,
) -> Result<(Vec<Website>, i64)> {
    let sql = concat!(
        "select ",
        website_columns!(),
        ", (select count(*) from websites a join space_roles o on o.space_id = a.space_id and o.user_id = $4
             where $5::uuid is null or a.space_id = $5) as total
          from websites w join space_roles m on m.space_id = w.space_id and m.user_id = $4
          left join schedules s on s.website_id = w.id
         where ($5::uuid is null or w.space_id = $5) and before_cursor(w.created_at, w.id, $2, $3)
         order by w.created_at desc, w.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into(), space.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, website: WebsiteId) -> Result<Option<Website>> {
    let sql = concat!(
        "select ",
        website_columns!(),
        " from websites w join space_roles m on m.space_id = w.space_id and m.user_id = $2
          left join schedules s on s.website_id = w.id where w.id = $1"
    );
    cx.db
        .optional(sql, &[website.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

/// What the operator allows the caller's tenant.
pub(crate) async fn limits(cx: &Cx) -> Result<Limits> {
    let sql = "select max_website_pages from tenants where id = app_tenant()";
    Ok(Limits { pages: cx.db.one(sql, &[]).await?.get("max_website_pages")? })
}

/// Whether the database knows a time zone by this name.
pub(crate) async fn knows_time_zone(cx: &Cx, name: &str) -> Result<bool> {
    let sql = "select exists (select from pg_timezone_names where name = $1) as known";
    cx.db.one(sql, &[name.into()]).await?.get("known")
}

/// A website that is to be stored.
pub(crate) struct NewWebsite<'a> {
    pub(crate) id: WebsiteId,
    pub(crate) collection: CollectionId,
    pub(crate) space: SpaceId,
    pub(crate) name: &'a str,
    pub(crate) settings: &'a CrawlSettings,
    pub(crate) schedule: &'a Schedule,
    pub(crate) plan: Option<Plan>,
    pub(crate) credentials: Option<SealedCredentials>,
    pub(crate) paused: bool,
    /// What the chunks of its collection are embedded with.
    pub(crate) model: String,
}

/// Kind, name, sealed and shown secret.
fn credential_params(credentials: Option<&SealedCredentials>) -> [Value; 4] {
    [
        credentials.map(|c| c.kind.as_str()).into(),
        credentials.map(|c| c.name.as_str()).into(),
        credentials.map(|c| c.sealed.as_str()).into(),
        credentials.map(|c| c.masked.as_str()).into(),
    ]
}

/// The job of the schedule; cron, jitter and gap, null if there is none.
fn plan_params(website: WebsiteId, space: SpaceId, plan: Option<&Plan>) -> [Value; 4] {
    let mut job = serde_json::Map::new();
    if let Value::Json(serde_json::Value::Object(template)) =
        NewJob::template::<CrawlWebsite>().in_space(space).into()
    {
        job = template;
    }
    job.insert("payload".to_owned(), json!(CrawlWebsite { website_id: website, run_id: None }));
    [
        serde_json::Value::Object(job).into(),
        plan.map(|plan| plan.cron.as_str()).into(),
        plan.map(|plan| plan.jitter_seconds).into(),
        plan.map(|plan| plan.gap_seconds).into(),
    ]
}

/// False if the tenant has as many as it may. Two that are made at once may pass the limit together
/// by one.
pub(crate) async fn insert(cx: &Cx, new: NewWebsite<'_>) -> Result<bool> {
    let sql = "with c as (
          insert into collections (id, tenant_id, space_id, name, created_by, embedding_model)
          select $2, $3, $4, $5::text, $6, $7::text from tenants t
           where t.id = $3 and (select count(*) from websites) < t.max_websites
          returning id
        ), w as (
          insert into websites (id, tenant_id, space_id, collection_id, name, settings, schedule, paused, created_by,
                                credential_kind, credential_name, credential_sealed, credential_shown)
          select $1, $3, $4, c.id, $5::text, $8::jsonb, $9::jsonb, $10::bool, $6, $11::text, $12::text, $13::text, $14::text from c
          returning id, tenant_id
        ), s as (
          insert into schedules (tenant_id, website_id, kind, job, cron, time_zone, jitter_seconds, gap_seconds)
          select w.tenant_id, w.id, $15::text, $16::jsonb, $17::text, $20::text, $18::int4, $19::int4 from w where $17::text is not null
        )
        select id from w";
    let [kind, name, sealed, shown] = credential_params(new.credentials.as_ref());
    let [job, cron, jitter, gap] = plan_params(new.id, new.space, new.plan.as_ref());
    let params = [
        new.id.into(),
        new.collection.into(),
        cx.tenant()?.into(),
        new.space.into(),
        new.name.into(),
        cx.user()?.into(),
        new.model.as_str().into(),
        wire::kept(new.settings)?.into(),
        wire::kept(new.schedule)?.into(),
        new.paused.into(),
        kind,
        name,
        sealed,
        shown,
        CrawlWebsite::KIND.into(),
        job,
        cron,
        jitter,
        gap,
        new.schedule.time_zone.as_str().into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

/// What of a website is to be stored again; None: it stays.
pub(crate) struct Change<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) settings: Option<&'a CrawlSettings>,
    pub(crate) schedule: Option<&'a Schedule>,
    pub(crate) time_zone: &'a str,
    pub(crate) plan: Option<Plan>,
    /// `Some(None)` removes them.
    pub(crate) credentials: Option<Option<SealedCredentials>>,
    pub(crate) paused: bool,
}

/// Whether start URLs are those of this website, and there are credentials as it says. It stays so
/// until the transaction ends; a website that is gone is as it was.
async fn is_as_before(tx: &mut Transaction<'_>, website: &Website) -> Result<bool> {
    let sql = "select (settings->'start_urls') is not distinct from $2 and credential_kind is not distinct from $3 as same
          from websites where id = $1 for update";
    let kind = website.credentials.as_ref().map(|credentials| credentials.kind.as_str());
    let starts = json!(website.settings.start_urls);
    let rows = tx.query(sql, &[website.id.into(), starts.into(), kind.into()]).await?;
    rows.first().map_or(Ok(true), |row| row.get("same"))
}

/// The schedule's row keeps its next time unless what it says has changed. False, and nothing is
/// written, if what credentials depend on is not as it was when they were checked.
pub(crate) async fn update(cx: &Cx, website: &Website, change: Change<'_>) -> Result<bool> {
    let mut tx = cx.db.begin().await?;
    if (change.settings.is_some() || change.credentials.is_some())
        && !is_as_before(&mut tx, website).await?
    {
        tx.rollback().await?;
        return Ok(false);
    }
    if let Some(credentials) = &change.credentials {
        // Apart, because a component that keeps what is sealed would have to read it.
        let sql = "update websites set credential_kind = $2, credential_name = $3, credential_sealed = $4, credential_shown = $5 where id = $1";
        let [kind, name, sealed, shown] = credential_params(credentials.as_ref());
        tx.execute(sql, &[website.id.into(), kind, name, sealed, shown]).await?;
    }
    let sql = "with w as (
          update websites
             set name = coalesce($2::text, name), settings = coalesce($3::jsonb, settings), schedule = coalesce($4::jsonb, schedule),
                 paused = $5, failures = 0, retry_at = null
           where id = $1
          returning id, tenant_id, collection_id
        ), c as (
          update collections c set name = $2::text from w where c.id = w.collection_id and $2::text is not null
        ), gone as (
          delete from schedules s using w where s.website_id = w.id and $8::text is null
        )
        insert into schedules as s (tenant_id, website_id, kind, job, cron, time_zone, jitter_seconds, gap_seconds)
        select w.tenant_id, w.id, $6::text, $7::jsonb, $8::text, $11::text, $9::int4, $10::int4 from w where $8::text is not null
        on conflict (tenant_id, website_id) where website_id is not null do update
           set job = excluded.job, cron = excluded.cron, time_zone = excluded.time_zone, jitter_seconds = excluded.jitter_seconds,
               gap_seconds = excluded.gap_seconds, error = null,
               next_run_at = case when (s.cron, s.time_zone, s.jitter_seconds, s.gap_seconds)
                                       = (excluded.cron, excluded.time_zone, excluded.jitter_seconds, excluded.gap_seconds)
                                  then s.next_run_at end";
    let [job, cron, jitter, gap] = plan_params(website.id, website.space_id, change.plan.as_ref());
    let params = [
        website.id.into(),
        change.name.into(),
        change.settings.map(wire::kept).transpose()?.into(),
        change.schedule.map(wire::kept).transpose()?.into(),
        change.paused.into(),
        CrawlWebsite::KIND.into(),
        job,
        cron,
        jitter,
        gap,
        change.time_zone.into(),
    ];
    tx.execute(sql, &params).await?;
    tx.commit().await?;
    Ok(true)
}

/// With its collection everything of it goes. A crawl that stores pages at the same time locks them
/// in another order: Postgres then ends one of the two, and the deletion is tried again.
pub(crate) async fn delete(cx: &Cx, website: WebsiteId) -> Result<()> {
    let sql =
        "delete from collections c using websites w where w.id = $1 and c.id = w.collection_id";
    for _ in 1..DELETE_ATTEMPTS {
        match cx.db.execute_at_length(sql, &[website.into()]).await {
            Err(error) if error.sqlstate.as_deref() == Some(DEADLOCK) => {}
            other => return Ok(other.map(drop)?),
        }
    }
    cx.db.execute_at_length(sql, &[website.into()]).await?;
    Ok(())
}
