//! The SQL of API keys.

use access::SpaceRole;
use kernel::{
    PageRequest, Problem, Result,
    id::{ApiKeyId, AssistantId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};

use crate::api_key::{ApiKeyInfo, KeysAssistant};

macro_rules! columns {
    () => {
        "k.id, k.name, k.prefix, k.scopes, k.requests_per_minute, micros(k.expires_at) as expires_at, micros(k.last_used_at) as last_used_at,
         micros(k.created_at) as created_at, micros(k.updated_at) as updated_at,
         k.assistant_id, s.name as assistant_name, s.role as space_role, s.published"
    };
}

macro_rules! from {
    () => {
        " from api_keys k left join lateral lookup.assistant_standing(k.assistant_id, k.user_id) s on true "
    };
}

pub(crate) struct New<'a> {
    pub(crate) id: ApiKeyId,
    pub(crate) name: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) scopes: Vec<String>,
    pub(crate) assistant: Option<AssistantId>,
    pub(crate) days: Option<i32>,
    pub(crate) requests: i32,
}

/// The name of the assistant if the caller may see and ask it.
fn name(cx: &Cx, row: &Row) -> Result<Option<String>> {
    let Some(role) = row.get::<Option<String>>("space_role")? else { return Ok(None) };
    let access = cx.space_access(SpaceRole::parse(&role))?;
    if access.may_use(row.get("published")?) { row.get("assistant_name") } else { Ok(None) }
}

fn read(cx: &Cx, row: &Row) -> Result<ApiKeyInfo> {
    let assistant: Option<AssistantId> = row.get("assistant_id")?;
    Ok(ApiKeyInfo {
        assistant: assistant
            .map(|id| Ok::<_, Problem>(KeysAssistant { id, name: name(cx, row)? }))
            .transpose()?,
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

/// The name of an assistant if the caller may see and ask it.
pub(crate) async fn assistant_name(cx: &Cx, assistant: AssistantId) -> Result<Option<String>> {
    let sql = "select name as assistant_name, role as space_role, published from lookup.assistant_standing($1, $2)";
    let row = cx.db.optional(sql, &[assistant.into(), cx.user()?.into()]).await?;
    row.map_or(Ok(None), |row| name(cx, &row))
}

/// False if the user has `most` keys already. `api_key_slot_free` holds a lock of the user until
/// this statement commits, so that concurrent requests cannot exceed the limit.
pub(crate) async fn insert(cx: &Cx, new: New<'_>, most: i64) -> Result<bool> {
    let sql = "insert into api_keys (id, tenant_id, user_id, name, prefix, secret_hash, scopes, expires_at, requests_per_minute, assistant_id)
        select $1, $2, $3, $4, $5, $6, $7::text[], now() + make_interval(days => $8::int4), $10::int4, $11::uuid
         where api_key_slot_free($3, $9)";
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
        new.assistant.into(),
    ];
    match cx.db.execute(sql, &params).await {
        Ok(written) => Ok(written == 1),
        Err(error) if error.is_missing_reference() => Err(kernel::id::not_found("assistant")),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn get(cx: &Cx, key: ApiKeyId) -> Result<Option<ApiKeyInfo>> {
    let sql = concat!(
        "select ",
        columns!(),
        from!(),
        "where k.id = $1 and k.user_id = $2 and k.revoked_at is null"
    );
    cx.db
        .optional(sql, &[key.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<ApiKeyInfo>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from api_keys a where a.user_id = $4 and a.revoked_at is null) as total",
        from!(),
        "where k.user_id = $4 and k.revoked_at is null and before_cursor(k.created_at, k.id, $2, $3)
         order by k.created_at desc, k.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn revoke(cx: &Cx, key: ApiKeyId) -> Result<bool> {
    let sql = "update api_keys set revoked_at = now() where id = $1 and user_id = $2 and revoked_at is null";
    Ok(cx.db.execute(sql, &[key.into(), cx.user()?.into()]).await? == 1)
}
