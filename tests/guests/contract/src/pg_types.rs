//! Postgres: which values are accepted as parameters, which are returned, and which are refused.

use anyhow::{Context, ensure};
use spin_sdk::pg::{
    Connection, DbDataType, DbValue, Error, ParameterValue as P, PgError, QueryError,
};
use spin_sdk::variables;

/// A connection to the test database.
pub(crate) async fn connect() -> anyhow::Result<Connection> {
    Ok(Connection::open(variables::get("pg_url").await?).await?)
}

/// The first value of the first row, with its column's type.
async fn one(
    db: &Connection,
    sql: &str,
    parameters: Vec<P>,
) -> anyhow::Result<(DbDataType, DbValue)> {
    let rows = db.query(sql, parameters).await.with_context(|| sql.to_owned())?;
    let kind = rows.columns().first().map(|column| column.data_type.clone());
    let rows = rows.collect().await.with_context(|| sql.to_owned())?;
    let row = rows.first().with_context(|| format!("{sql}: no row"))?;
    Ok((kind.with_context(|| format!("{sql}: no column"))?, row[0].clone()))
}

async fn expect(
    db: &Connection,
    sql: &str,
    parameters: Vec<P>,
    kind: &str,
    value: &str,
) -> anyhow::Result<()> {
    let (found_kind, found) = one(db, sql, parameters).await?;
    let (found_kind, found) = (format!("{found_kind:?}"), format!("{found:?}"));
    ensure!(found_kind.ends_with(kind), "{sql}: expected type {kind}, found {found_kind}");
    ensure!(found.ends_with(value), "{sql}: expected {value}, found {found}");
    Ok(())
}

/// Types that are passed through unchanged.
pub(crate) async fn direct() -> anyhow::Result<()> {
    let db = connect().await?;
    let uuid = "6f1c1c52-0a3e-4cf0-8a3e-0123456789ab";
    let table: Vec<(&str, P, &str, &str)> = vec![
        ("bool", P::Boolean(true), "Boolean", "Boolean(true)"),
        ("int2", P::Int16(-7), "Int16", "Int16(-7)"),
        ("int4", P::Int32(-70_000), "Int32", "Int32(-70000)"),
        ("int8", P::Int64(1 << 40), "Int64", "Int64(1099511627776)"),
        ("float4", P::Floating32(1.5), "Floating32", "Floating32(1.5)"),
        ("float8", P::Floating64(-2.25), "Floating64", "Floating64(-2.25)"),
        ("text", P::Str("ä€".into()), "Str", "Str(\"ä€\")"),
        ("varchar", P::Str("x".into()), "Str", "Str(\"x\")"),
        ("char(3)", P::Str("x".into()), "Str", "Str(\"x  \")"),
        ("bytea", P::Binary(vec![0, 255]), "Binary", "Binary([0, 255])"),
        ("date", P::Date((1999, 12, 31)), "Date", "Date((1999, 12, 31))"),
        ("time", P::Time((23, 59, 58, 123_456_000)), "Time", "Time((23, 59, 58, 123456000))"),
        (
            "timestamp",
            P::Datetime((1969, 7, 20, 20, 17, 40, 5000)),
            "Datetime",
            "Datetime((1969, 7, 20, 20, 17, 40, 5000))",
        ),
        (
            "uuid",
            P::Uuid(uuid.to_uppercase()),
            "Uuid",
            "Uuid(\"6f1c1c52-0a3e-4cf0-8a3e-0123456789ab\")",
        ),
        ("numeric", P::Decimal("-12345.6700".into()), "Decimal", "Decimal(\"-12345.6700\")"),
        ("int4[]", P::ArrayInt32(vec![Some(1), None]), "ArrayInt32", "ArrayInt32([Some(1), None])"),
        ("int8[]", P::ArrayInt64(vec![]), "ArrayInt64", "ArrayInt64([])"),
        (
            "text[]",
            P::ArrayStr(vec![Some("a".into()), None]),
            "ArrayStr",
            "ArrayStr([Some(\"a\"), None])",
        ),
        ("varchar[]", P::ArrayStr(vec![Some("b".into())]), "ArrayStr", "ArrayStr([Some(\"b\")])"),
        (
            "numeric[]",
            P::ArrayDecimal(vec![Some("1.50".into())]),
            "ArrayDecimal",
            "ArrayDecimal([Some(\"1.50\")])",
        ),
    ];
    for (name, parameter, kind, value) in table {
        expect(&db, &format!("select $1::{name}"), vec![parameter], kind, value).await?;
        expect(&db, &format!("select $1::{name}"), vec![P::DbNull], kind, "DbNull").await?;
    }
    jsonb(&db).await?;
    ranges(&db).await
}

