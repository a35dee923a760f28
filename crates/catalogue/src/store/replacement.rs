//! The SQL of replacing a model.

use kernel::{Problem, Result, id::ModelId};
use platform::{Cx, pg::Row};

use crate::replacement::ModelUses;

const USES: &str = "with uses as (
      select a.name, m.everywhere or exists (
               select from model_availability p where p.model_id = m.id and p.space_id = a.space_id) as free
        from assistants a join models m on m.id = $2
       where a.model = $1::uuid::text and a.deleted_at is null
    )
    select (select count(*) from uses) as assistants,
           (select count(*) from uses where not free) as restricted,
           array(select name from uses order by name limit 20) as names,
           array(select a.name from model_aliases a join model_alias_targets t on t.alias_id = a.id where t.model_id = $1 order by 1) as aliases,
           (select count(*) from conversations where model = $1::uuid::text) as conversations,
           exists (select from rerankers where model_id = $1) as reranks";

pub(crate) async fn replace(
    cx: &Cx,
    model: ModelId,
    successor: ModelId,
    dry_run: bool,
) -> Result<ModelUses> {
    let params = [model.into(), successor.into()];
    if dry_run {
        return read(cx.db.optional(USES, &params).await?.as_ref());
    }
    let mut tx = cx.db.begin().await?;
    let uses = read(tx.query(USES, &params).await?.first())?;
    tx.execute(
        "update assistants set model = $2::uuid::text where model = $1::uuid::text",
        &params,
    )
    .await?;
    tx.execute(
        "update conversations set model = $2::uuid::text where model = $1::uuid::text",
        &params,
    )
    .await?;
    // Of an alias that has both, the old one goes.
    tx.execute("delete from model_alias_targets o where o.model_id = $1
        and exists (select from model_alias_targets t where t.alias_id = o.alias_id and t.model_id = $2)", &params).await?;
    tx.execute("update model_alias_targets set model_id = $2 where model_id = $1", &params).await?;
    tx.execute("update rerankers set model_id = $2 where model_id = $1", &params).await?;
    tx.commit().await?;
    Ok(uses)
}

fn read(row: Option<&Row>) -> Result<ModelUses> {
    let row = row.ok_or_else(|| Problem::internal("no row of counts"))?;
    Ok(ModelUses {
        assistants: row.get("assistants")?,
        assistant_names: row.get("names")?,
        restricted_assistants: row.get("restricted")?,
        aliases: row.get("aliases")?,
        conversations: row.get("conversations")?,
        reranks: row.get("reranks")?,
    })
}
