//! The SQL of aliases.

use kernel::{
    PageRequest, Problem, ReasonCode, Result,
    id::{self, ModelAliasId, ModelId},
};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};
use uuid::Uuid;

use crate::alias::ModelAlias;

macro_rules! columns {
    () => {
        "select a.id, a.name, micros(a.created_at) as created_at, micros(a.updated_at) as updated_at,
               array(select t.model_id::text from model_alias_targets t where t.alias_id = a.id order by t.position) as model_ids"
    };
}

fn read(row: &Row) -> Result<ModelAlias> {
    let models: Vec<String> = row.get("model_ids")?;
    let wrong = |text: &String| {
        Problem::internal(format!("postgres: column `model_ids` holds {text}, no id"))
    };
    let models =
        models.iter().map(|text| Uuid::try_parse(text).map(ModelId).map_err(|_| wrong(text)));
    Ok(ModelAlias {
        id: row.get("id")?,
        name: row.get("name")?,
        models: models.collect::<Result<_>>()?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("model_aliases_name_key") => {
            Problem::conflict(ReasonCode::NameTaken, "an alias of this name exists already")
        }
        _ if error.is_missing_reference() => id::not_found("model"),
        _ => error.into(),
    }
}

fn texts(models: &[ModelId]) -> Vec<String> {
    models.iter().map(ModelId::to_string).collect()
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<ModelAlias>, i64)> {
    let sql = concat!(
        columns!(),
        ", (select count(*) from model_aliases) as total
          from model_aliases a where before_cursor(a.created_at, a.id, $2, $3)
         order by a.created_at desc, a.id desc limit $1"
    );
    let rows = cx.db.query(sql, &page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, alias: ModelAliasId) -> Result<Option<ModelAlias>> {
    let sql = concat!(columns!(), " from model_aliases a where a.id = $1");
    cx.db.optional(sql, &[alias.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(
    cx: &Cx,
    id: ModelAliasId,
    name: &str,
    models: &[ModelId],
) -> Result<()> {
    let sql = "with a as (insert into model_aliases (id, tenant_id, name) values ($1, $2, $3) returning id, tenant_id)
        insert into model_alias_targets (tenant_id, alias_id, position, model_id)
        select a.tenant_id, a.id, t.position::int, t.id::uuid from a, unnest($4::text[]) with ordinality t(id, position)";
    cx.db
        .execute(sql, &[id.into(), cx.tenant()?.into(), name.into(), texts(models).into()])
        .await
        .map_err(taken)?;
    Ok(())
}

/// False if there is no such alias.
pub(crate) async fn update(
    cx: &Cx,
    id: ModelAliasId,
    name: Option<&str>,
    models: Option<&[ModelId]>,
) -> Result<bool> {
    let mut tx = cx.db.begin().await?;
    let sql = "update model_aliases set name = coalesce($2::text, name) where id = $1";
    let found = tx.execute(sql, &[id.into(), name.into()]).await.map_err(taken)? == 1;
    if let (true, Some(models)) = (found, models) {
        tx.execute("delete from model_alias_targets where alias_id = $1", &[id.into()]).await?;
        let sql = "insert into model_alias_targets (tenant_id, alias_id, position, model_id)
            select $2, $1, t.position::int, t.id::uuid from unnest($3::text[]) with ordinality t(id, position)";
        tx.execute(sql, &[id.into(), cx.tenant()?.into(), texts(models).into()])
            .await
            .map_err(taken)?;
    }
    tx.commit().await?;
    Ok(found)
}

pub(crate) async fn delete(cx: &Cx, id: ModelAliasId) -> Result<bool> {
    Ok(cx.db.execute("delete from model_aliases where id = $1", &[id.into()]).await? == 1)
}
