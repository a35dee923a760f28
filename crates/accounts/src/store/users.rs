//! The SQL of looking after people, and of invitations.

use access::Permissions;
use kernel::{
    Code, PageRequest, Problem, Result, Timestamp,
    id::{JobId, RoleId, SessionId, UserId},
};
use platform::{
    Cx, TenantRole,
    pg::{Error, Row, page_params},
};
use queue::NewJob;

use crate::{
    job::SendEmail,
    link_email::LinkPurpose,
    users::{Filter, Sort, State, UserAccount},
};

/// What is to be changed; absent members stay.
#[derive(Default)]
pub(crate) struct Change<'a> {
    pub(crate) display_name: Option<&'a str>,
    pub(crate) role: Option<TenantRole>,
    pub(crate) custom_role: Option<Option<RoleId>>,
    pub(crate) active: Option<bool>,
    pub(crate) delete: bool,
}

macro_rules! columns {
    () => {
        "u.id, u.email, u.display_name, u.role, u.custom_role_id, (select micros(max(l.expires_at)) from one_time_links l
           where u.state = 'invited' and l.user_id = u.id and l.kind = 'invitation' and l.used_at is null and l.expires_at > now()) as invitation_expires_at,
         (select r.permissions from roles r where r.id = u.custom_role_id) as permissions, case when u.deleted_at is not null then 'deleted' else u.state end as state,
         micros(u.last_login_at) as last_login_at, micros(u.created_at) as created_at, micros(u.updated_at) as updated_at"
    };
}

fn read(row: &Row) -> Result<UserAccount> {
    let state: String = row.get("state")?;
    let role = TenantRole::parse(&row.get::<String>("role")?);
    Ok(UserAccount {
        id: row.get("id")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        role,
        custom_role: row.get("custom_role_id")?,
        permissions: row.get::<Option<Vec<String>>>("permissions")?.map_or(Permissions::of(role), Permissions::named),
        state: State::parse(&state).ok_or_else(|| Problem::internal(format!("users.state: `{state}`")))?,
        invitation_expires_at: row.get("invitation_expires_at")?,
        last_login_at: row.get("last_login_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

macro_rules! list {
    ($after:literal, $order:literal) => {
        concat!(
            "with found as (
              select u.* from (select id, email, display_name, role, custom_role_id, state, last_login_at, deleted_at, created_at, updated_at from users) u
               where (strpos(u.email, lower($4::text)) > 0 or strpos(lower(u.display_name), lower($4::text)) > 0)
                 and case when $5::text is null then u.deleted_at is null
                          else $5 = case when u.deleted_at is not null then 'deleted' else u.state end end
            )
            select ",
            columns!(),
            ", (select count(*) from found) as total from found u where ",
            $after,
            " order by ",
            $order,
            " limit $1"
        )
    };
}

/// Where it is not the order of making, a page begins after the person whom the cursor names, wherever they stand by then.
fn list_sql(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => list!("before_cursor(u.created_at, u.id, $2, $3)", "u.created_at desc, u.id desc"),
        Sort::Name => list!(
            "($2::bigint is null or (lower(u.display_name), u.id) > (select lower(c.display_name), c.id from users c where c.id = $3))",
            "lower(u.display_name), u.id"
        ),
        Sort::Email => list!(
            "($2::bigint is null or (u.email, u.id) > (select c.email, c.id from users c where c.id = $3))",
            "u.email, u.id"
        ),
        Sort::LastLogin => list!(
            "($2::bigint is null or (coalesce(u.last_login_at, '-infinity'), u.id)
               < (select coalesce(c.last_login_at, '-infinity'), c.id from users c where c.id = $3))",
            "coalesce(u.last_login_at, '-infinity') desc, u.id desc"
        ),
    }
}

pub(crate) async fn list(cx: &Cx, filter: &Filter, request: PageRequest) -> Result<(Vec<UserAccount>, i64)> {
    let [limit, at, id] = page_params(request);
    let params = [limit, at, id, filter.query.as_str().into(), filter.state.map(State::as_str).into()];
    let rows = cx.db.query(list_sql(filter.sort), &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, user: UserId) -> Result<Option<UserAccount>> {
    let sql = concat!("select ", columns!(), " from users u where u.id = $1");
    cx.db.optional(sql, &[user.into()]).await?.as_ref().map(read).transpose()
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("users_email_key") => Problem::new(Code::Conflict, "somebody with this address exists already"),
        Some("users_user_name_key") => {
            Problem::new(Code::Conflict, "the directory gave this person's user name to somebody else meanwhile")
        }
        _ => error.into(),
    }
}

pub(crate) async fn insert(cx: &Cx, user: UserId, email: &str, name: &str, role: TenantRole) -> Result<()> {
    let sql =
        "insert into users (id, tenant_id, email, display_name, role, state) values ($1, $2, $3, $4, $5, 'invited')";
    let params = [user.into(), cx.tenant()?.into(), email.into(), name.into(), role.as_str().into()];
    cx.db.execute(sql, &params).await.map_err(taken)?;
    Ok(())
}

/// Somebody as they were when it was decided that the caller may change them.
pub(crate) struct CheckedUser<'a> {
    pub(crate) person: &'a UserAccount,
    /// What neither their role nor the one that they are given allowed: if one of them does by now, that was not decided.
    pub(crate) not_allowed: Vec<String>,
}

