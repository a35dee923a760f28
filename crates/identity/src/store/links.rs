//! The SQL of links that are mailed.

use kernel::{
    Result,
    id::{JobId, SessionId, UserId},
};
use platform::{Cx, pg::Db};
use queue::NewJob;

use crate::{
    job::SendEmail,
    reset::{LinkEmail, Purpose},
};

pub(crate) async fn request(db: &Db, id: JobId, email: &str, tenant_slug: Option<&str>) -> Result<()> {
    let sql = "insert into reset_requests (id, email, tenant_slug) values ($1, $2, $3)";
    db.execute(sql, &[id.into(), email.into(), tenant_slug.into()]).await?;
    Ok(())
}

pub(crate) async fn queue(db: &Db) -> Result<i64> {
    let job = NewJob::template::<SendEmail>();
    db.one("select lookup.queue_resets($1) as queued", &[job.into()]).await?.get("queued")
}

/// The insert reads from the delete, so that it comes after it.
pub(crate) async fn make(
    cx: &Cx,
    link: SessionId,
    purpose: Purpose,
    user: UserId,
    (token_hash, seconds): (&[u8], i32),
    token: String,
) -> Result<Option<LinkEmail>> {
    let sql = "with who as (
          select u.id, u.tenant_id, u.email, u.display_name, t.name as organisation, t.settings ->> 'language' as language
            from users u join tenants t on t.id = u.tenant_id
           where u.id = $2 and u.deleted_at is null and t.state = 'active'
             and u.state = case $3::text when 'invitation' then 'invited' else 'active' end
        ), older as (
          delete from one_time_links where user_id = $2 and (id = $1 or ($3 = 'reset' and kind = 'reset')) returning id
        ), made as (
          insert into one_time_links (id, tenant_id, user_id, kind, token_hash, expires_at)
          select $1, w.tenant_id, w.id, $3, $4, now() + make_interval(secs => $5::int4) from who w, (select count(*) from older) o
        )
        select email, display_name, organisation, language from who";
    let params = [link.into(), user.into(), purpose.as_str().into(), token_hash.to_vec().into(), seconds.into()];
    let row = cx.db.optional(sql, &params).await?;
    row.map(|row| {
        Ok(LinkEmail {
            email: row.get("email")?,
            display_name: row.get("display_name")?,
            organisation: row.get("organisation")?,
            language: row.get("language")?,
            token,
        })
    })
    .transpose()
}

/// Whose password an unused link is for: address and name.
pub(crate) async fn person_of_reset(cx: &Cx, token_hash: &[u8]) -> Result<Option<(String, String)>> {
    let sql = "select u.email, u.display_name from one_time_links l join users u on u.id = l.user_id
         where l.token_hash = $1 and l.kind = 'reset' and l.used_at is null and l.expires_at > now()
           and u.state = 'active' and u.deleted_at is null";
    let row = cx.db.optional(sql, &[token_hash.to_vec().into()]).await?;
    row.map(|row| Ok((row.get("email")?, row.get("display_name")?))).transpose()
}

/// Uses a link: password set, other links for it and all sessions ended. Nothing where link or person are not good for it any more.
pub(crate) async fn reset(cx: &Cx, token_hash: &[u8], password_hash: &str) -> Result<Option<String>> {
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