/// With a blank after the colon or without: what the server writes.
async fn jsonb(db: &Connection) -> anyhow::Result<()> {
    expect(
        db,
        "select $1::jsonb",
        vec![P::Jsonb(br#"{"a":1}"#.to_vec())],
        "Jsonb",
        "Jsonb([123, 34, 97, 34, 58, 32, 49, 125])",
    )
    .await
    .or(expect(
        db,
        "select $1::jsonb",
        vec![P::Jsonb(br#"{"a":1}"#.to_vec())],
        "Jsonb",
        "Jsonb([123, 34, 97, 34, 58, 49, 125])",
    )
    .await)
}

async fn ranges(db: &Connection) -> anyhow::Result<()> {
    use spin_sdk::pg::RangeBoundKind::{Exclusive, Inclusive};
    let closed = P::RangeInt32((Some((1, Inclusive)), Some((5, Inclusive))));
    expect(db, "select ($1::int4range)::text", vec![closed], "Str", "Str(\"[1,6)\")").await?;
    let open = P::RangeInt64((None, Some((9, Exclusive))));
    expect(db, "select ($1::int8range)::text", vec![open], "Str", "Str(\"(,9)\")").await?;
    let backwards = P::RangeInt32((Some((5, Inclusive)), Some((1, Inclusive))));
    expect(db, "select isempty($1::int4range)", vec![backwards], "Boolean", "Boolean(true)")
        .await?;
    let decimal =
        P::RangeDecimal((Some(("1.5".into(), Exclusive)), Some(("2.5".into(), Inclusive))));
    expect(db, "select ($1::numrange)::text", vec![decimal], "Str", "Str(\"(1.5,2.5]\")").await?;
    let (_, found) = one(db, "select '[1,6)'::int4range", vec![]).await?;
    ensure!(
        matches!(found, DbValue::RangeInt32((Some((1, Inclusive)), Some((6, Exclusive))))),
        "int4range: found {found:?}"
    );
    let (_, found) = one(db, "select interval '1 month 2 days 3 seconds'", vec![]).await?;
    let DbValue::Interval(interval) = found else { anyhow::bail!("interval: found {found:?}") };
    ensure!(
        (interval.months, interval.days, interval.micros) == (1, 2, 3_000_000),
        "interval: found {interval:?}"
    );
    expect(
        db,
        "select ($1::interval)::text",
        vec![P::Interval(interval)],
        "Str",
        "Str(\"1 mon 2 days 00:00:03\")",
    )
    .await
}

/// Types that are converted through text.
pub(crate) async fn casts() -> anyhow::Result<()> {
    let db = connect().await?;
    let uuid = "6f1c1c52-0a3e-4cf0-8a3e-0123456789ab";
    let list = || P::ArrayStr(vec![Some(uuid.into())]);
    expect(
        &db,
        "select $1::uuid = any($2::text[]::uuid[])",
        vec![P::Uuid(uuid.into()), list()],
        "Boolean",
        "Boolean(true)",
    )
    .await?;
    expect(
        &db,
        "select ($1::text::timestamptz at time zone 'UTC')::text",
        vec![P::Str("2024-01-02T03:04:05.5Z".into())],
        "Str",
        "Str(\"2024-01-02 03:04:05.5\")",
    )
    .await?;
    expect(
        &db,
        "select extract(epoch from $1::timestamptz)::int8",
        vec![P::Timestamp(1_700_000_000)],
        "Int64",
        "Int64(1700000000)",
    )
    .await?;
    expect(
        &db,
        "select $1::text::jsonb->>'a'",
        vec![P::Str("{\"a\":\"b\"}".into())],
        "Str",
        "Str(\"b\")",
    )
    .await?;
    expect(
        &db,
        "select ($1::text[]::uuid[])::text[]",
        vec![list()],
        "ArrayStr",
        &format!("ArrayStr([Some({uuid:?})])"),
    )
    .await?;
    expect(
        &db,
        "select count(*) from generate_series(1, 10) limit $1",
        vec![P::Int64(1)],
        "Int64",
        "Int64(10)",
    )
    .await
}

/// A value of another width or kind than the server inferred is refused before it is sent.
pub(crate) async fn widths() -> anyhow::Result<()> {
    let db = connect().await?;
    let wrong = [
        ("select $1::int8", P::Int32(1)),
        ("select $1::int4", P::Int64(1)),
        ("select $1::int2", P::Int32(1)),
        ("select $1::float8", P::Floating32(1.0)),
        ("select $1::numeric", P::Int64(1)),
        ("select $1::text", P::Int32(1)),
        ("select $1::int4", P::Str("1".into())),
        ("select $1::uuid", P::Str("6f1c1c52-0a3e-4cf0-8a3e-0123456789ab".into())),
        ("select $1::timestamptz", P::Str("2024-01-01".into())),
        ("select $1::timestamptz", P::Datetime((2024, 1, 1, 0, 0, 0, 0))),
        ("select $1::timestamp", P::Timestamp(0)),
        ("select $1::jsonb", P::Str("{}".into())),
        ("select $1::uuid[]", P::ArrayStr(vec![])),
        ("select $1::int8[]", P::ArrayInt32(vec![])),
        ("select 1 limit $1", P::Int32(1)),
        ("select $1::int8range", P::RangeInt32((None, None))),
    ];
    for (sql, parameter) in wrong {
        let shown = format!("{parameter:?}");
        match db.query(sql, vec![parameter]).await {
            Err(Error::PgError(PgError::QueryFailed(QueryError::Text(_)))) => {}
            Err(other) => {
                anyhow::bail!("{sql} with {shown}: expected QueryFailed(Text), found {other:?}")
            }
            Ok(_) => anyhow::bail!("{sql} with {shown} was accepted"),
        }
    }
    for parameters in [vec![], vec![P::Int32(1), P::Int32(2)]] {
        let count = parameters.len();
        ensure!(
            db.query("select $1::int4", parameters).await.is_err(),
            "{count} parameters were accepted for one"
        );
    }
    expect(&db, "select $1::int4", vec![P::Int32(1)], "Int32", "Int32(1)").await
}

/// Types that Spin does not convert.
pub(crate) async fn unreadable() -> anyhow::Result<()> {
    let db = connect().await?;
    for (sql, name) in [
        ("select '[1,2]'::text::json", "json"),
        ("select array[true]", "_bool"),
        ("select array['6f1c1c52-0a3e-4cf0-8a3e-0123456789ab'::uuid]", "_uuid"),
        ("select '12:00+00'::timetz", "timetz"),
        ("select 'x'::name", "name"),
        ("select '1.2.3.4'::inet", "inet"),
        ("select 1::oid", "oid"),
    ] {
        let (kind, value) = one(&db, sql, vec![]).await?;
        ensure!(
            matches!(&kind, DbDataType::Other(found) if found == name),
            "{sql}: expected Other({name:?}), found {kind:?}"
        );
        ensure!(
            matches!(value, DbValue::Unsupported(_)),
            "{sql}: expected Unsupported, found {value:?}"
        );
    }
    let failed = match db.query("select now()", vec![]).await {
        Ok(rows) => rows.collect().await.err(),
        Err(error) => Some(error),
    };
    ensure!(failed.is_some(), "timestamptz was readable, which it is not in Spin");
    expect(&db, "select null::timestamptz", vec![], "Datetime", "DbNull").await.or(Ok(()))
}

/// Malformed values.
pub(crate) async fn malformed() -> anyhow::Result<()> {
    let db = connect().await?;
    for (sql, parameter) in [
        ("select $1::uuid", P::Uuid("nonsense".into())),
        ("select $1::numeric", P::Decimal("1e5x".into())),
        ("select $1::date", P::Date((2024, 2, 30))),
        ("select $1::time", P::Time((25, 0, 0, 0))),
        ("select $1::jsonb", P::Jsonb(b"{".to_vec())),
    ] {
        let shown = format!("{:?}", db.query(sql, vec![parameter.clone()]).await.err());
        ensure!(
            shown.contains("BadParameter"),
            "query {sql}: expected BadParameter, found {shown}"
        );
        let shown = format!("{:?}", db.execute(sql, vec![parameter]).await.err());
        ensure!(
            shown.contains("ValueConversionFailed"),
            "execute {sql}: expected ValueConversionFailed, found {shown}"
        );
    }
    Ok(())
}

/// Errors of the server, with their code, and where they are reported.
pub(crate) async fn errors() -> anyhow::Result<()> {
    let db = connect().await?;
    let code = |error: &Error| match error {
        Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) => error.code.clone(),
        other => format!("{other:?}"),
    };
    let syntax = db.query("selekt 1", vec![]).await.err().context("a syntax error gave rows")?;
    ensure!(code(&syntax) == "42601", "expected 42601, found {}", code(&syntax));
    db.execute("create temp table contract_unique (id int4 primary key)", vec![]).await?;
    let insert = "insert into contract_unique values ($1) returning id";
    db.query(insert, vec![P::Int32(1)]).await?.collect().await?;
    // Spin's executor runs after the call has returned: the failure is at the end of the rows
    let rows = db
        .query(insert, vec![P::Int32(1)])
        .await
        .context("a failing insert must fail in result(), not in query()")?;
    let error = rows.collect().await.err().context("a duplicate key was accepted")?;
    ensure!(code(&error) == "23505", "expected 23505, found {}", code(&error));
    let Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) = error else {
        anyhow::bail!("no details")
    };
    ensure!(
        error.severity == "ERROR" && error.detail.is_some(),
        "severity or detail is missing: {error:?}"
    );
    ensure!(
        error.extras.iter().any(|(name, _)| name == "constraint"),
        "the constraint's name is missing: {error:?}"
    );
    let failed =
        db.execute("select 1/0", vec![]).await.err().context("a division by zero was accepted")?;
    ensure!(code(&failed) == "22012", "expected 22012, found {}", code(&failed));
    expect(&db, "select 1", vec![], "Int32", "Int32(1)").await?;
    let none = db.query("select 1 where false", vec![]).await?;
    ensure!(
        none.columns().is_empty(),
        "a result without rows has columns, which it has not in Spin"
    );
    ensure!(none.collect().await?.is_empty(), "there is a row");
    Ok(())
}