/// Changes somebody who is not deleted and has the roles that they were seen with, and ends their sessions where they may not sign in any more.
/// False if they are not, or a custom role has grown, or where nobody who can act would be administrator then. The rows are locked: of roles, so
/// that none grows before this is written; of administrators, so that two of them cannot demote each other.
pub(crate) async fn update(cx: &Cx, seen: &CheckedUser<'_>, change: &Change<'_>) -> Result<bool> {
    let sql = "with held as (
          select r.permissions from roles r where r.id in ($7::uuid, $9::uuid) order by r.id for share
        ), admins as (
          select id from users where role = 'admin' and state = 'active' and deleted_at is null for update
        ), changed as (
          update users u set display_name = coalesce($2::text, u.display_name),
                 role = case when $7::uuid is not null then 'user' else coalesce($3::text, u.role) end,
                 custom_role_id = case when $6::bool then $7::uuid when $3 is not null then null else u.custom_role_id end,
                 state = case when $4::bool is null then u.state when not $4 then 'inactive'
                              when u.last_login_at is null then 'invited' else 'active' end,
                 deleted_at = case when $5::bool then now() end
           where u.id = $1 and u.deleted_at is null and u.role = $8 and u.custom_role_id is not distinct from $9::uuid
             and not exists (select from held h where h.permissions && $10::text[])
             and (u.role <> 'admin' or u.state <> 'active' or (coalesce($3, 'admin') = 'admin' and $7::uuid is null and coalesce($4, true) and not $5)
                  or exists (select 1 from admins a where a.id <> $1))
          returning u.id, u.state, u.deleted_at
        ), ended as (
          update sessions s set revoked_at = now(), revoked_reason = 'access_ended' from changed c
           where s.user_id = c.id and s.revoked_at is null and (c.state = 'inactive' or c.deleted_at is not null)
        )
        select id from changed";
    let person = seen.person;
    let params = [
        person.id.into(),
        change.display_name.into(),
        change.role.map(TenantRole::as_str).into(),
        change.active.into(),
        change.delete.into(),
        change.custom_role.is_some().into(),
        change.custom_role.flatten().into(),
        person.role.as_str().into(),
        person.custom_role.into(),
        seen.not_allowed.clone().into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

/// False if they are not deleted any more, have other roles than they were seen with, or the custom one has grown.
pub(crate) async fn restore(cx: &Cx, seen: &CheckedUser<'_>) -> Result<bool> {
    let sql = "with held as (select r.permissions from roles r where r.id = $3::uuid for share)
        update users set deleted_at = null
         where id = $1 and deleted_at is not null and role = $2 and custom_role_id is not distinct from $3::uuid
           and not exists (select from held h where h.permissions && $4::text[])";
    let person = seen.person;
    let params =
        [person.id.into(), person.role.as_str().into(), person.custom_role.into(), seen.not_allowed.clone().into()];
    Ok(cx.db.execute(sql, &params).await.map_err(taken)? == 1)
}

/// A new link, which is shown to the inviter; and a job that mails another, because this secret is not kept. None if they are not waiting for
/// one any more, have other roles than they were seen with, or the custom one has grown: the rows are locked, so that who promotes them comes before,
/// or ends this link.
pub(crate) async fn replace_invitation(
    cx: &Cx,
    (link, job): (SessionId, JobId),
    seen: &CheckedUser<'_>,
    token_hash: &[u8],
    seconds: i32,
) -> Result<Option<Timestamp>> {
    let sql = "with held as (
          select r.permissions from roles r where r.id = $7::uuid for share
        ), who as (
          select u.id, u.tenant_id from users u
           where u.id = $2 and u.state = 'invited' and u.deleted_at is null and u.role = $6 and u.custom_role_id is not distinct from $7::uuid
             and not exists (select from held h where h.permissions && $8::text[])
             for share
        ), older as (
          delete from one_time_links l using who where l.kind = 'invitation' and l.user_id = who.id
        ), link as (
          insert into one_time_links (id, tenant_id, user_id, kind, token_hash, expires_at)
          select $1, w.tenant_id, w.id, 'invitation', $3, now() + make_interval(secs => $4::int4) from who w
          returning expires_at
        )
        select micros(link.expires_at) as expires_at, enqueue_job($5) as job_id from link";
    let job = NewJob::new(job, &SendEmail { mail: LinkPurpose::Invitation, user_id: seen.person.id });
    let params = [
        link.into(),
        seen.person.id.into(),
        token_hash.to_vec().into(),
        seconds.into(),
        job.into(),
        seen.person.role.as_str().into(),
        seen.person.custom_role.into(),
        seen.not_allowed.clone().into(),
    ];
    cx.db.optional(sql, &params).await?.map(|row| row.get("expires_at")).transpose()
}
