//! Every SQL statement of identity.

pub(crate) mod account;
pub(crate) mod api_keys;
pub(crate) mod directory;
pub(crate) mod groups;
pub(crate) mod links;
pub(crate) mod operators;
pub(crate) mod roles;
pub(crate) mod settings;
pub(crate) mod tenants;
pub(crate) mod users;

use kernel::{
    Code, Problem, Result,
    id::{SessionId, SpaceId, TenantId, UserId},
};
use platform::{
    Cx,
    pg::{Db, Value},
};

use crate::session::{Client, Federated, GRACE_SECONDS, IDLE_SECONDS, LIFETIME_SECONDS};

pub(crate) struct SignIn {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) password_hash: Option<String>,
    pub(crate) device_epoch: i32,
}

/// Who may sign in with an address, and the highest cost of the imported bcrypt hashes that the installation still has.
pub(crate) async fn find_sign_in(
    db: &Db,
    email: &str,
    tenant_slug: Option<&str>,
) -> Result<(Vec<SignIn>, Option<u32>)> {
    let sql = "select lookup.bcrypt_cost() as bcrypt_cost, s.tenant_id, s.user_id, s.password_hash, s.device_epoch, s.entrance
          from (select) one left join lookup.sign_in($1::text, $2::text) s on true";
    let rows = db.query(sql, &[email.into(), tenant_slug.into()]).await?;
    let mut found = Vec::new();
    for row in &rows {
        if let Some(tenant) = row.get("tenant_id")? {
            let (user, password_hash) = (row.get("user_id")?, row.get("password_hash")?);
            found.push(SignIn { tenant, user, password_hash, device_epoch: row.get("device_epoch")? });
        }
    }
    let cost = rows.first().map_or(Ok(None), |row| row.get::<Option<i32>>("bcrypt_cost"))?;
    Ok((found, cost.and_then(|cost| u32::try_from(cost).ok())))
}

/// Puts a new hash in the place of the one that was checked, unless it has been changed meanwhile; answers the epoch of known browsers then.
pub(crate) async fn replace_password_hash(cx: &Cx, user: UserId, old: &str, new: &str) -> Result<Option<i32>> {
    let sql = "update users set password_hash = $3 where id = $1 and password_hash = $2 returning device_epoch";
    let row = cx.db.optional(sql, &[user.into(), old.into(), new.into()]).await?;
    row.map(|row| row.get("device_epoch")).transpose()
}

pub(crate) async fn session_tenant(db: &Db, session: SessionId) -> Result<Option<TenantId>> {
    let row = db.optional("select tenant_id, entrance from lookup.session_tenant($1)", &[session.into()]).await?;
    row.map(|row| row.get("tenant_id")).transpose()
}

pub(crate) async fn link_tenant(db: &Db, token_hash: &[u8]) -> Result<Option<TenantId>> {
    let row =
        db.optional("select tenant_id, entrance from lookup.link_tenant($1)", &[token_hash.to_vec().into()]).await?;
    row.map(|row| row.get("tenant_id")).transpose()
}

pub(crate) async fn setup_state(db: &Db) -> Result<(Option<TenantId>, bool)> {
    let row = db.one("select tenant_id, has_users from lookup.setup_state()", &[]).await?;
    Ok((row.get("tenant_id")?, row.get("has_users")?))
}

pub(crate) async fn insert_session(
    cx: &Cx,
    id: SessionId,
    user: UserId,
    refresh_hash: &[u8],
    client: &Client,
    at: Option<&Federated>,
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

/// The session's user, if generation and hash are those of the newest token and nothing has run out.
pub(crate) async fn rotate_session(
    cx: &Cx,
    id: SessionId,
    (generation, old): (i32, &[u8]),
    new: &[u8],
) -> Result<Option<UserId>> {
    let sql = "update sessions set refresh_hash = $4, generation = generation + 1, rotated_at = now(),
               idle_expires_at = now() + make_interval(secs => $5::int4)
        where id = $1 and generation = $2 and refresh_hash = $3
          and revoked_at is null and idle_expires_at > now() and expires_at > now()
        returning user_id";
    let params = [id.into(), generation.into(), old.to_vec().into(), new.to_vec().into(), IDLE_SECONDS.into()];
    cx.db.optional(sql, &params).await?.map(|row| row.get("user_id")).transpose()
}

/// The user whose session it is, where this secret became the newest one a moment ago.
pub(crate) async fn just_rotated(cx: &Cx, id: SessionId, newest: &[u8], generation: i32) -> Result<Option<UserId>> {
    let sql = "select user_id from sessions
         where id = $1 and refresh_hash = $2 and generation = $3 and rotated_at > now() - make_interval(secs => $4::int4)
           and revoked_at is null and idle_expires_at > now() and expires_at > now()";
    let params = [id.into(), newest.to_vec().into(), generation.into(), GRACE_SECONDS.into()];
    cx.db.optional(sql, &params).await?.map(|row| row.get("user_id")).transpose()
}

/// Ends the session if a token was reused: one that we made (`ours`) and that is not the newest, or the newest with another generation. The
/// newest one that has merely run out ends nothing.
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

pub(crate) async fn revoke_session(cx: &Cx, id: SessionId, reason: &'static str) -> Result<()> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = $2 where id = $1 and revoked_at is null";
    cx.db.execute(sql, &[id.into(), reason.into()]).await?;
    Ok(())
}

pub(crate) async fn insert_tenant(cx: &Cx, slug: &str, name: &str) -> Result<()> {
    let sql = "insert into tenants (id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing";
    cx.db.execute(sql, &[cx.tenant()?.into(), slug.into(), name.into()]).await?;
    Ok(())
}

pub(crate) async fn replace_setup_link(cx: &Cx, token_hash: &[u8], seconds: i32) -> Result<()> {
    let sql = "with older as (delete from one_time_links where kind = 'setup')
        insert into one_time_links (id, tenant_id, kind, token_hash, expires_at)
        values ($1, $2, 'setup', $3, now() + make_interval(secs => $4::int4))";
    let id: kernel::id::SessionId = cx.new_id()?;
    cx.db.execute(sql, &[id.into(), cx.tenant()?.into(), token_hash.to_vec().into(), seconds.into()]).await?;
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

/// Makes the administrator and their personal space. With a link (the hash of its token, and the organisation's name): only if this statement
/// uses it, so that of several requests with one link one makes an administrator. None if the link is not good any more.
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
    let made = cx.db.optional(sql, &params).await.map_err(|error| match error.unique_violation() {
        Some("users_email_key") => Problem::new(Code::Conflict, "a user with this address exists already"),
        _ => error.into(),
    })?;
    made.map(|row| row.get("id")).transpose()
}
