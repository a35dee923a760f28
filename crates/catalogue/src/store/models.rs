//! The SQL of models.

use kernel::{
    PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, ModelId, ProviderId, SpaceId, UserGroupId},
};
use models::{Capability, Dialect, ModelKind};
use platform::{
    Cx,
    pg::{Error, Row, Value},
};
use serde_json::json;
use uuid::Uuid;

use crate::model::{Audience, Model, ModelSettings};

fn read(row: &Row) -> Result<Model> {
    let kind: String = row.get("kind")?;
    let capabilities: Vec<String> = row.get("capabilities")?;
    let everywhere: bool = row.get("everywhere")?;
    let places = Audience { spaces: ids(row, "space_ids")?, groups: ids(row, "group_ids")? };
    Ok(Model {
        id: row.get("id")?,
        provider_id: row.get("provider_id")?,
        settings: ModelSettings {
            name: row.get("name")?,
            title: row.get("title")?,
            kind: ModelKind::parse(&kind)
                .ok_or_else(|| Problem::internal(format!("no kind of model {kind}")))?,
            context_tokens: row.get("context_tokens")?,
            output_tokens: row.get("output_tokens")?,
            capabilities: capabilities.iter().filter_map(|name| Capability::parse(name)).collect(),
            thinks_by_budget: row.get("thinks_by_budget")?,
            prices: row.get("prices")?,
            prices_source: row.get("prices_source")?,
            prices_date: row.get("prices_date")?,
            deprecated_on: row.get("deprecated_on")?,
            successor: row.get("successor")?,
            enabled: row.get("enabled")?,
            places: (!everywhere).then_some(places),
            classification: row.get("classification")?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn ids<T: From<Uuid>>(row: &Row, column: &str) -> Result<Vec<T>> {
    let texts: Vec<String> = row.get(column)?;
    let wrong = |text: &String| {
        Problem::internal(format!("postgres: column `{column}` holds {text}, no id"))
    };
    texts.iter().map(|text| Uuid::try_parse(text).map(T::from).map_err(|_| wrong(text))).collect()
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("models_provider_name_key") => Problem::conflict(
            ReasonCode::NameTaken,
            "the provider has a model of this name already",
        ),
        _ if error.is_missing_reference() => id::not_found("space or user group"),
        _ => error.into(),
    }
}

macro_rules! columns {
    () => {
        "select m.id, m.provider_id, m.name, m.title, m.kind, m.context_tokens, m.output_tokens, m.capabilities, m.thinks_by_budget,
               m.prices, m.prices_source, m.prices_date::text as prices_date, m.deprecated_on::text as deprecated_on, m.successor,
               m.enabled, m.everywhere, m.classification, micros(m.created_at) as created_at, micros(m.updated_at) as updated_at,
               array(select a.space_id::text from model_availability a where a.model_id = m.id and a.space_id is not null order by 1) as space_ids,
               array(select a.group_id::text from model_availability a where a.model_id = m.id and a.group_id is not null order by 1) as group_ids"
    };
}

pub(crate) async fn list(
    cx: &Cx,
    provider: Option<ProviderId>,
    request: PageRequest,
) -> Result<(Vec<Model>, i64)> {
    let sql = concat!(
        columns!(),
        ", (select count(*) from models c where $4::uuid is null or c.provider_id = $4) as total
          from models m where before_cursor(m.created_at, m.id, $2, $3) and ($4::uuid is null or m.provider_id = $4)
         order by m.created_at desc, m.id desc limit $1"
    );
    let [limit, at, id] = platform::pg::page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, provider.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, model: ModelId) -> Result<Option<Model>> {
    let sql = concat!(columns!(), " from models m where m.id = $1");
    cx.db.optional(sql, &[model.into()]).await?.as_ref().map(read).transpose()
}

/// These models, all if there are none, newest first, with the dialect and the address of their
/// providers.
pub(crate) async fn list_with_providers(
    cx: &Cx,
    wanted: &[ModelId],
    limit: usize,
) -> Result<Vec<(Model, Dialect, String)>> {
    let sql = concat!(
        columns!(),
        ", p.dialect, p.base_url from models m join model_providers p on p.tenant_id = m.tenant_id and p.id = m.provider_id
         where cardinality($1::text[]) = 0 or m.id::text = any ($1::text[])
         order by m.created_at desc, m.id desc limit $2"
    );
    let wanted: Vec<String> = wanted.iter().map(ModelId::to_string).collect();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let one = |row: &Row| {
        let dialect: String = row.get("dialect")?;
        let dialect = Dialect::parse(&dialect)
            .ok_or_else(|| Problem::internal(format!("no dialect {dialect}")))?;
        Ok((read(row)?, dialect, row.get("base_url")?))
    };
    cx.db.query(sql, &[wanted.into(), limit.into()]).await?.iter().map(one).collect()
}

/// Gives models the values that a catalogue knows, all or none: false if one of them is gone, or
/// was changed since it was read.
pub(crate) async fn update_known_values(
    cx: &Cx,
    changes: &[(Model, ModelSettings)],
) -> Result<bool> {
    let sql = "update models m set context_tokens = c.context_tokens, output_tokens = c.output_tokens, capabilities = c.capabilities,
              thinks_by_budget = c.thinks_by_budget, prices = c.prices, prices_source = c.prices_source, prices_date = c.prices_date,
              deprecated_on = c.deprecated_on, successor = c.successor
         from jsonb_to_recordset($1) as c(id uuid, seen bigint, context_tokens int, output_tokens int, capabilities text[],
              thinks_by_budget boolean, prices jsonb, prices_source text, prices_date date, deprecated_on date, successor text)
        where m.id = c.id and micros(m.updated_at) = c.seen";
    let row = |(model, settings): &(Model, ModelSettings)| {
        let capabilities: Vec<&str> =
            settings.capabilities.iter().map(|capability| capability.as_str()).collect();
        json!({
            "id": model.id.to_string(), "seen": model.updated_at.0,
            "context_tokens": settings.context_tokens, "output_tokens": settings.output_tokens,
            "capabilities": capabilities, "thinks_by_budget": settings.thinks_by_budget,
            "prices": settings.prices, "prices_source": settings.prices_source,
            "prices_date": settings.prices_date, "deprecated_on": settings.deprecated_on,
            "successor": settings.successor,
        })
    };
    let rows: serde_json::Value = changes.iter().map(row).collect();
    let mut tx = cx.db.begin().await?;
    let changed = tx.execute(sql, &[rows.into()]).await?;
    if usize::try_from(changed).ok() != Some(changes.len()) {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// $3 to $17 of the statements, with the places last.
fn params(settings: &ModelSettings) -> [Value; 17] {
    let names = settings
        .capabilities
        .iter()
        .map(|capability| capability.as_str().to_owned())
        .collect::<Vec<_>>();
    let text = |value: &Option<String>| Value::from(value.as_deref());
    let none = Audience::default();
    let places = settings.places.as_ref().unwrap_or(&none);
    [
        settings.name.as_str().into(),
        settings.title.as_str().into(),
        settings.kind.as_str().into(),
        settings.context_tokens.into(),
        settings.output_tokens.into(),
        names.into(),
        settings.thinks_by_budget.into(),
        settings.prices.clone().into(),
        text(&settings.prices_source),
        text(&settings.prices_date),
        text(&settings.deprecated_on),
        text(&settings.successor),
        settings.enabled.into(),
        settings.places.is_none().into(),
        text(&settings.classification),
        places.spaces.iter().map(SpaceId::to_string).collect::<Vec<_>>().into(),
        places.groups.iter().map(UserGroupId::to_string).collect::<Vec<_>>().into(),
    ]
}

pub(crate) async fn insert(
    cx: &Cx,
    id: ModelId,
    provider: ProviderId,
    settings: &ModelSettings,
) -> Result<()> {
    let sql = "with m as (
          insert into models (id, tenant_id, provider_id, name, title, kind, context_tokens, output_tokens, capabilities, thinks_by_budget,
              prices, prices_source, prices_date, deprecated_on, successor, enabled, everywhere, classification)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[], $10, $11, $12, $13::text::date, $14::text::date, $15, $16, $17, $18)
          returning id, tenant_id
        )
        insert into model_availability (tenant_id, model_id, space_id, group_id)
        select m.tenant_id, m.id, s.id::uuid, null from m, unnest($19::text[]) s(id)
        union all
        select m.tenant_id, m.id, null, g.id::uuid from m, unnest($20::text[]) g(id)";
    let mut all = vec![id.into(), cx.tenant()?.into(), provider.into()];
    all.extend(params(settings));
    cx.db.execute(sql, &all).await.map_err(taken)?;
    Ok(())
}

/// False if the provider has a model of this name.
pub(crate) async fn insert_missing(
    cx: &Cx,
    id: ModelId,
    provider: ProviderId,
    settings: &ModelSettings,
) -> Result<bool> {
    let sql = "insert into models (id, tenant_id, provider_id, name, title, kind, context_tokens, output_tokens, capabilities, thinks_by_budget,
              prices, prices_source, prices_date, deprecated_on, successor, enabled, everywhere, classification)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[], $10, $11, $12, $13::text::date, $14::text::date, $15, $16, $17, $18)
          on conflict (provider_id, name) do nothing";
    let mut all = vec![id.into(), cx.tenant()?.into(), provider.into()];
    all.extend(params(settings).into_iter().take(15));
    Ok(cx.db.execute(sql, &all).await.map_err(taken)? == 1)
}

/// False if it is gone, or was changed after `seen`.
pub(crate) async fn update(
    cx: &Cx,
    id: ModelId,
    seen: Timestamp,
    settings: &ModelSettings,
) -> Result<bool> {
    let sql = "with m as (
          update models set name = $3, title = $4, kind = $5, context_tokens = $6, output_tokens = $7, capabilities = $8::text[],
              thinks_by_budget = $9, prices = $10, prices_source = $11, prices_date = $12::text::date, deprecated_on = $13::text::date,
              successor = $14, enabled = $15, everywhere = $16, classification = $17
           where id = $1 and micros(updated_at) = $2
          returning id, tenant_id
        ), wanted as (
          select m.tenant_id, m.id as model_id, s.id::uuid as space_id, null::uuid as group_id from m, unnest($18::text[]) s(id)
          union all
          select m.tenant_id, m.id, null, g.id::uuid from m, unnest($19::text[]) g(id)
        ), gone as (
          delete from model_availability a using m where a.model_id = m.id
             and not exists (select from wanted w where w.space_id is not distinct from a.space_id and w.group_id is not distinct from a.group_id)
        ), added as (
          insert into model_availability (tenant_id, model_id, space_id, group_id) select * from wanted on conflict do nothing
        )
        select m.id from m";
    let mut all = vec![id.into(), seen.into()];
    all.extend(params(settings));
    Ok(cx.db.optional(sql, &all).await.map_err(taken)?.is_some())
}

pub(crate) async fn delete(cx: &Cx, id: ModelId) -> Result<bool> {
    Ok(cx.db.execute("delete from models where id = $1", &[id.into()]).await? == 1)
}
