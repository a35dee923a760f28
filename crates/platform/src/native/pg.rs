//! Postgres through sqlx. Parameters are sent with type 0 (unspecified), so that the server infers
//! them exactly as it does for Spin's driver.

use std::{sync::Arc, time::Duration};

use kernel::{Problem, Result};
use sqlx::{
    AssertSqlSafe, Column, Connection as _, Encode, Executor, PgPool, Postgres, Row as _,
    SqlSafeStr, Type, TypeInfo, ValueRef,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgPoolOptions, PgRow, PgTypeInfo, types::Oid},
};
use telemetry::{Span, SpanKind, TraceContext};
use tls::Authorities;

use super::config::Settings;
use crate::pg::{Connection, Entrances, Error, Row, Value, is_connection_terminated};

/// A connection that was released so recently is reused without a check that it is still alive.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A pool of connections to the database.
#[derive(Clone)]
pub struct Source {
    pool: PgPool,
    entrances: Entrances,
}

impl Source {
    /// Connects to `TESSERA_DATABASE_URL`, or with [`crate::config::Settings`] of the task to
    /// theirs, once for all requests.
    ///
    /// # Errors
    /// `internal` if it is not set, `unavailable` if the server does not answer.
    pub async fn from_config() -> Result<Self> {
        match Settings::current() {
            Some(settings) => settings.source().await,
            None => Self::connect(&crate::config::required("database_url").await?, 16).await,
        }
    }

    /// The same pool without the entrances that an earlier request has found.
    pub(crate) fn for_next_request(&self) -> Self {
        Self { pool: self.pool.clone(), entrances: Entrances::default() }
    }

