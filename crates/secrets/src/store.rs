//! The SQL of data keys, and of the columns with sealed texts.

use kernel::{Result, Timestamp, id::TenantId};
use platform::{
    Cx,
    pg::{Db, Row, Value},
};
use uuid::Uuid;

use crate::{Column, master::WrappedKey};

/// The next texts after an id that were sealed with another data key than a given one.
#[doc(hidden)]
#[macro_export]
macro_rules! scan_sql {
    ($table:literal, $column:literal) => {
        concat!(
            "select id, ",
            $column,
            " as sealed from ",
            $table,
            " where ",
            $column,
            " is not null and split_part(",
            $column,
            ", '.', 2) <> $1::text and ($2::uuid is null or id > $2) order by id limit $3"
        )
    };
}

/// Replaces one sealed text, unless it has changed meanwhile.
#[doc(hidden)]
#[macro_export]
macro_rules! replace_sql {
    ($table:literal, $column:literal) => {
        concat!("update ", $table, " set ", $column, " = $3 where id = $1 and ", $column, " = $2")
    };
}

fn read(row: &Row) -> Result<WrappedKey> {
    Ok(WrappedKey {
        id: row.get("id")?,
        master_key_id: row.get("master_key_id")?,
        wrapped: row.get("wrapped")?,
    })
}

pub(crate) async fn current(cx: &Cx) -> Result<Option<WrappedKey>> {
    let sql = "select id, master_key_id, wrapped from data_keys where retired_at is null";
    cx.db.optional(sql, &[]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn get(cx: &Cx, id: Uuid) -> Result<Option<WrappedKey>> {
    let sql = "select id, master_key_id, wrapped from data_keys where id = $1";
    cx.db.optional(sql, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// Inserts the first key of a tenant, unless a concurrent request did.
pub(crate) async fn insert(cx: &Cx, key: &WrappedKey) -> Result<()> {
    let sql =
        "insert into data_keys (id, tenant_id, master_key_id, wrapped) values ($1, $2, $3, $4)
        on conflict (tenant_id) where retired_at is null do nothing";
    let params = [
        key.id.into(),
        cx.tenant()?.into(),
        key.master_key_id.as_str().into(),
        key.wrapped.clone().into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

/// Retires the current key, if it was made before that time, and inserts the new one; false if the
/// current key is younger, or there is none.
pub(crate) async fn supersede(cx: &Cx, made_before: Timestamp, key: &WrappedKey) -> Result<bool> {
    let sql = "with retired as (
          update data_keys set retired_at = now()
           where retired_at is null and created_at < 'epoch'::timestamptz + $5::int8 * interval '1 microsecond' returning tenant_id
        )
        insert into data_keys (id, tenant_id, master_key_id, wrapped) select $1, $2, $3, $4 from retired";
    let params = [
        key.id.into(),
        cx.tenant()?.into(),
        key.master_key_id.as_str().into(),
        key.wrapped.clone().into(),
        made_before.into(),
    ];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

/// The tenant's keys, including retired ones, that another master key wrapped.
pub(crate) async fn wrapped_by_others(cx: &Cx, master_key_id: &str) -> Result<Vec<WrappedKey>> {
    let sql =
        "select id, master_key_id, wrapped from data_keys where master_key_id <> $1 order by id";
    cx.db.query(sql, &[master_key_id.into()]).await?.iter().map(read).collect()
}

pub(crate) async fn rewrap(cx: &Cx, key: &WrappedKey) -> Result<()> {
    let sql = "update data_keys set master_key_id = $2, wrapped = $3 where id = $1";
    cx.db
        .execute(
            sql,
            &[key.id.into(), key.master_key_id.as_str().into(), key.wrapped.clone().into()],
        )
        .await?;
    Ok(())
}

pub(crate) async fn tenants_after(
    db: &Db,
    after: Option<TenantId>,
    limit: i32,
) -> Result<Vec<TenantId>> {
    let sql = "select tenant_id from lookup.tenants_after($1, $2)";
    db.query(sql, &[after.into(), limit.into()])
        .await?
        .iter()
        .map(|row| row.get("tenant_id"))
        .collect()
}

pub(crate) async fn sealed_by_others(
    cx: &Cx,
    column: &Column,
    key: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, String)>> {
    let params = [Value::Text(key.simple().to_string()), after.into(), limit.into()];
    let rows = cx.db.query(column.scan, &params).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("sealed")?))).collect()
}

pub(crate) async fn replace(
    cx: &Cx,
    column: &Column,
    id: Uuid,
    old: &str,
    new: &str,
) -> Result<()> {
    cx.db.execute(column.replace, &[id.into(), old.into(), new.into()]).await?;
    Ok(())
}
