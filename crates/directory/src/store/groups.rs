//! The SQL of user groups.

use accounts::users::State;
use kernel::{
    PageRequest, Problem, ReasonCode, Result,
    id::{self, UserGroupId, UserId},
};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};

use crate::groups::{GroupMember, UserGroup};

macro_rules! columns {
    () => {
        "g.id, g.name, g.external_id, micros(g.created_at) as created_at, micros(g.updated_at) as updated_at,
         (select count(*) from user_group_members n join users p on p.id = n.user_id
           where n.group_id = g.id and p.deleted_at is null) as member_count"
    };
}

macro_rules! members {
    () => {
        "select u.id, u.display_name, u.email, u.state, micros(m.created_at) as created_at,
                (select count(*) from user_group_members n join users p on p.id = n.user_id
                  where n.group_id = m.group_id and p.deleted_at is null) as total
           from user_group_members m join users u on u.id = m.user_id
          where u.deleted_at is null"
    };
}

fn read(row: &Row) -> Result<UserGroup> {
    Ok(UserGroup {
        id: row.get("id")?,
        name: row.get("name")?,
        external_id: row.get("external_id")?,
        member_count: row.get("member_count")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_member(row: &Row) -> Result<GroupMember> {
    let state: String = row.get("state")?;
    Ok(GroupMember {
        user_id: row.get("id")?,
        display_name: row.get("display_name")?,
        email: row.get("email")?,
        state: State::parse(&state)
            .ok_or_else(|| Problem::internal(format!("users.state: `{state}`")))?,
        created_at: row.get("created_at")?,
    })
}

fn total(rows: &[Row]) -> Result<i64> {
    rows.first().map_or(Ok(0), |row| row.get("total"))
}

pub(crate) async fn list(
    cx: &Cx,
    query: &str,
    request: PageRequest,
) -> Result<(Vec<UserGroup>, i64)> {
    let sql = concat!(
        "with found as (select g.* from user_groups g where strpos(lower(g.name), lower($4::text)) > 0)
        select ",
        columns!(),
        ", (select count(*) from found) as total
          from found g where before_cursor(g.created_at, g.id, $2, $3)
         order by g.created_at desc, g.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, query.into()]).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total(&rows)?))
}

pub(crate) async fn get(cx: &Cx, group: UserGroupId) -> Result<Option<UserGroup>> {
    let sql = concat!("select ", columns!(), " from user_groups g where g.id = $1");
    cx.db.optional(sql, &[group.into()]).await?.as_ref().map(read).transpose()
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("user_groups_name_key") => {
            Problem::conflict(ReasonCode::NameTaken, "a group with this name exists already")
        }
        _ => error.into(),
    }
}

pub(crate) async fn insert(cx: &Cx, group: UserGroupId, name: &str) -> Result<()> {
    let sql = "insert into user_groups (id, tenant_id, name) values ($1, $2, $3)";
    cx.db.execute(sql, &[group.into(), cx.tenant()?.into(), name.into()]).await.map_err(taken)?;
    Ok(())
}

pub(crate) async fn rename(cx: &Cx, group: UserGroupId, name: &str) -> Result<()> {
    let sql = "update user_groups set name = $2 where id = $1";
    cx.db.execute(sql, &[group.into(), name.into()]).await.map_err(taken)?;
    Ok(())
}

/// Whether the group existed.
pub(crate) async fn delete(cx: &Cx, group: UserGroupId) -> Result<bool> {
    Ok(cx.db.execute("delete from user_groups where id = $1", &[group.into()]).await? == 1)
}

pub(crate) async fn members(
    cx: &Cx,
    group: UserGroupId,
    request: PageRequest,
) -> Result<(Vec<GroupMember>, i64)> {
    let sql = concat!(
        members!(),
        " and m.group_id = $4 and before_cursor(m.created_at, m.user_id, $2, $3)
          order by m.created_at desc, m.user_id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, group.into()]).await?;
    Ok((rows.iter().map(read_member).collect::<Result<_>>()?, total(&rows)?))
}

pub(crate) async fn member(
    cx: &Cx,
    group: UserGroupId,
    user: UserId,
) -> Result<Option<GroupMember>> {
    let sql = concat!(members!(), " and m.group_id = $1 and m.user_id = $2");
    cx.db.optional(sql, &[group.into(), user.into()]).await?.as_ref().map(read_member).transpose()
}

pub(crate) async fn is_person(cx: &Cx, user: UserId) -> Result<bool> {
    let sql = "select 1 as one from users where id = $1 and deleted_at is null";
    Ok(cx.db.optional(sql, &[user.into()]).await?.is_some())
}

/// False if the user is a member already.
pub(crate) async fn add(cx: &Cx, group: UserGroupId, user: UserId) -> Result<bool> {
    let sql = "insert into user_group_members (tenant_id, group_id, user_id) values ($1, $2, $3) on conflict do nothing";
    match cx.db.execute(sql, &[cx.tenant()?.into(), group.into(), user.into()]).await {
        Err(error) if error.is_missing_reference() => Err(id::not_found("user group")),
        written => Ok(written? == 1),
    }
}

/// Whether the user was a member.
pub(crate) async fn remove(cx: &Cx, group: UserGroupId, user: UserId) -> Result<bool> {
    let sql = "delete from user_group_members where group_id = $1 and user_id = $2";
    Ok(cx.db.execute(sql, &[group.into(), user.into()]).await? == 1)
}
