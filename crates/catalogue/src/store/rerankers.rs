//! The SQL of rerankers.

use kernel::{
    Problem, Result,
    id::{self, ModelId, SpaceId, UserId},
};
use platform::Cx;

use crate::reranker::UsableReranker;

pub(crate) async fn get(cx: &Cx) -> Result<Option<ModelId>> {
    let row = cx.db.optional("select r.model_id from rerankers r", &[]).await?;
    row.map(|row| row.get("model_id")).transpose()
}

pub(crate) async fn put(cx: &Cx, model: ModelId) -> Result<()> {
    let sql = "insert into rerankers (tenant_id, model_id) values ($1, $2)
        on conflict (tenant_id) do update set model_id = excluded.model_id";
    match cx.db.execute(sql, &[cx.tenant()?.into(), model.into()]).await {
        // Deleted meanwhile.
        Err(error) if error.is_missing_reference() => Err(id::not_found("model")),
        other => other.map(drop).map_err(Problem::from),
    }
}

pub(crate) async fn delete(cx: &Cx) -> Result<()> {
    cx.db.execute("delete from rerankers", &[]).await?;
    Ok(())
}

pub(crate) async fn find(
    cx: &Cx,
    user: UserId,
    space: Option<SpaceId>,
) -> Result<Option<UsableReranker>> {
    let sql = "select m.id, m.title
          from rerankers r
          join models m on m.tenant_id = r.tenant_id and m.id = r.model_id
          join model_providers p on p.tenant_id = m.tenant_id and p.id = m.provider_id
         where m.kind = 'rerank' and m.enabled and p.enabled
           and (m.everywhere or exists (
             select from model_availability a
              where a.tenant_id = m.tenant_id and a.model_id = m.id
                and (a.space_id = $1::uuid or a.group_id in (select g.group_id from user_group_members g where g.user_id = $2))))";
    let row = cx.db.optional(sql, &[space.into(), user.into()]).await?;
    row.map(|row| Ok(UsableReranker { id: row.get("id")?, title: row.get("title")? })).transpose()
}
