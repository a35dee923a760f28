//! The SQL of models that a user may ask.

use kernel::{
    Result,
    id::{SpaceId, UserId},
};
use models::{Capability, Dialect, ModelKind};
use platform::{Cx, pg::Row};

use crate::usable::{FoundModel, UsableModel};

/// Models of the kind `$3`, of providers with one of the dialects `$4`, that the user `$2` may ask in
/// the space `$1`.
macro_rules! usable {
    ($then:literal) => {
        concat!(
            "with usable as (
          select m.id, m.name, m.title, p.name as provider, m.context_tokens, m.output_tokens, m.capabilities, m.deprecated_on::text as deprecated_on, m.successor
            from models m join model_providers p on p.tenant_id = m.tenant_id and p.id = m.provider_id
           where m.kind = $3 and m.enabled and p.enabled and p.dialect = any ($4::text[])
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

/// The dialects that have models of a kind.
fn dialects(kind: ModelKind) -> Vec<String> {
    let having = Dialect::ALL.into_iter().filter(|dialect| dialect.has(kind));
    having.map(|dialect| dialect.as_str().to_owned()).collect()
}

pub(crate) async fn list(
    cx: &Cx,
    user: UserId,
    space: Option<SpaceId>,
    kind: ModelKind,
) -> Result<Vec<UsableModel>> {
    let sql = usable!(
        "select u.id::text as reference, u.title, u.provider, u.context_tokens, u.capabilities, u.deprecated_on, u.successor, 1 as rank
           from usable u
         union all
         select a.name, a.name, null, f.context_tokens, array(
             select c.name from model_alias_targets t join usable u on u.id = t.model_id cross join unnest(u.capabilities) c(name)
              where t.tenant_id = a.tenant_id and t.alias_id = a.id group by c.name having count(*) = f.models order by 1), null, null, 0
           from model_aliases a cross join lateral (
             select count(*) as models, min(u.context_tokens) as context_tokens
               from model_alias_targets t join usable u on u.id = t.model_id
              where t.tenant_id = a.tenant_id and t.alias_id = a.id) f
          where f.models > 0
         order by rank, title, reference limit 500"
    );
    let params = [space.into(), user.into(), kind.as_str().into(), dialects(kind).into()];
    cx.db.query(sql, &params).await?.iter().map(read).collect()
}

pub(crate) async fn find(
    cx: &Cx,
    user: UserId,
    space: Option<SpaceId>,
    kind: ModelKind,
    reference: &str,
) -> Result<Vec<FoundModel>> {
    let sql = usable!(
        "select u.id, u.name, u.context_tokens, u.output_tokens, u.capabilities, 0 as position from usable u where u.id::text = $5
         union all
         select u.id, u.name, u.context_tokens, u.output_tokens, u.capabilities, t.position
           from model_aliases a join model_alias_targets t on t.tenant_id = a.tenant_id and t.alias_id = a.id
           join usable u on u.id = t.model_id
          where a.name = $5
         order by position limit 10"
    );
    let (dialects, kind) = (dialects(kind), kind.as_str());
    let params = [space.into(), user.into(), kind.into(), dialects.into(), reference.into()];
    let rows = cx.db.query(sql, &params).await?;
    let read = |row: &Row| {
        Ok(FoundModel {
            id: row.get("id")?,
            name: row.get("name")?,
            context_tokens: row.get("context_tokens")?,
            output_tokens: row.get("output_tokens")?,
            capabilities: capabilities(row)?,
        })
    };
    rows.iter().map(read).collect()
}
