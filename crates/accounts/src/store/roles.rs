//! The SQL of custom roles.

use access::Permissions;
use kernel::{PageRequest, Problem, ReasonCode, Result, id::RoleId};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};

use crate::role::Role;

fn read(row: &Row) -> Result<Role> {
    Ok(Role {
        id: row.get("id")?,
        name: row.get("name")?,
        permissions: Permissions::named(row.get::<Vec<String>>("permissions")?),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn names(permissions: Permissions) -> Vec<String> {
    permissions.names().into_iter().map(str::to_owned).collect()
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("roles_name_key") => {
            Problem::conflict(ReasonCode::NameTaken, "a role of this name exists already")
        }
        _ => error.into(),
    }
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Role>, i64)> {
    let sql =
        "select r.id, r.name, r.permissions, micros(r.created_at) as created_at, micros(r.updated_at) as updated_at,
               (select count(*) from roles) as total
          from roles r where before_cursor(r.created_at, r.id, $2, $3)
         order by r.created_at desc, r.id desc limit $1";
    let rows = cx.db.query(sql, &page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, role: RoleId) -> Result<Option<Role>> {
    let sql =
        "select r.id, r.name, r.permissions, micros(r.created_at) as created_at, micros(r.updated_at) as updated_at
          from roles r where r.id = $1";
    cx.db.optional(sql, &[role.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(
    cx: &Cx,
    id: RoleId,
    name: &str,
    permissions: Permissions,
) -> Result<()> {
    let sql =
        "insert into roles (id, tenant_id, name, permissions) values ($1, $2, $3, $4::text[])";
    let params = [id.into(), cx.tenant()?.into(), name.into(), names(permissions).into()];
    cx.db.execute(sql, &params).await.map_err(taken)?;
    Ok(())
}

pub(crate) async fn update(
    cx: &Cx,
    id: RoleId,
    name: Option<&str>,
    permissions: Option<Permissions>,
) -> Result<()> {
    let sql = "update roles set name = coalesce($2::text, name), permissions = coalesce($3::text[], permissions) where id = $1";
    cx.db
        .execute(sql, &[id.into(), name.into(), permissions.map(names).into()])
        .await
        .map_err(taken)?;
    Ok(())
}

/// Whether the role was deleted; None if there is no such role.
pub(crate) async fn delete(cx: &Cx, id: RoleId) -> Result<Option<bool>> {
    match cx.db.execute("delete from roles where id = $1", &[id.into()]).await {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(true)),
        Err(error) if error.is_missing_reference() => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}