    /// Connects to an address with at most `max_connections` connections.
    ///
    /// # Errors
    /// `unavailable` if the server does not answer.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let authorities = Authorities::postgres_from_env();
        let options = tls::postgres_options(url, &authorities)
            .map_err(|e| Problem::internal(format!("configuration: database_url: {e:#}")))?;
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            // A check for each use would cost a round trip, as much as most statements; a
            // connection that was just in use is alive.
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_release(|connection, _| {
                Box::pin(async move {
                    // The tenant of one job must not be the next one's.
                    connection.execute("reset all").await?;
                    Ok(true)
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(|e| {
                let refused = tls::explain(&e, options.get_host(), &authorities);
                Problem::unavailable("the database", refused.unwrap_or_else(|| e.to_string()))
            })?;
        Ok(Self { pool, entrances: Entrances::default() })
    }

    pub(crate) fn entrances(&self) -> &Entrances {
        &self.entrances
    }
}

pub(crate) struct Driver(sqlx::pool::PoolConnection<Postgres>, bool);

impl Drop for Driver {
    /// Inside a transaction the connection is closed, not returned: no other user may inherit it.
    fn drop(&mut self) {
        if self.1 {
            self.0.close_on_drop();
        }
    }
}

impl Driver {
    fn note_transaction(&mut self, sql: &str) {
        match sql {
            "begin" => self.1 = true,
            "commit" | "rollback" => self.1 = false,
            _ => {}
        }
    }
}

impl Connection for Driver {
    async fn open(source: &Source) -> std::result::Result<Self, Error> {
        let begin = |parent| span(parent, "postgres open".to_owned());
        // Boxed: it stands three times in what awaits it, at every level above once more, and a
        // test's thread has a stack of 2 MiB.
        let opened = telemetry::observed(begin, Box::pin(source.pool.acquire()), end).await;
        Ok(Self(opened.map_err(error)?, false))
    }

    async fn query(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error> {
        let query = sqlx::query_with(AssertSqlSafe(sql).into_sql_str(), arguments(params)?);
        let begin = |parent| span(parent, telemetry::statement_summary(sql));
        let rows = telemetry::observed(begin, self.0.fetch_all(query), end).await.map_err(error)?;
        let columns: Arc<[String]> = rows
            .first()
            .map(|r| r.columns().iter().map(|c| c.name().to_owned()).collect())
            .unwrap_or_default();
        rows.iter().map(|row| read(row, &columns)).collect()
    }

    async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        let query = sqlx::query_with(AssertSqlSafe(sql).into_sql_str(), arguments(params)?);
        let begin = |parent| span(parent, telemetry::statement_summary(sql));
        let done = telemetry::observed(begin, self.0.execute(query), end).await.map_err(error)?;
        self.note_transaction(sql);
        Ok(done.rows_affected())
    }
}

/// The span of a statement, or of waiting for a connection.
fn span(parent: TraceContext, name: String) -> Span {
    Span::child_of(parent, SpanKind::Client, name).with("db.system.name", "postgresql")
}

fn end<T>(result: &sqlx::Result<T>, span: &mut Span) {
    if result.is_err() {
        span.fail();
    }
}

fn arguments(params: &[Value]) -> std::result::Result<PgArguments, Error> {
    let mut out = PgArguments::default();
    for value in params {
        sqlx::Arguments::add(&mut out, InferredParam(value))
            .map_err(|e| unreadable(e.to_string()))?;
    }
    Ok(out)
}

/// A parameter whose type the server infers.
struct InferredParam<'a>(&'a Value);

impl Type<Postgres> for InferredParam<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl<'q> Encode<'q, Postgres> for InferredParam<'_> {
    fn encode_by_ref(
        &self,
        out: &mut PgArgumentBuffer,
    ) -> std::result::Result<IsNull, BoxDynError> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Bool(v) => out.extend_from_slice(&[u8::from(*v)]),
            Value::I32(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::I64(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::F64(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::Text(v) => out.extend_from_slice(v.as_bytes()),
            Value::Bytes(v) => out.extend_from_slice(v),
            Value::Uuid(v) => out.extend_from_slice(v.as_bytes()),
            Value::Json(v) => {
                // jsonb's binary form begins with its version, 1.
                out.extend_from_slice(&[1]);
                out.extend_from_slice(v.to_string().as_bytes());
            }
            Value::TextArray(v) => {
                const TEXT: i32 = 25;
                let length = i32::try_from(v.len())?;
                for header in [i32::from(length > 0), 0, TEXT] {
                    out.extend_from_slice(&header.to_be_bytes());
                }
                if length > 0 {
                    out.extend_from_slice(&length.to_be_bytes());
                    out.extend_from_slice(&1_i32.to_be_bytes());
                }
                for text in v {
                    out.extend_from_slice(&i32::try_from(text.len())?.to_be_bytes());
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
        Ok(IsNull::No)
    }
}

fn read(row: &PgRow, columns: &Arc<[String]>) -> std::result::Result<Row, Error> {
    let values =
        (0..row.columns().len()).map(|i| cell(row, i)).collect::<std::result::Result<_, _>>()?;
    Ok(Row { columns: columns.clone(), values })
}

fn cell(row: &PgRow, i: usize) -> std::result::Result<Value, Error> {
    let raw = row.try_get_raw(i).map_err(error)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let name = raw.type_info().name().to_owned();
    let bytes = raw.as_bytes().map_err(|e| unreadable(e.to_string()))?;
    decode(&name, bytes).ok_or_else(|| {
        unreadable(format!("a {name} that cannot be read: cast it in SQL (README.md of platform)"))
    })
}

fn decode(name: &str, bytes: &[u8]) -> Option<Value> {
    Some(match name {
        "BOOL" => Value::Bool(bytes.first()? != &0),
        "INT2" => Value::I32(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        "INT4" => Value::I32(i32::from_be_bytes(bytes.try_into().ok()?)),
        "INT8" => Value::I64(i64::from_be_bytes(bytes.try_into().ok()?)),
        "FLOAT4" => Value::F64(f32::from_be_bytes(bytes.try_into().ok()?).into()),
        "FLOAT8" => Value::F64(f64::from_be_bytes(bytes.try_into().ok()?)),
        "TEXT" | "VARCHAR" | "NAME" => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
        "BYTEA" => Value::Bytes(bytes.to_vec()),
        "UUID" => Value::Uuid(uuid::Uuid::from_slice(bytes).ok()?),
        "JSONB" => Value::Json(serde_json::from_slice(bytes.get(1..)?).ok()?),
        "TEXT[]" => Value::TextArray(text_array(bytes)?),
        "VOID" => Value::Null,
        _ => return None,
    })
}

fn text_array(bytes: &[u8]) -> Option<Vec<String>> {
    let int = |at: usize| Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if int(0)? == 0 {
        return Some(Vec::new());
    }
    let (mut at, mut out) = (20, Vec::new());
    for _ in 0..int(12)? {
        let length = usize::try_from(int(at)?).ok()?;
        out.push(String::from_utf8(bytes.get(at + 4..at + 4 + length)?.to_vec()).ok()?);
        at += 4 + length;
    }
    Some(out)
}

fn unreadable(message: String) -> Error {
    Error { unavailable: false, sqlstate: None, message }
}

#[expect(clippy::needless_pass_by_value, reason = "used as map_err(error)")]
fn error(error: sqlx::Error) -> Error {
    let sqlstate = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map(std::borrow::Cow::into_owned);
    let unavailable = matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
    ) || sqlstate.as_deref().is_some_and(is_connection_terminated);
    let message =
        error.as_database_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
    Error { unavailable, sqlstate, message }
}
