//! The SQL of user groups in spaces.

use kernel::{
    PageRequest, Result,
    id::{self, SpaceId, UserGroupId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::{Group, Role, SpaceGroup};

macro_rules! columns {
    () => {
        "g.group_id, u.name, g.role, micros(g.created_at) as created_at, micros(g.updated_at) as updated_at,
         (select count(*) from user_group_members n join users p on p.id = n.user_id
           where n.group_id = g.group_id and p.deleted_at is null) as member_count"
    };
}

fn read(row: &Row) -> Result<SpaceGroup> {
    Ok(SpaceGroup {
        group_id: row.get("group_id")?,
        name: row.get("name")?,
        member_count: row.get("member_count")?,
        role: Role::parse(&row.get::<String>("role")?),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    space: SpaceId,
    request: PageRequest,
) -> Result<(Vec<SpaceGroup>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from space_groups n where n.space_id = $4) as total
          from space_groups g join user_groups u on u.id = g.group_id
         where g.space_id = $4 and before_cursor(g.created_at, g.group_id, $2, $3)
         order by g.created_at desc, g.group_id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, space.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, space: SpaceId, group: UserGroupId) -> Result<Option<SpaceGroup>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from space_groups g join user_groups u on u.id = g.group_id where g.space_id = $1 and g.group_id = $2"
    );
    cx.db.optional(sql, &[space.into(), group.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn exists(cx: &Cx, group: UserGroupId) -> Result<bool> {
    Ok(cx
        .db
        .optional("select 1 as one from user_groups where id = $1", &[group.into()])
        .await?
        .is_some())
}

/// False if the group has a role already.
pub(crate) async fn insert(
    cx: &Cx,
    space: SpaceId,
    group: UserGroupId,
    role: Role,
) -> Result<bool> {
    let sql = "insert into space_groups (tenant_id, space_id, group_id, role) values ($1, $2, $3, $4) on conflict do nothing";
    let params = [cx.tenant()?.into(), space.into(), group.into(), role.as_str().into()];
    match cx.db.execute(sql, &params).await {
        Err(error) if error.is_missing_reference() => Err(id::not_found("user group")),
        written => Ok(written? == 1),
    }
}

pub(crate) async fn update(cx: &Cx, space: SpaceId, group: UserGroupId, role: Role) -> Result<()> {
    let sql = "update space_groups set role = $3 where space_id = $1 and group_id = $2";
    cx.db.execute(sql, &[space.into(), group.into(), role.as_str().into()]).await?;
    Ok(())
}

/// Whether it had a role.
pub(crate) async fn delete(cx: &Cx, space: SpaceId, group: UserGroupId) -> Result<bool> {
    let sql = "delete from space_groups where space_id = $1 and group_id = $2";
    Ok(cx.db.execute(sql, &[space.into(), group.into()]).await? == 1)
}

pub(crate) async fn groups(
    cx: &Cx,
    query: &str,
    request: PageRequest,
) -> Result<(Vec<Group>, i64)> {
    let sql = "with found as (select g.* from user_groups g where strpos(lower(g.name), lower($4::text)) > 0)
        select g.id, g.name, micros(g.created_at) as created_at, (select count(*) from found) as total,
               (select count(*) from user_group_members n join users p on p.id = n.user_id
                 where n.group_id = g.id and p.deleted_at is null) as member_count
          from found g where before_cursor(g.created_at, g.id, $2, $3)
         order by g.created_at desc, g.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, query.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let read = |row: &Row| {
        Ok(Group {
            id: row.get("id")?,
            name: row.get("name")?,
            member_count: row.get("member_count")?,
            created_at: row.get("created_at")?,
        })
    };
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}
