//! The SQL of operators.

use kernel::{
    Problem, ReasonCode, Result,
    id::{OperatorId, TenantId},
};
use platform::{
    Origin,
    pg::{Db, Row, Value},
};

use crate::operator::Operator;

macro_rules! columns {
    () => {
        "o.id, o.name, micros(o.last_used_at) as last_used_at, micros(o.revoked_at) as revoked_at, micros(o.created_at) as created_at"
    };
}

fn read(row: &Row) -> Result<Operator> {
    Ok(Operator {
        id: row.get("id")?,
        name: row.get("name")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn insert(db: &Db, id: OperatorId, name: &str, secret_hash: &[u8]) -> Result<()> {
    let sql = "insert into operators (id, name, secret_hash) values ($1, $2, $3)";
    db.execute(sql, &[id.into(), name.into(), secret_hash.to_vec().into()]).await.map_err(
        |error| match error.unique_violation() {
            Some("operators_name_key") => {
                Problem::conflict(ReasonCode::NameTaken, "an operator of this name exists already")
            }
            _ => error.into(),
        },
    )?;
    Ok(())
}

pub(crate) async fn list(db: &Db) -> Result<Vec<Operator>> {
    let sql = concat!("select ", columns!(), " from operators o order by o.created_at desc");
    db.query(sql, &[]).await?.iter().map(read).collect()
}

pub(crate) async fn revoke(db: &Db, name: &str) -> Result<bool> {
    let sql = "update operators set revoked_at = now() where lower(name) = lower($1) and revoked_at is null";
    Ok(db.execute(sql, &[name.into()]).await? == 1)
}

/// The operator of a valid key; notes its use at most once a minute.
pub(crate) async fn open(db: &Db, id: OperatorId, secret: &[u8]) -> Result<Option<Operator>> {
    let sql = "select id, name, last_used_at, revoked_at, created_at from open_operator($1, $2)";
    db.optional(sql, &[id.into(), secret.to_vec().into()]).await?.as_ref().map(read).transpose()
}

/// Enters a tenant with the key; none if it has been revoked.
pub(crate) async fn enter(
    db: &mut Db,
    tenant: TenantId,
    operator: OperatorId,
    secret: &[u8],
    origin: &Origin,
) -> Result<Option<Row>> {
    let sql = "select ticket, redis_namespace from tenancy.enter_operator($1, $2, $3, $4)";
    let from = origin.session_setting();
    let params: [Value; 4] =
        [tenant.into(), operator.into(), secret.to_vec().into(), from.as_str().into()];
    Ok(db.open_with(tenant, from, sql, &params).await?)
}
