//! The SQL of providers.

use kernel::{PageRequest, Problem, ReasonCode, Result, id::ProviderId};
use models::Dialect;
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};

use crate::provider::Provider;

/// A row to be.
pub(crate) struct NewRow {
    pub(crate) id: ProviderId,
    pub(crate) name: String,
    pub(crate) dialect: Dialect,
    pub(crate) base_url: String,
    pub(crate) api_version: Option<String>,
    pub(crate) sealed: Option<String>,
    pub(crate) hint: Option<String>,
}

/// None: as it is.
pub(crate) struct Change<'a> {
    pub(crate) name: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) credential: Credential<'a>,
    pub(crate) enabled: Option<bool>,
}

/// What becomes of the credential.
pub(crate) enum Credential<'a> {
    /// It stays, if the address is still the one that was looked at.
    Keep { entered_for: &'a str },
    /// Another, with its hint, or none.
    Set(Option<(String, String)>),
}

fn read(row: &Row) -> Result<Provider> {
    let dialect: String = row.get("dialect")?;
    Ok(Provider {
        id: row.get("id")?,
        name: row.get("name")?,
        dialect: Dialect::parse(&dialect)
            .ok_or_else(|| Problem::internal(format!("no dialect {dialect}")))?,
        base_url: row.get("base_url")?,
        api_version: row.get("api_version")?,
        credential_hint: row.get("credential_hint")?,
        enabled: row.get("enabled")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn taken(error: Error) -> Problem {
    match error.unique_violation() {
        Some("model_providers_name_key") => {
            Problem::conflict(ReasonCode::NameTaken, "a provider of this name exists already")
        }
        _ => error.into(),
    }
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Provider>, i64)> {
    let sql = "select p.id, p.name, p.dialect, p.base_url, p.api_version, p.credential_hint, p.enabled,
               micros(p.created_at) as created_at, micros(p.updated_at) as updated_at, (select count(*) from model_providers) as total
          from model_providers p where before_cursor(p.created_at, p.id, $2, $3)
         order by p.created_at desc, p.id desc limit $1";
    let rows = cx.db.query(sql, &page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, id: ProviderId) -> Result<Option<Provider>> {
    let sql =
        "select p.id, p.name, p.dialect, p.base_url, p.api_version, p.credential_hint, p.enabled,
               micros(p.created_at) as created_at, micros(p.updated_at) as updated_at
          from model_providers p where p.id = $1";
    cx.db.optional(sql, &[id.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(cx: &Cx, new: &NewRow) -> Result<()> {
    let sql = "insert into model_providers (id, tenant_id, name, dialect, base_url, api_version, credential_sealed, credential_hint)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let params = [
        new.id.into(),
        cx.tenant()?.into(),
        new.name.as_str().into(),
        new.dialect.as_str().into(),
        new.base_url.as_str().into(),
        new.api_version.as_deref().into(),
        new.sealed.as_deref().into(),
        new.hint.as_deref().into(),
    ];
    cx.db.execute(sql, &params).await.map_err(taken)?;
    Ok(())
}

/// False if the row is gone, or its address is no longer the one that the credential was kept for.
pub(crate) async fn update(cx: &Cx, id: ProviderId, change: &Change<'_>) -> Result<bool> {
    let mut params = vec![
        id.into(),
        change.name.as_deref().into(),
        change.base_url.as_deref().into(),
        change.api_version.as_deref().into(),
        change.enabled.into(),
    ];
    let sql = match &change.credential {
        Credential::Keep { entered_for } => {
            params.push((*entered_for).into());
            "update model_providers set name = coalesce($2::text, name), base_url = coalesce($3::text, base_url),
               api_version = coalesce($4::text, api_version), enabled = coalesce($5::boolean, enabled)
             where id = $1 and base_url = $6"
        }
        Credential::Set(credential) => {
            let (sealed, hint) =
                credential.as_ref().map(|(sealed, hint)| (sealed.as_str(), hint.as_str())).unzip();
            params.extend([sealed.into(), hint.into()]);
            "update model_providers set name = coalesce($2::text, name), base_url = coalesce($3::text, base_url),
               api_version = coalesce($4::text, api_version), enabled = coalesce($5::boolean, enabled),
               credential_sealed = $6, credential_hint = $7
             where id = $1"
        }
    };
    Ok(cx.db.execute(sql, &params).await.map_err(taken)? == 1)
}

pub(crate) async fn delete(cx: &Cx, id: ProviderId) -> Result<bool> {
    Ok(cx.db.execute("delete from model_providers where id = $1", &[id.into()]).await? == 1)
}
