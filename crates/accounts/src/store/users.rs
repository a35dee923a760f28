//! The SQL of users and invitations, as administrators manage them.

use access::Permissions;
use kernel::{
    PageRequest, Problem, ReasonCode, Result, Timestamp,
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

/// A change; absent members stay as they are.
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
        permissions: row
            .get::<Option<Vec<String>>>("permissions")?
            .map_or(Permissions::of(role), Permissions::named),
        state: State::parse(&state)
            .ok_or_else(|| Problem::internal(format!("users.state: `{state}`")))?,
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

/// In every order but `Newest`, a page begins after the user whom the cursor names, at that user's
/// current position.
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

pub(crate) async fn list(
    cx: &Cx,
    filter: &Filter,
    request: PageRequest,
) -> Result<(Vec<UserAccount>, i64)> {
    let [limit, at, id] = page_params(request);
    let params =
        [limit, at, id, filter.query.as_str().into(), filter.state.map(State::as_str).into()];
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
        Some("users_email_key") => {
            Problem::conflict(ReasonCode::AddressTaken, "a user with this address exists already")
        }
        Some("users_user_name_key") => Problem::conflict(
            ReasonCode::UserNameTaken,
            "the directory gave this user name to another person meanwhile",
        ),
        _ => error.into(),
    }
}

pub(crate) async fn insert(
    cx: &Cx,
    user: UserId,
    email: &str,
    name: &str,
    role: TenantRole,
) -> Result<()> {
    let sql = "insert into users (id, tenant_id, email, display_name, role, state) values ($1, $2, $3, $4, $5, 'invited')";
    let params =
        [user.into(), cx.tenant()?.into(), email.into(), name.into(), role.as_str().into()];
    cx.db.execute(sql, &params).await.map_err(taken)?;
    Ok(())
}

/// A user as they were when the caller's right to change them was checked.
pub(crate) struct CheckedUser<'a> {
    pub(crate) person: &'a UserAccount,
    /// The permissions that neither their old nor their new role had at the check: if one of the
    /// roles has gained any of them, the check no longer holds.
    pub(crate) not_allowed: Vec<String>,
}

/// Changes a user who is not deleted and still has the roles of `seen`, and ends their sessions if
/// they may no longer sign in. False if the user differs, if a custom role has gained permissions,
/// or if no active administrator would remain. The rows are locked: those of roles, so that none
/// gains permissions before this is written; those of administrators, so that two of them cannot
/// demote each other.
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

/// False if the user is not deleted any more, has other roles than in `seen`, or the custom role
/// has gained permissions.
pub(crate) async fn restore(cx: &Cx, seen: &CheckedUser<'_>) -> Result<bool> {
    let sql = "with held as (select r.permissions from roles r where r.id = $3::uuid for share)
        update users set deleted_at = null
         where id = $1 and deleted_at is not null and role = $2 and custom_role_id is not distinct from $3::uuid
           and not exists (select from held h where h.permissions && $4::text[])";
    let person = seen.person;
    let params = [
        person.id.into(),
        person.role.as_str().into(),
        person.custom_role.into(),
        seen.not_allowed.clone().into(),
    ];
    Ok(cx.db.execute(sql, &params).await.map_err(taken)? == 1)
}

/// Creates a new link, which the inviter sees, and a job that mails another one, because this
/// secret is not stored. None if the user is not waiting for an invitation any more, has other
/// roles than in `seen`, or the custom role has gained permissions. The rows are locked, so that a
/// concurrent promotion comes before this, or ends this link.
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
    let job =
        NewJob::new(job, &SendEmail { mail: LinkPurpose::Invitation, user_id: seen.person.id });
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
