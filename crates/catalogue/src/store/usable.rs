//! The SQL of models that a user may ask.

use kernel::{
    Result,
    id::{SpaceId, UserId},
};
use models::Capability;
use platform::{Cx, pg::Row};

use crate::usable::{FoundModel, UsableModel};

/// Chat models that the user `$2` may ask in the space `$1`.
macro_rules! usable {
    ($then:literal) => {
        concat!(
            "with usable as (
          select m.id, m.title, p.name as provider, m.context_tokens, m.capabilities, m.deprecated_on::text as deprecated_on, m.successor
            from models m join model_providers p on p.tenant_id = m.tenant_id and p.id = m.provider_id
           where m.kind = 'chat' and m.enabled and p.enabled and p.dialect not in ('cohere', 'jina', 'tei')
             and (m.everywhere or exists (
               select from model_availability a
                where a.tenant_id = m.tenant_id and a.model_id = m.id
                  and (a.space_id = $1::uuid or a.group_id in (select g.group_id from user_group_members g where g.user_id = $2))))
        ) ",
            $then
        )
    };
}

fn read(row: &Row) -> Result<UsableModel> {
    Ok(UsableModel {
        reference: row.get("reference")?,
        title: row.get("title")?,
        provider: row.get("provider")?,
        context_tokens: row.get("context_tokens")?,
        capabilities: capabilities(row)?,
        deprecated_on: row.get("deprecated_on")?,
        successor: row.get("successor")?,
    })
}

fn capabilities(row: &Row) -> Result<Vec<Capability>> {
    let names: Vec<String> = row.get("capabilities")?;
    Ok(names.iter().filter_map(|name| Capability::parse(name)).collect())
}

pub(crate) async fn list(
    cx: &Cx,
    user: UserId,
    space: Option<SpaceId>,
) -> Result<Vec<UsableModel>> {
    let sql = usable!(
        "select u.id::text as reference, u.title, u.provider, u.context_tokens, u.capabilities, u.deprecated_on, u.successor, 1 as rank
           from usable u
         union all
         select a.name, a.name, null, f.context_tokens, f.capabilities, null, null, 0
           from model_aliases a cross join lateral (
             select u.context_tokens, u.capabilities from model_alias_targets t join usable u on u.id = t.model_id
              where t.tenant_id = a.tenant_id and t.alias_id = a.id order by t.position limit 1) f
         order by rank, title, reference limit 500"
    );
    cx.db.query(sql, &[space.into(), user.into()]).await?.iter().map(read).collect()
}

pub(crate) async fn find(
    cx: &Cx,
    user: UserId,
    space: Option<SpaceId>,
    reference: &str,
) -> Result<Vec<FoundModel>> {
    let sql = usable!(
        "select u.id, u.context_tokens, u.capabilities, 0 as position from usable u where u.id::text = $3
         union all
         select u.id, u.context_tokens, u.capabilities, t.position
           from model_aliases a join model_alias_targets t on t.tenant_id = a.tenant_id and t.alias_id = a.id
           join usable u on u.id = t.model_id
          where a.name = $3
         order by position limit 10"
    );
    let rows = cx.db.query(sql, &[space.into(), user.into(), reference.into()]).await?;
    let read = |row: &Row| {
        Ok(FoundModel {
            id: row.get("id")?,
            context_tokens: row.get("context_tokens")?,
            capabilities: capabilities(row)?,
        })
    };
    rows.iter().map(read).collect()
}
