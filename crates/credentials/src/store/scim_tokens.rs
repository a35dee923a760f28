//! The SQL of directories' tokens.

use kernel::{
    PageRequest, Result,
    id::{ScimTokenId, TenantId},
};
use platform::{
    Cx, Origin,
    pg::{Db, Row, page_params},
};

use crate::scim_token::ScimToken;

macro_rules! columns {
    () => {
        "k.id, k.name, k.created_by, micros(k.last_used_at) as last_used_at, micros(k.created_at) as created_at"
    };
}

fn read(row: &Row) -> Result<ScimToken> {
    Ok(ScimToken {
        id: row.get("id")?,
        name: row.get("name")?,
        created_by: row.get("created_by")?,
        last_used_at: row.get("last_used_at")?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<ScimToken>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(n.id) from scim_tokens n) as total
          from scim_tokens k where before_cursor(k.created_at, k.id, $2, $3)
         order by k.created_at desc, k.id desc limit $1"
    );
    let rows = cx.db.query(sql, &page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn insert(
    cx: &Cx,
    id: ScimTokenId,
    name: &str,
    token_hash: &[u8],
) -> Result<ScimToken> {
    let sql = concat!(
        "insert into scim_tokens as k (id, tenant_id, name, token_hash, created_by) values ($1, $2, $3, $4, $5) returning ",
        columns!()
    );
    let params = [
        id.into(),
        cx.tenant()?.into(),
        name.into(),
        token_hash.to_vec().into(),
        cx.user()?.into(),
    ];
    read(&cx.db.one(sql, &params).await?)
}

/// Whether the token existed.
pub(crate) async fn delete(cx: &Cx, id: ScimTokenId) -> Result<bool> {
    Ok(cx.db.execute("delete from scim_tokens where id = $1", &[id.into()]).await? == 1)
}

/// Sets the tenant and checks the token; None if it is not valid.
pub(crate) async fn open(
    db: &mut Db,
    tenant: TenantId,
    token_hash: &[u8],
    origin: &Origin,
) -> Result<Option<ScimTokenId>> {
    let from = origin.session_setting();
    let params = [tenant.into(), token_hash.to_vec().into(), from.as_str().into()];
    let row = db.open_with(tenant, from, "select * from open_scim($1, $2, $3)", &params).await?;
    row.map(|row| row.get("scim_token_id")).transpose()
}
