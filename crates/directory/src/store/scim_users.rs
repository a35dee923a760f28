//! The SQL of users, as directories see them. A filter is a set of value lists; an empty list
//! matches every user.

use kernel::{
    Problem, Result,
    id::{SpaceId, UserId},
};
use platform::{
    Cx,
    pg::{Error, Row, Value},
};
use scim::{UserChange, UserQuery};

use crate::{DirectoryUser, Window, directory::taken};

macro_rules! columns {
    () => {
        "u.id, coalesce(u.user_name, u.email) as user_name, u.external_id, u.display_name, u.given_name, u.family_name, u.email,
         u.state <> 'inactive' as active, micros(u.created_at) as created_at, micros(u.updated_at) as updated_at"
    };
}

macro_rules! matching {
    () => {
        " from users u
           where u.deleted_at is null and u.id::text = all ($1::text[]) and lower(coalesce(u.user_name, u.email)) = all ($2::text[])
             and u.external_id = all ($3::text[]) and lower(u.display_name) = all ($4::text[]) and u.email = all ($5::text[])
             and (u.state <> 'inactive')::text = all ($6::text[])"
    };
}

fn read(row: &Row) -> Result<DirectoryUser> {
    Ok(DirectoryUser {
        id: row.get("id")?,
        user_name: row.get("user_name")?,
        external_id: row.get("external_id")?,
        display_name: row.get("display_name")?,
        given_name: row.get("given_name")?,
        family_name: row.get("family_name")?,
        email: row.get("email")?,
        active: row.get("active")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    query: &UserQuery,
    window: Window,
) -> Result<(Vec<DirectoryUser>, i64)> {
    let mut params: Vec<Value> = vec![
        query.ids.clone().into(),
        query.user_names.clone().into(),
        query.external_ids.clone().into(),
        query.display_names.clone().into(),
        query.emails.clone().into(),
        query.active.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
    ];
    let total =
        cx.db.one(concat!("select count(*) as total", matching!()), &params).await?.get("total")?;
    if window.limit == 0 {
        return Ok((Vec::new(), total));
    }
    params.extend([window.limit.into(), window.offset.into()]);
    let sql = concat!(
        "select ",
        columns!(),
        matching!(),
        " order by u.created_at, u.id limit $7 offset $8"
    );
    let rows = cx.db.query(sql, &params).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, user: UserId) -> Result<Option<DirectoryUser>> {
    let sql =
        concat!("select ", columns!(), " from users u where u.id = $1 and u.deleted_at is null");
    cx.db.optional(sql, &[user.into()]).await?.as_ref().map(read).transpose()
}

fn unique(error: Error) -> Problem {
    match error.unique_violation() {
        Some("users_user_name_key") => {
            taken("/userName", "a user with this userName exists already")
        }
        Some("users_email_key") => taken("/emails", "a user with this address exists already"),
        _ => error.into(),
    }
}

/// Inserts an active user (unless the directory says otherwise) with a personal space; false if the
/// user name is taken.
pub(crate) async fn insert(cx: &Cx, user: UserId, new: &UserChange) -> Result<bool> {
    let space: SpaceId = cx.new_id()?;
    let sql = "with u as (
          insert into users (id, tenant_id, email, display_name, role, state, user_name, external_id, given_name, family_name)
          select $1, $2, $3::text, $4::text, 'user', case when $5::bool then 'active' else 'inactive' end, $6::text, $7::text, $8::text, $9::text
           where not exists (select from users o where o.deleted_at is null and lower(coalesce(o.user_name, o.email)) = lower($6::text))
          returning id, tenant_id
        ), s as (
          insert into spaces (id, tenant_id, name, kind, created_by) select $10, tenant_id, 'Personal', 'personal', id from u
          returning id, tenant_id, created_by
        )
        insert into space_members (tenant_id, space_id, user_id, role) select tenant_id, id, created_by, 'owner' from s";
    let params = [
        user.into(),
        cx.tenant()?.into(),
        new.email.as_deref().into(),
        new.display_name.as_deref().into(),
        new.active.unwrap_or(true).into(),
        new.user_name.as_deref().into(),
        new.external_id.clone().flatten().into(),
        new.given_name.clone().flatten().into(),
        new.family_name.clone().flatten().into(),
        space.into(),
    ];
    Ok(cx.db.execute(sql, &params).await.map_err(unique)? == 1)
}

/// Changes or deletes a user, and ends their sessions if they may no longer sign in. False if no
/// active administrator would remain; the rows are locked, so that two administrators cannot leave
/// at once.
pub(crate) async fn update(
    cx: &Cx,
    user: UserId,
    change: &UserChange,
    delete: bool,
) -> Result<bool> {
    let sql = "with admins as (
          select id from users where role = 'admin' and state = 'active' and deleted_at is null for update
        ), changed as (
          update users u set user_name = coalesce($2::text, u.user_name), email = coalesce($3::text, u.email),
                 display_name = coalesce($4::text, u.display_name),
                 external_id = case when $5::bool then $6::text else u.external_id end,
                 given_name = case when $7::bool then $8::text else u.given_name end,
                 family_name = case when $9::bool then $10::text else u.family_name end,
                 state = case when $11::bool is null then u.state when $11 then 'active' else 'inactive' end,
                 deleted_at = case when $12::bool then now() end
           where u.id = $1 and u.deleted_at is null
             and (u.role <> 'admin' or u.state <> 'active' or (coalesce($11, true) and not $12)
                  or exists (select 1 from admins a where a.id <> $1))
          returning u.id, u.state, u.deleted_at
        ), ended as (
          update sessions s set revoked_at = now(), revoked_reason = 'access_ended' from changed c
           where s.user_id = c.id and s.revoked_at is null and (c.state = 'inactive' or c.deleted_at is not null)
        )
        select id from changed";
    let params = [
        user.into(),
        change.user_name.as_deref().into(),
        change.email.as_deref().into(),
        change.display_name.as_deref().into(),
        change.external_id.is_some().into(),
        change.external_id.clone().flatten().into(),
        change.given_name.is_some().into(),
        change.given_name.clone().flatten().into(),
        change.family_name.is_some().into(),
        change.family_name.clone().flatten().into(),
        change.active.into(),
        delete.into(),
    ];
    Ok(cx.db.optional(sql, &params).await.map_err(unique)?.is_some())
}
