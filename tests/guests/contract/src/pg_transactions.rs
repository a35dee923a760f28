//! Postgres: transactions, what a connection keeps between borrowers, and rows as a stream.

use anyhow::{Context, ensure};
use http::request::Parts;
use spin_sdk::http::StatusCode;
use spin_sdk::pg::{Connection, Decode, ParameterValue as P};
use spin_sdk::variables;

use crate::pg_types::connect;
use crate::{HandlerResult, number, text};

const TABLE: &str = "create table if not exists contract_rows (id int4 primary key, note text)";

async fn count(db: &Connection, id: i32) -> anyhow::Result<i64> {
    let rows = db
        .query("select count(*) from contract_rows where id = $1", vec![P::Int32(id)])
        .await?
        .collect()
        .await?;
    let row = rows.first().context("count gave no row")?;
    Ok(i64::decode(&row[0])?)
}

/// One string.
async fn ask(db: &Connection, sql: &str) -> anyhow::Result<String> {
    let rows = db.query(sql, vec![]).await?.collect().await?;
    let row = rows.first().with_context(|| format!("{sql} gave nothing"))?;
    Ok(String::decode(&row[0])?)
}

/// Other connections see what is committed, and not what is rolled back.
pub(crate) async fn commit_and_roll_back() -> anyhow::Result<()> {
    let (db, other) = (connect().await?, connect().await?);
    db.execute(TABLE, vec![]).await?;
    db.execute("delete from contract_rows where id in (1, 2)", vec![]).await?;
    db.execute("begin", vec![]).await?;
    db.execute("insert into contract_rows values (1, 'kept')", vec![]).await?;
    ensure!(count(&other, 1).await? == 0, "an uncommitted row is seen by another connection");
    db.execute("commit", vec![]).await?;
    ensure!(count(&other, 1).await? == 1, "a committed row is not seen by another connection");
    db.execute("begin", vec![]).await?;
    db.execute("insert into contract_rows values (2, 'dropped')", vec![]).await?;
    db.execute("rollback", vec![]).await?;
    ensure!(count(&other, 2).await? == 0, "a row that was rolled back is there");
    Ok(())
}

/// Leaves a transaction open.
pub(crate) async fn abandon() -> anyhow::Result<()> {
    let db = connect().await?;
    db.execute(TABLE, vec![]).await?;
    db.execute("begin", vec![]).await?;
    db.execute("delete from contract_rows where id = 10", vec![]).await?;
    db.execute("insert into contract_rows values (10, 'orphan')", vec![]).await?;
    Ok(())
}

/// Leaves a transaction open and traps.
#[expect(clippy::panic, reason = "the host is to be seen cleaning up after it")]
pub(crate) async fn abandon_and_trap() -> anyhow::Result<()> {
    let db = connect().await?;
    db.execute("begin", vec![]).await?;
    db.execute("insert into contract_rows values (12, 'orphan')", vec![]).await?;
    panic!("a trap in a transaction")
}

/// After [`abandon`]: no connection of the pool is in the abandoned transaction, and own writes are
/// committed.
pub(crate) async fn clean() -> anyhow::Result<()> {
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(connect().await?);
    }
    for db in &held {
        ensure!(
            count(db, 10).await? == 0 && count(db, 12).await? == 0,
            "a row of an abandoned transaction is seen"
        );
        // A row of this connection's own: other tests run the same case concurrently.
        let own = ask(db, "select (-pg_backend_pid())::text").await?.parse()?;
        db.execute("delete from contract_rows where id = $1", vec![P::Int32(own)]).await?;
        db.execute("insert into contract_rows values ($1, 'mine')", vec![P::Int32(own)]).await?;
        let other = connect().await?;
        ensure!(count(&other, own).await? == 1, "a plain insert was not committed");
        let setting = ask(db, "select coalesce(current_setting('app.contract', true), '')").await?;
        ensure!(setting.is_empty(), "the setting {setting:?} of an earlier borrower is there");
        let role = ask(db, "select current_user::text || current_setting('role')").await?;
        ensure!(
            role == ask(db, "select session_user::text || 'none'").await?,
            "the role of an earlier borrower is there: {role}"
        );
    }
    Ok(())
}

/// Leaves a setting, a temporary table and an advisory lock.
pub(crate) async fn set_session() -> anyhow::Result<()> {
    let db = connect().await?;
    db.execute(TABLE, vec![]).await?;
    let set = "select set_config('app.contract', $1, false)";
    db.query(set, vec![P::Str("mine".into())]).await?.collect().await?;
    let found = ask(&db, "select current_setting('app.contract')").await?;
    ensure!(found == "mine", "expected the setting, found {found:?}");
    Ok(())
}

/// A hundred thousand rows, one after the other.
pub(crate) async fn stream() -> anyhow::Result<()> {
    let db = connect().await?;
    let mut rows =
        db.query("select n, repeat('x', 100) from generate_series(1, 100000) n", vec![]).await?;
    let mut last = 0;
    while let Some(row) = rows.next().await {
        let found: i32 = row.get("n").context("row without n")?;
        ensure!(found == last + 1, "expected row {}, found {found}", last + 1);
        last = found;
    }
    rows.result().await?;
    ensure!(last == 100_000, "expected 100000 rows, found {last}");
    Ok(())
}

/// Unread rows do not break the connection.
pub(crate) async fn half_read() -> anyhow::Result<()> {
    let db = connect().await?;
    let mut rows = db.query("select n from generate_series(1, 100000) n", vec![]).await?;
    ensure!(rows.next().await.is_some(), "there is no first row");
    drop(rows);
    let found = ask(&db, "select 'next'::text").await?;
    ensure!(found == "next", "found {found:?}");
    Ok(())
}

/// Several connections at once, and several concurrent statements on one.
pub(crate) async fn parallel() -> anyhow::Result<()> {
    let (one, two) = (connect().await?, connect().await?);
    let backend = "select pg_backend_pid()::text";
    let (a, b) = futures::future::try_join(ask(&one, backend), ask(&two, backend)).await?;
    ensure!(a != b, "two open connections are the same");
    let (a, b) = futures::future::try_join(ask(&one, backend), ask(&one, backend)).await?;
    ensure!(a == b, "one open connection is two");
    Ok(())
}

/// Holds a connection while another connection holds the advisory lock `?key=`. `?address=` is a number:
/// another one is another pool.
pub(crate) async fn hold(request: &Parts) -> HandlerResult {
    let url = variables::get("pg_url").await?;
    let url = format!("{url}&connect_timeout={}", number(request, "address", 10));
    let db = Connection::open(url).await?;
    let key = P::Int64(i64::try_from(number(request, "key", 0))?);
    let lock = "select pg_advisory_xact_lock_shared($1)::text";
    db.query(lock, vec![key]).await?.collect().await?;
    Ok(text(StatusCode::OK, "ok"))
}

/// The work of an authenticated endpoint with one query: sets the tenant, then reads one row.
pub(crate) async fn like_me() -> HandlerResult {
    let db = connect().await?;
    let set = "select set_config('app.tenant_id', $1, false)";
    db.query(set, vec![P::Str("6f1c1c52-0a3e-4cf0-8a3e-0123456789ab".into())])
        .await?
        .collect()
        .await?;
    let read = "select current_setting('app.tenant_id'), $1::text, 42::int8";
    let rows = db.query(read, vec![P::Str("someone@example.org".into())]).await?.collect().await?;
    let row = rows.first().context("no row")?;
    let mail: String = row.get("text").context("no mail")?;
    Ok(text(StatusCode::OK, &format!("{{\"email\":\"{mail}\"}}")))
}
