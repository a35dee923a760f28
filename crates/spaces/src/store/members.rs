//! The SQL of members.

use kernel::{
    PageRequest, Result,
    id::{SpaceId, UserId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::{Colleague, Member, Role};

fn read(row: &Row) -> Result<Member> {
    Ok(Member {
        user_id: row.get("user_id")?,
        display_name: row.get("display_name")?,
        email: row.get("email")?,
        role: Role::parse(&row.get::<String>("role")?),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    space: SpaceId,
    request: PageRequest,
) -> Result<(Vec<Member>, i64)> {
    let sql = "select m.user_id, u.display_name, u.email, m.role, micros(m.created_at) as created_at, micros(m.updated_at) as updated_at,
               (select count(*) from space_members n join users v on v.id = n.user_id where n.space_id = $4 and v.deleted_at is null) as total
          from space_members m join users u on u.id = m.user_id
         where m.space_id = $4 and u.deleted_at is null and before_cursor(m.created_at, m.user_id, $2, $3)
         order by m.created_at desc, m.user_id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, space.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, space: SpaceId, user: UserId) -> Result<Option<Member>> {
    let sql = "select m.user_id, u.display_name, u.email, m.role, micros(m.created_at) as created_at, micros(m.updated_at) as updated_at
          from space_members m join users u on u.id = m.user_id
         where m.space_id = $1 and m.user_id = $2 and u.deleted_at is null";
    cx.db.optional(sql, &[space.into(), user.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn is_person(cx: &Cx, user: UserId) -> Result<bool> {
    let sql =
        "select 1 as one from users where id = $1 and deleted_at is null and state <> 'inactive'";
    Ok(cx.db.optional(sql, &[user.into()]).await?.is_some())
}

/// False if the user is a member already.
pub(crate) async fn insert(cx: &Cx, space: SpaceId, user: UserId, role: Role) -> Result<bool> {
    let sql = "insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, $4) on conflict do nothing";
    let params = [cx.tenant()?.into(), space.into(), user.into(), role.as_str().into()];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

/// The active owners: a deleted or deactivated user cannot manage a space. The rows are locked, so
/// that two owners cannot leave at once. The administrators always own the hub.
macro_rules! owners {
    () => {
        "with owners as (
          select m.user_id from space_members m join users u on u.id = m.user_id
           where m.space_id = $1 and m.role = 'owner' and u.deleted_at is null and u.state <> 'inactive' for update of m
        )"
    };
}

/// False if no owner would remain.
pub(crate) async fn update(cx: &Cx, space: SpaceId, user: UserId, role: Role) -> Result<bool> {
    let sql = concat!(
        owners!(),
        " update space_members set role = $3 where space_id = $1 and user_id = $2
             and ($3 = 'owner' or exists (select 1 from owners o where o.user_id <> $2)
                  or exists (select 1 from spaces s where s.id = $1 and s.kind = 'organisation'))"
    );
    Ok(cx.db.execute(sql, &[space.into(), user.into(), role.as_str().into()]).await? == 1)
}

/// False if no owner would remain.
pub(crate) async fn delete(cx: &Cx, space: SpaceId, user: UserId) -> Result<bool> {
    let sql = concat!(
        owners!(),
        " delete from space_members where space_id = $1 and user_id = $2
             and (exists (select 1 from owners o where o.user_id <> $2)
                  or exists (select 1 from spaces s where s.id = $1 and s.kind = 'organisation'))"
    );
    Ok(cx.db.execute(sql, &[space.into(), user.into()]).await? == 1)
}

pub(crate) async fn people(
    cx: &Cx,
    query: &str,
    request: PageRequest,
) -> Result<(Vec<Colleague>, i64)> {
    let sql = "with found as (
          select u.id, u.display_name, u.email, u.created_at from users u
           where u.deleted_at is null and u.state <> 'inactive'
             and (strpos(u.email, lower($4::text)) > 0 or strpos(lower(u.display_name), lower($4::text)) > 0)
        )
        select f.id, f.display_name, f.email, micros(f.created_at) as created_at, (select count(*) from found) as total
          from found f where before_cursor(f.created_at, f.id, $2, $3)
         order by f.created_at desc, f.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, query.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let read = |row: &Row| {
        Ok(Colleague {
            id: row.get("id")?,
            display_name: row.get("display_name")?,
            email: row.get("email")?,
            created_at: row.get("created_at")?,
        })
    };
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}
