//! The SQL of user groups, as directories see them. A filter is a set of value lists; an empty list
//! matches every group.

use kernel::{Problem, Result, id::UserGroupId};
use platform::{
    Cx,
    pg::{Error, Row, Value},
};
use scim::{GroupChange, GroupQuery};

use crate::{DirectoryGroup, DirectoryMember, Window, directory::taken};

macro_rules! columns {
    () => {
        "g.id, g.external_id, g.name, micros(g.created_at) as created_at, micros(g.updated_at) as updated_at"
    };
}

macro_rules! matching {
    () => {
        " from user_groups g
           where g.id::text = all ($1::text[]) and lower(g.name) = all ($2::text[]) and g.external_id = all ($3::text[])
             and not exists (select from unnest($4::text[]) as w (id) where not exists (
                   select from user_group_members m join users u on u.id = m.user_id
                    where m.group_id = g.id and m.user_id::text = w.id and u.deleted_at is null))"
    };
}

fn read(row: &Row) -> Result<DirectoryGroup> {
    Ok(DirectoryGroup {
        id: row.get("id")?,
        external_id: row.get("external_id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    query: &GroupQuery,
    window: Window,
) -> Result<(Vec<DirectoryGroup>, i64)> {
    let mut params: Vec<Value> = vec![
        query.ids.clone().into(),
        query.names.clone().into(),
        query.external_ids.clone().into(),
        query.members.clone().into(),
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
        " order by g.created_at, g.id limit $5 offset $6"
    );
    let rows = cx.db.query(sql, &params).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, group: UserGroupId) -> Result<Option<DirectoryGroup>> {
    let sql = concat!("select ", columns!(), " from user_groups g where g.id = $1");
    cx.db.optional(sql, &[group.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn members(cx: &Cx, groups: Vec<String>) -> Result<Vec<DirectoryMember>> {
    let sql = "select m.group_id, m.user_id, u.display_name from user_group_members m join users u on u.id = m.user_id
         where m.group_id = any ($1::text[]::uuid[]) and u.deleted_at is null order by m.created_at, m.user_id";
    let read = |row: &Row| {
        Ok(DirectoryMember {
            group_id: row.get("group_id")?,
            user_id: row.get("user_id")?,
            display_name: row.get("display_name")?,
        })
    };
    cx.db.query(sql, &[groups.into()]).await?.iter().map(read).collect()
}

fn unique(error: Error) -> Problem {
    match error.unique_violation() {
        Some("user_groups_name_key") => {
            taken("/displayName", "a group with this displayName exists already")
        }
        _ => error.into(),
    }
}

fn list_of(ids: &std::collections::BTreeSet<String>) -> Value {
    ids.iter().cloned().collect::<Vec<_>>().into()
}

/// False if a member is unknown.
pub(crate) async fn insert(cx: &Cx, group: UserGroupId, new: &GroupChange) -> Result<bool> {
    let sql = "with wanted as (
          select id from users where id = any ($5::text[]::uuid[]) and deleted_at is null
        ), g as (
          insert into user_groups (id, tenant_id, name, external_id) select $1, $2, $3::text, $4::text
           where (select count(*) from wanted) = cardinality($5::text[])
          returning id, tenant_id
        ), come as (
          insert into user_group_members (tenant_id, group_id, user_id) select g.tenant_id, g.id, w.id from g, wanted w
        )
        select id from g";
    let params = [
        group.into(),
        cx.tenant()?.into(),
        new.display_name.as_deref().into(),
        new.external_id.clone().flatten().into(),
        list_of(&new.add),
    ];
    Ok(cx.db.optional(sql, &params).await.map_err(unique)?.is_some())
}

/// False if a member is unknown, or the group is gone.
pub(crate) async fn update(cx: &Cx, group: UserGroupId, change: &GroupChange) -> Result<bool> {
    let sql = "with wanted as (
          select id from users where id = any ($6::text[]::uuid[]) and deleted_at is null
        ), g as (
          update user_groups set name = coalesce($2::text, name), external_id = case when $3::bool then $4::text else external_id end
           where id = $1 and (select count(*) from wanted) = cardinality($6::text[])
          returning id, tenant_id
        ), gone as (
          delete from user_group_members m using g
           where m.group_id = g.id and (m.user_id = any ($7::text[]::uuid[]) or ($5::bool and m.user_id <> all ($6::text[]::uuid[])))
        ), come as (
          insert into user_group_members (tenant_id, group_id, user_id) select g.tenant_id, g.id, w.id from g, wanted w
          on conflict do nothing
        )
        select id from g";
    let params = [
        group.into(),
        change.display_name.as_deref().into(),
        change.external_id.is_some().into(),
        change.external_id.clone().flatten().into(),
        change.clear.into(),
        list_of(&change.add),
        list_of(&change.remove),
    ];
    Ok(cx.db.optional(sql, &params).await.map_err(unique)?.is_some())
}

/// Whether the group existed.
pub(crate) async fn delete(cx: &Cx, group: UserGroupId) -> Result<bool> {
    Ok(cx.db.execute("delete from user_groups where id = $1", &[group.into()]).await? == 1)
}
