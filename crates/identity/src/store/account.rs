//! The SQL of people's own accounts.

use kernel::{PageRequest, Result, id::SessionId};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::account::Session;

fn read(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        user_agent: row.get("user_agent")?,
        address: row.get("address")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Session>, i64)> {
    let sql = "with alive as (
          select * from sessions where user_id = $4 and revoked_at is null and idle_expires_at > now() and expires_at > now()
        )
        select s.id, s.user_agent, s.address, micros(s.created_at) as created_at, micros(s.updated_at) as used_at,
               micros(s.expires_at) as expires_at, (select count(*) from alive) as total
          from alive s where before_cursor(s.created_at, s.id, $2, $3)
         order by s.created_at desc, s.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

/// False where there is none that is alive.
pub(crate) async fn end(cx: &Cx, session: SessionId) -> Result<bool> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = 'ended_by_user'
        where id = $1 and user_id = $2 and revoked_at is null and idle_expires_at > now() and expires_at > now()";
    Ok(cx.db.execute(sql, &[session.into(), cx.user()?.into()]).await? == 1)
}

/// The hash of the caller's password, and their address and name, of which a password is not to consist.
pub(crate) async fn password_hash(cx: &Cx) -> Result<(Option<String>, [String; 2])> {
    let sql = "select password_hash, email, display_name from users where id = $1";
    let row = cx.db.one(sql, &[cx.user()?.into()]).await?;
    Ok((row.get("password_hash")?, [row.get("email")?, row.get("display_name")?]))
}

/// Sets the hash and ends the other sessions; answers the epoch of known browsers.
pub(crate) async fn change_password(cx: &Cx, keep: SessionId, hash: &str) -> Result<i32> {
    let sql =
        "with changed as (update users set password_hash = $2 where id = $1 returning id, device_epoch), ended as (
          update sessions s set revoked_at = now(), revoked_reason = 'password_changed' from changed
           where s.user_id = changed.id and s.id <> $3 and s.revoked_at is null
        )
        select device_epoch from changed";
    cx.db.one(sql, &[cx.user()?.into(), hash.into(), keep.into()]).await?.get("device_epoch")
}
