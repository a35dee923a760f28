//! The SQL of sessions.

use kernel::{
    PageRequest, Result,
    id::{SessionId, TenantId, UserId},
};
use platform::{
    Cx,
    pg::{Db, Row, page_params},
};

use crate::session::{
    Client, FederatedIdentity, GRACE_SECONDS, IDLE_SECONDS, LIFETIME_SECONDS, SessionInfo,
};

fn read(row: &Row) -> Result<SessionInfo> {
    Ok(SessionInfo {
        id: row.get("id")?,
        user_agent: row.get("user_agent")?,
        address: row.get("address")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

pub(crate) async fn tenant_of(db: &Db, session: SessionId) -> Result<Option<TenantId>> {
    let row = db
        .optional("select tenant_id, entrance from lookup.session_tenant($1)", &[session.into()])
        .await?;
    row.map(|row| row.get("tenant_id")).transpose()
}

pub(crate) async fn insert(
    cx: &Cx,
    id: SessionId,
    user: UserId,
    refresh_hash: &[u8],
    client: &Client,
    at: Option<&FederatedIdentity>,
) -> Result<()> {
    let sql = "with seen as (update users set last_login_at = now() where id = $3)
        insert into sessions (id, tenant_id, user_id, refresh_hash, user_agent, address, idle_expires_at, expires_at,
                              oidc_issuer, oidc_client_id, oidc_subject, oidc_sid, oidc_id_token_sealed)
        values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7::int4), now() + make_interval(secs => $8::int4),
                $9, $10, $11, $12, $13)";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        user.into(),
        refresh_hash.to_vec().into(),
        client.user_agent.as_str().into(),
        client.address.as_str().into(),
        IDLE_SECONDS.into(),
        LIFETIME_SECONDS.into(),
        at.map(|at| at.issuer.as_str()).into(),
        at.map(|at| at.client_id.as_str()).into(),
        at.map(|at| at.subject.as_str()).into(),
        at.and_then(|at| at.sid.as_deref()).into(),
        at.and_then(|at| at.id_token_sealed.as_deref()).into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

/// The session's user, if generation and hash are those of the newest token and nothing has
/// expired.
pub(crate) async fn rotate(
    cx: &Cx,
    id: SessionId,
    (generation, old): (i32, &[u8]),
    new: &[u8],
) -> Result<Option<UserId>> {
    let sql =
        "update sessions set refresh_hash = $4, generation = generation + 1, rotated_at = now(),
               idle_expires_at = now() + make_interval(secs => $5::int4)
        where id = $1 and generation = $2 and refresh_hash = $3
          and revoked_at is null and idle_expires_at > now() and expires_at > now()
        returning user_id";
    let params = [
        id.into(),
        generation.into(),
        old.to_vec().into(),
        new.to_vec().into(),
        IDLE_SECONDS.into(),
    ];
    cx.db.optional(sql, &params).await?.map(|row| row.get("user_id")).transpose()
}

/// The session's user, if this secret became the newest one within the grace time.
pub(crate) async fn just_rotated(
    cx: &Cx,
    id: SessionId,
    newest: &[u8],
    generation: i32,
) -> Result<Option<UserId>> {
    let sql = "select user_id from sessions
         where id = $1 and refresh_hash = $2 and generation = $3 and rotated_at > now() - make_interval(secs => $4::int4)
           and revoked_at is null and idle_expires_at > now() and expires_at > now()";
    let params = [id.into(), newest.to_vec().into(), generation.into(), GRACE_SECONDS.into()];
    cx.db.optional(sql, &params).await?.map(|row| row.get("user_id")).transpose()
}

/// Ends the session if a token was reused: one that we made (`ours`) and that is not the newest, or
/// the newest with another generation. The newest token ends nothing if it has only expired.
pub(crate) async fn revoke_if_reused(
    cx: &Cx,
    id: SessionId,
    (generation, hash): (i32, &[u8]),
    ours: bool,
) -> Result<()> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = 'refresh_token_reused'
        where id = $1 and revoked_at is null
          and case when refresh_hash = $3 then generation <> $2 else $4::bool end";
    cx.db.execute(sql, &[id.into(), generation.into(), hash.to_vec().into(), ours.into()]).await?;
    Ok(())
}

pub(crate) async fn revoke(cx: &Cx, id: SessionId, reason: &'static str) -> Result<()> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = $2 where id = $1 and revoked_at is null";
    cx.db.execute(sql, &[id.into(), reason.into()]).await?;
    Ok(())
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<SessionInfo>, i64)> {
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

/// False if there is no such active session.
pub(crate) async fn end(cx: &Cx, session: SessionId) -> Result<bool> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = 'ended_by_user'
        where id = $1 and user_id = $2 and revoked_at is null and idle_expires_at > now() and expires_at > now()";
    Ok(cx.db.execute(sql, &[session.into(), cx.user()?.into()]).await? == 1)
}
