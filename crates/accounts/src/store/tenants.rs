//! The SQL of tenants, as operators see them.

use credentials::OperatorContext;
use kernel::{PageRequest, Problem, ReasonCode, Result, Timestamp, id::TenantId, id::UserId};
use platform::{
    Cx,
    pg::{Db, Error, Row, page_params},
};
use serde_json::Value;
use uuid::Uuid;

use crate::tenants::{Change, Tenant};

macro_rules! columns {
    () => {
        "t.id, t.slug, t.name, t.state, t.storage_quota_bytes, t.max_websites, t.max_website_pages, t.max_crawls,
         micros(t.created_at) as created_at, micros(t.updated_at) as updated_at"
    };
}

fn read(row: &Row) -> Result<Tenant> {
    Ok(Tenant {
        id: row.get("id")?,
        slug: row.get("slug")?,
        name: row.get("name")?,
        active: row.get::<String>("state")? == "active",
        storage_quota_bytes: row.get("storage_quota_bytes")?,
        max_websites: row.get("max_websites")?,
        max_website_pages: row.get("max_website_pages")?,
        max_crawls: row.get("max_crawls")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("tenants_slug_key") => Problem::conflict(
            ReasonCode::NameTaken,
            "an organisation with this short name exists already",
        ),
        _ => error.into(),
    }
}

pub(crate) async fn list(db: &Db, request: PageRequest) -> Result<(Vec<Tenant>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from tenants) as total from tenants t where before_cursor(t.created_at, t.id, $2, $3)
         order by t.created_at desc, t.id desc limit $1"
    );
    let rows = db.query(sql, &page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(db: &Db, tenant: TenantId) -> Result<Option<Tenant>> {
    let sql = concat!("select ", columns!(), " from tenants t where t.id = $1");
    db.optional(sql, &[tenant.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn stored(cx: &Cx) -> Result<i64> {
    cx.db
        .one("select coalesce(sum(size_bytes), 0)::bigint as stored from blobs", &[])
        .await?
        .get("stored")
}

/// The first administrator of a new tenant.
pub(crate) struct FirstAdministrator<'a> {
    pub(crate) user: UserId,
    pub(crate) email: &'a str,
    pub(crate) token_hash: &'a [u8],
    pub(crate) seconds: i32,
}

/// Inserts the tenant, its administrator and the invitation; returns when the invitation expires.
pub(crate) async fn insert(
    cx: &Cx,
    slug: &str,
    name: &str,
    quota: Option<i64>,
    invited: &FirstAdministrator<'_>,
) -> Result<Timestamp> {
    let sql = "with t as (
          insert into tenants (id, slug, name, storage_quota_bytes) values ($1, $2, $3, coalesce($4::int8, 10737418240)) returning id
        ), u as (
          insert into users (id, tenant_id, email, display_name, role, state)
          select $5, t.id, $6::text, split_part($6::text, '@', 1), 'admin', 'invited' from t returning id, tenant_id
        )
        insert into one_time_links (id, tenant_id, user_id, kind, token_hash, expires_at)
        select $7, u.tenant_id, u.id, 'invitation', $8, now() + make_interval(secs => $9::int4) from u
        returning micros(expires_at) as expires_at";
    let link: Uuid = cx.new_id()?;
    let params = [
        cx.tenant()?.into(),
        slug.into(),
        name.into(),
        quota.into(),
        invited.user.into(),
        invited.email.into(),
        link.into(),
        invited.token_hash.to_vec().into(),
        invited.seconds.into(),
    ];
    cx.db.one(sql, &params).await.map_err(taken)?.get("expires_at")
}

pub(crate) async fn update(cx: &Cx, change: &Change) -> Result<Option<Tenant>> {
    let sql = concat!(
        "update tenants t set slug = coalesce($2::text, slug), name = coalesce($3::text, name),
                state = case when $4::bool is null then state when $4 then 'active' else 'suspended' end,
                storage_quota_bytes = coalesce($5::int8, storage_quota_bytes), max_websites = coalesce($6::int4, max_websites),
                max_website_pages = coalesce($7::int4, max_website_pages), max_crawls = coalesce($8::int4, max_crawls)
          where id = $1 returning ",
        columns!()
    );
    let params = [
        cx.tenant()?.into(),
        change.slug.as_deref().into(),
        change.name.as_deref().into(),
        change.active.into(),
        change.storage_quota_bytes.into(),
        change.max_websites.into(),
        change.max_website_pages.into(),
        change.max_crawls.into(),
    ];
    cx.db.optional(sql, &params).await.map_err(taken)?.as_ref().map(read).transpose()
}

pub(crate) async fn delete(cx: &Cx) -> Result<()> {
    cx.db
        .execute_at_length(
            "delete from tenants where id = $1 and state = 'suspended'",
            &[cx.tenant()?.into()],
        )
        .await?;
    Ok(())
}

/// Writes an entry to the operators' log.
pub(crate) async fn note(
    operator: &OperatorContext,
    action: &str,
    tenant: TenantId,
    details: Value,
) -> Result<()> {
    let sql = "insert into operator_log (operator_id, action, about, details, address, request_id) values ($1, $2, $3, $4, $5, $6)";
    let origin = &operator.origin;
    let params = [
        operator.operator.id.into(),
        action.into(),
        tenant.into(),
        details.into(),
        origin.address.as_str().into(),
        origin.request_id.as_str().into(),
    ];
    operator.db.execute(sql, &params).await?;
    Ok(())
}
