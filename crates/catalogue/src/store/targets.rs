//! The SQL of what the gateway asks: the only statements that read credentials.

use kernel::{
    Problem, Result,
    id::{ModelId, ProviderId},
};
use models::{Dialect, ModelKind};
use platform::{Cx, pg::Row};
use serde_json::Value;
use uuid::Uuid;

/// A provider with its sealed credential.
pub(crate) struct ProviderRow {
    pub(crate) dialect: Dialect,
    pub(crate) base_url: String,
    pub(crate) api_version: Option<String>,
    pub(crate) sealed: Option<String>,
}

/// A model and its provider.
pub(crate) struct ModelRow {
    pub(crate) id: ModelId,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) provider_id: ProviderId,
    pub(crate) provider_name: String,
    pub(crate) context_tokens: Option<i32>,
    pub(crate) output_tokens: Option<i32>,
    pub(crate) prices: Value,
    pub(crate) thinks_by_budget: bool,
    pub(crate) provider: ProviderRow,
}

fn read(row: &Row) -> Result<ProviderRow> {
    let dialect: String = row.get("dialect")?;
    Ok(ProviderRow {
        dialect: Dialect::parse(&dialect)
            .ok_or_else(|| Problem::internal(format!("no dialect {dialect}")))?,
        base_url: row.get("base_url")?,
        api_version: row.get("api_version")?,
        sealed: row.get("credential_sealed")?,
    })
}

/// Enabled models of a kind of these, in this order.
pub(crate) async fn models(cx: &Cx, ids: &[Uuid], kind: ModelKind) -> Result<Vec<ModelRow>> {
    let sql = "select m.id, m.name, m.title, p.id as provider_id, p.name as provider_name, m.context_tokens, m.output_tokens, m.prices, m.thinks_by_budget,
               p.dialect, p.base_url, p.api_version, p.credential_sealed
          from unnest($1::text[]) with ordinality wanted(id, position)
          join models m on m.id = wanted.id::uuid
          join model_providers p on p.tenant_id = m.tenant_id and p.id = m.provider_id
         where m.enabled and p.enabled and m.kind = $2 order by wanted.position";
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let rows = cx.db.query(sql, &[ids.into(), kind.as_str().into()]).await?;
    let one = |row: &Row| {
        Ok(ModelRow {
            id: row.get("id")?,
            name: row.get("name")?,
            title: row.get("title")?,
            provider_id: row.get("provider_id")?,
            provider_name: row.get("provider_name")?,
            context_tokens: row.get("context_tokens")?,
            output_tokens: row.get("output_tokens")?,
            prices: row.get("prices")?,
            thinks_by_budget: row.get("thinks_by_budget")?,
            provider: read(row)?,
        })
    };
    rows.iter().map(one).collect()
}

pub(crate) async fn provider(cx: &Cx, id: ProviderId) -> Result<Option<ProviderRow>> {
    let sql = "select p.dialect, p.base_url, p.api_version, p.credential_sealed from model_providers p where p.id = $1";
    cx.db.optional(sql, &[id.into()]).await?.as_ref().map(read).transpose()
}
