//! The SQL of one-time links that set a password: invitations and resets.

use kernel::{
    Result,
    id::{JobId, SpaceId, TenantId, UserId},
};
use platform::{Cx, pg::Db};

pub(crate) async fn tenant_of(db: &Db, token_hash: &[u8]) -> Result<Option<TenantId>> {
    let row = db
        .optional(
            "select tenant_id, entrance from lookup.link_tenant($1)",
            &[token_hash.to_vec().into()],
        )
        .await?;
    row.map(|row| row.get("tenant_id")).transpose()
}

/// The user of an unused invitation: address, name, organisation.
pub(crate) async fn invited(
    cx: &Cx,
    token_hash: &[u8],
) -> Result<Option<(String, String, String)>> {
    let sql = "select u.email, u.display_name, t.name as organisation
          from one_time_links l join users u on u.id = l.user_id join tenants t on t.id = l.tenant_id
         where l.token_hash = $1 and l.kind = 'invitation' and l.used_at is null and l.expires_at > now()
           and u.state = 'invited' and u.deleted_at is null and t.state = 'active'";
    let row = cx.db.optional(sql, &[token_hash.to_vec().into()]).await?;
    row.map(|row| Ok((row.get("email")?, row.get("display_name")?, row.get("organisation")?)))
        .transpose()
}

/// Uses an invitation: sets password, name, personal space; returns the user, and the epoch of
/// known browsers. None if the link is no longer valid for the user. The user's row is locked
/// before the link's, as in a promotion: if that ends the link first, it counts.
pub(crate) async fn accept(
    cx: &Cx,
    token_hash: &[u8],
    password_hash: &str,
    name: Option<&str>,
) -> Result<Option<(UserId, i32)>> {
    let space: SpaceId = cx.new_id()?;
    let sql = "with who as (
          select u.id from one_time_links l join users u on u.id = l.user_id
           where l.token_hash = $1 and u.state = 'invited' and u.deleted_at is null for update of u
        ), used as (
          update one_time_links l set used_at = now() from who
           where l.token_hash = $1 and l.user_id = who.id and l.kind = 'invitation' and l.used_at is null and l.expires_at > now() returning l.user_id
        ), u as (
          update users set password_hash = $2, display_name = coalesce($3::text, display_name), state = 'active'
            from used where users.id = used.user_id and users.state = 'invited' and users.deleted_at is null
          returning users.id, users.tenant_id, users.device_epoch
        ), s as (
          insert into spaces (id, tenant_id, name, kind, created_by) select $4, tenant_id, 'Personal', 'personal', id from u
          on conflict do nothing returning id, tenant_id, created_by
        ), m as (
          insert into space_members (tenant_id, space_id, user_id, role) select tenant_id, id, created_by, 'owner' from s
        )
        select id, device_epoch from u";
    let params = [token_hash.to_vec().into(), password_hash.into(), name.into(), space.into()];
    let row = cx.db.optional(sql, &params).await?;
    row.map(|row| Ok((row.get("id")?, row.get("device_epoch")?))).transpose()
}

pub(crate) async fn request(
    db: &Db,
    id: JobId,
    email: &str,
    tenant_slug: Option<&str>,
) -> Result<()> {
    let sql = "insert into reset_requests (id, email, tenant_slug) values ($1, $2, $3)";
    db.execute(sql, &[id.into(), email.into(), tenant_slug.into()]).await?;
    Ok(())
}

/// The user of an unused reset link: address and name.
pub(crate) async fn person_of_reset(
    cx: &Cx,
    token_hash: &[u8],
) -> Result<Option<(String, String)>> {
    let sql =
        "select u.email, u.display_name from one_time_links l join users u on u.id = l.user_id
         where l.token_hash = $1 and l.kind = 'reset' and l.used_at is null and l.expires_at > now()
           and u.state = 'active' and u.deleted_at is null";
    let row = cx.db.optional(sql, &[token_hash.to_vec().into()]).await?;
    row.map(|row| Ok((row.get("email")?, row.get("display_name")?))).transpose()
}

/// Uses a link: sets the password, ends other links for it and all sessions. None if the link is no
/// longer valid for the user.
pub(crate) async fn reset(
    cx: &Cx,
    token_hash: &[u8],
    password_hash: &str,
) -> Result<Option<String>> {
    let sql = "with used as (
          update one_time_links set used_at = now()
           where token_hash = $1 and kind = 'reset' and used_at is null and expires_at > now() returning user_id
        ), u as (
          update users set password_hash = $2 from used
           where users.id = used.user_id and users.state = 'active' and users.deleted_at is null
             and exists (select from tenants t where t.id = users.tenant_id and t.state = 'active')
          returning users.id, users.email
        ), others as (
          update one_time_links l set used_at = now() from u
           where l.user_id = u.id and l.kind = 'reset' and l.used_at is null and l.token_hash <> $1
        ), ended as (
          update sessions s set revoked_at = now(), revoked_reason = 'password_reset' from u
           where s.user_id = u.id and s.revoked_at is null
        )
        select email from u";
    let row = cx.db.optional(sql, &[token_hash.to_vec().into(), password_hash.into()]).await?;
    row.map(|row| row.get("email")).transpose()
}
