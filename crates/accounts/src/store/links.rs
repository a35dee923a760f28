//! The SQL of links that are mailed.

use kernel::{
    Result,
    id::{SessionId, UserId},
};
use platform::{Cx, pg::Db};
use queue::NewJob;

use crate::{
    job::SendEmail,
    link_email::{LinkEmail, LinkPurpose},
};

pub(crate) async fn queue(db: &Db) -> Result<i64> {
    let job = NewJob::template::<SendEmail>();
    db.one("select lookup.queue_resets($1) as queued", &[job.into()]).await?.get("queued")
}

/// The insert reads from the delete, so that it runs after it.
pub(crate) async fn make(
    cx: &Cx,
    link: SessionId,
    purpose: LinkPurpose,
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
    let params = [
        link.into(),
        user.into(),
        purpose.as_str().into(),
        token_hash.to_vec().into(),
        seconds.into(),
    ];
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
