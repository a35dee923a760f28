//! The SQL of API keys.

use kernel::{PageRequest, Result, id::ApiKeyId};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::api_key::Listed;

macro_rules! columns {
    () => {
        "k.id, k.name, k.prefix, k.scopes, k.requests_per_minute, micros(k.expires_at) as expires_at, micros(k.last_used_at) as last_used_at,
         micros(k.created_at) as created_at, micros(k.updated_at) as updated_at"
    };
}

pub(crate) struct New<'a> {
    pub(crate) id: ApiKeyId,
    pub(crate) name: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) scopes: Vec<String>,
    pub(crate) days: Option<i32>,
    pub(crate) requests: i32,
}

fn read(row: &Row) -> Result<Listed> {
    Ok(Listed {
        id: row.get("id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        scopes: row.get("scopes")?,
        requests_per_minute: row.get("requests_per_minute")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// False where there are `most` already.
pub(crate) async fn insert(cx: &Cx, new: New<'_>, most: i64) -> Result<bool> {
    let sql = "insert into api_keys (id, tenant_id, user_id, name, prefix, secret_hash, scopes, expires_at, requests_per_minute)
        select $1, $2, $3, $4, $5, $6, $7::text[], now() + make_interval(days => $8::int4), $10::int4
         where (select count(*) from api_keys where user_id = $3 and revoked_at is null) < $9";
    let params = [
        new.id.into(),
        cx.tenant()?.into(),
        cx.user()?.into(),
        new.name.into(),
        new.prefix.into(),
        new.secret_hash.into(),
        new.scopes.into(),
        new.days.into(),
        most.into(),
        new.requests.into(),
    ];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

pub(crate) async fn get(cx: &Cx, key: ApiKeyId) -> Result<Option<Listed>> {
    let sql =
        concat!("select ", columns!(), " from api_keys k where k.id = $1 and k.user_id = $2 and k.revoked_at is null");
    cx.db.optional(sql, &[key.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Listed>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from api_keys a where a.user_id = $4 and a.revoked_at is null) as total
          from api_keys k where k.user_id = $4 and k.revoked_at is null and before_cursor(k.created_at, k.id, $2, $3)
         order by k.created_at desc, k.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn revoke(cx: &Cx, key: ApiKeyId) -> Result<bool> {
    let sql = "update api_keys set revoked_at = now() where id = $1 and user_id = $2 and revoked_at is null";
    Ok(cx.db.execute(sql, &[key.into(), cx.user()?.into()]).await? == 1)
}
