//! The SQL of the set-up: the first tenant, its link and its administrator.

use kernel::{
    Problem, ReasonCode, Result,
    id::{SpaceId, TenantId, UserId},
};
use platform::{
    Cx,
    pg::{Db, Value},
};

pub(crate) async fn state(db: &Db) -> Result<(Option<TenantId>, bool)> {
    let row = db.one("select tenant_id, has_users from lookup.setup_state()", &[]).await?;
    Ok((row.get("tenant_id")?, row.get("has_users")?))
}

pub(crate) async fn insert_tenant(cx: &Cx, slug: &str, name: &str) -> Result<()> {
    let sql =
        "insert into tenants (id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing";
    cx.db.execute(sql, &[cx.tenant()?.into(), slug.into(), name.into()]).await?;
    Ok(())
}

pub(crate) async fn replace_link(cx: &Cx, token_hash: &[u8], seconds: i32) -> Result<()> {
    let sql = "with older as (delete from one_time_links where kind = 'setup')
        insert into one_time_links (id, tenant_id, kind, token_hash, expires_at)
        values ($1, $2, 'setup', $3, now() + make_interval(secs => $4::int4))";
    let id: kernel::id::SessionId = cx.new_id()?;
    cx.db
        .execute(sql, &[id.into(), cx.tenant()?.into(), token_hash.to_vec().into(), seconds.into()])
        .await?;
    Ok(())
}

/// The first administrator.
pub(crate) struct NewAdministrator<'a> {
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password_hash: &'a str,
}

macro_rules! administrator {
    ($allowed:literal) => {
        concat!(
            $allowed,
            ", u as (
              insert into users (id, tenant_id, email, display_name, role, password_hash)
              select $1, $2, $3, $4, 'admin', $5 from allowed returning id
            ), s as (
              insert into spaces (id, tenant_id, name, kind, created_by) select $6, $2, 'Personal', 'personal', id from u returning id
            ), m as (
              insert into space_members (tenant_id, space_id, user_id, role) select $2, s.id, u.id, 'owner' from s, u
            )
            select id from u"
        )
    };
}

/// Inserts the administrator and their personal space. With a link (the hash of its token, and the
/// organisation's name): only if this statement uses it, so that of several requests with one link
/// one makes an administrator. None if the link is no longer valid.
pub(crate) async fn insert_administrator(
    cx: &Cx,
    new: &NewAdministrator<'_>,
    link: Option<(&[u8], &str)>,
) -> Result<Option<UserId>> {
    let (user, space): (UserId, SpaceId) = (cx.new_id()?, cx.new_id()?);
    let mut params: Vec<Value> = vec![
        user.into(),
        cx.tenant()?.into(),
        new.email.into(),
        new.name.into(),
        new.password_hash.into(),
        space.into(),
    ];
    let sql = match link {
        None => administrator!("with allowed as (select 1)"),
        Some((token_hash, organisation)) => {
            params.extend([token_hash.to_vec().into(), organisation.into()]);
            administrator!(
                "with allowed as (
                  update one_time_links set used_at = now()
                   where token_hash = $7 and kind = 'setup' and used_at is null and expires_at > now() returning 1
                ), t as (
                  update tenants set name = $8 from allowed where tenants.id = $2
                )"
            )
        }
    };
    let made =
        cx.db.optional(sql, &params).await.map_err(|error| match error.unique_violation() {
            Some("users_email_key") => Problem::conflict(
                ReasonCode::AddressTaken,
                "a user with this address exists already",
            ),
            _ => error.into(),
        })?;
    made.map(|row| row.get("id")).transpose()
}
