//! Every SQL statement of spaces.

pub(crate) mod groups;
pub(crate) mod members;

use kernel::{
    PageRequest, Problem, ReasonCode, Result,
    id::{SpaceId, UserId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::{Kind, Role, Space};

fn read(cx: &Cx, row: &Row) -> Result<Space> {
    Ok(Space {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        kind: Kind::parse(&row.get::<String>("kind")?),
        access: cx.space_access(Role::parse(&row.get::<String>("role")?))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn role_of(cx: &Cx, space: SpaceId, user: UserId) -> Result<Option<Role>> {
    let sql = "select role from space_roles where space_id = $1 and user_id = $2";
    let row = cx.db.optional(sql, &[space.into(), user.into()]).await?;
    row.map(|row| Ok(Role::parse(&row.get::<String>("role")?))).transpose()
}

pub(crate) async fn insert(
    cx: &Cx,
    id: SpaceId,
    kind: Kind,
    name: &str,
    description: &str,
) -> Result<()> {
    let sql = "with s as (
          insert into spaces (id, tenant_id, name, description, kind, created_by) values ($1, $2, $3, $4, $6, $5)
          returning id, tenant_id, created_by
        )
        insert into space_members (tenant_id, space_id, user_id, role) select tenant_id, id, created_by, 'owner' from s
         where $6 <> 'organisation'";
    // Administrators own the hub while they have that role: its creator gets no role of their own
    // there.
    let params = [
        id.into(),
        cx.tenant()?.into(),
        name.into(),
        description.into(),
        cx.user()?.into(),
        kind.as_str().into(),
    ];
    cx.db.execute(sql, &params).await.map_err(|error| match error.unique_violation() {
        Some("spaces_organisation_key") => Problem::conflict(
            ReasonCode::HubExists,
            "the organisation has a hub already; put what every user is to read into that",
        ),
        _ => error.into(),
    })?;
    Ok(())
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Space>, i64)> {
    let sql = "select s.id, s.name, s.description, s.kind, m.role, micros(s.created_at) as created_at, micros(s.updated_at) as updated_at,
               (select count(*) from space_roles where user_id = $4) as total
          from space_roles m join spaces s on s.id = m.space_id
         where m.user_id = $4 and before_cursor(s.created_at, s.id, $2, $3)
         order by s.created_at desc, s.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, space: SpaceId) -> Result<Option<Space>> {
    let sql = "select s.id, s.name, s.description, s.kind, m.role, micros(s.created_at) as created_at, micros(s.updated_at) as updated_at
          from spaces s join space_roles m on m.space_id = s.id and m.user_id = $2
         where s.id = $1";
    cx.db
        .optional(sql, &[space.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

pub(crate) async fn update(
    cx: &Cx,
    space: SpaceId,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<()> {
    let sql = "update spaces set name = coalesce($2::text, name), description = coalesce($3::text, description) where id = $1";
    cx.db.execute(sql, &[space.into(), name.into(), description.into()]).await?;
    Ok(())
}

pub(crate) async fn delete(cx: &Cx, space: SpaceId) -> Result<()> {
    cx.db.execute_at_length("delete from spaces where id = $1", &[space.into()]).await?;
    Ok(())
}

pub(crate) async fn of_user(cx: &Cx, user: UserId) -> Result<Vec<SpaceId>> {
    let rows =
        cx.db.query("select space_id from space_roles where user_id = $1", &[user.into()]).await?;
    rows.iter().map(|row| row.get("space_id")).collect()
}
