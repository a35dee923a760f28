//! Postgres through `spin:postgres@4.2.0`.

use std::sync::Arc;

use kernel::Result;
use spin_sdk::pg::{
    Connection as SpinConnection, DbValue, Error as SpinError, ParameterValue, PgError, QueryError,
};

use crate::pg::{Connection, Entrances, Error, Row, Value, is_connection_terminated};

/// The database address, from the component's variable `database_url`.
#[derive(Clone)]
pub struct Source {
    address: Arc<str>,
    /// Real Spin hands an abandoned transaction to the next borrower of a connection (its recycling
    /// sends no ROLLBACK), so a connection begins with one there; our host cleans connections
    /// itself and sets this flag.
    clean: bool,
    entrances: Entrances,
}

impl Source {
    /// From the component's variables.
    ///
    /// # Errors
    /// `internal` if `database_url` is not set.
    pub async fn from_config() -> Result<Self> {
        let address = crate::config::required("database_url").await?.into();
        let clean = std::env::var_os("TESSERA_CLEAN_CONNECTIONS").is_some();
        Ok(Self { address, clean, entrances: Entrances::default() })
    }

    pub(crate) fn entrances(&self) -> &Entrances {
        &self.entrances
    }
}

pub(crate) struct Driver(SpinConnection);

impl Connection for Driver {
    async fn open(source: &Source) -> std::result::Result<Self, Error> {
        let connection = SpinConnection::open(source.address.to_string()).await.map_err(error)?;
        if !source.clean {
            connection.execute("rollback", []).await.map_err(error)?;
        }
        Ok(Self(connection))
    }

    async fn query(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error> {
        let params: Vec<ParameterValue> = params.iter().map(parameter).collect();
        let mut result = self.0.query(sql, params).await.map_err(error)?;
        let columns: Arc<[String]> = result.columns().iter().map(|c| c.name.clone()).collect();
        let mut rows = Vec::new();
        while let Some(row) = result.rows().next().await {
            let values = row.into_iter().map(value).collect::<std::result::Result<_, _>>()?;
            rows.push(Row { columns: columns.clone(), values });
        }
        result.result().await.map_err(error)?;
        Ok(rows)
    }

    async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        let params: Vec<ParameterValue> = params.iter().map(parameter).collect();
        self.0.execute(sql, params).await.map_err(error)
    }
}

fn parameter(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::DbNull,
        Value::Bool(v) => ParameterValue::Boolean(*v),
        Value::I32(v) => ParameterValue::Int32(*v),
        Value::I64(v) => ParameterValue::Int64(*v),
        Value::F64(v) => ParameterValue::Floating64(*v),
        Value::Text(v) => ParameterValue::Str(v.clone()),
        Value::Bytes(v) => ParameterValue::Binary(v.clone()),
        Value::Uuid(v) => ParameterValue::Uuid(v.to_string()),
        Value::Json(v) => ParameterValue::Jsonb(v.to_string().into_bytes()),
        Value::TextArray(v) => ParameterValue::ArrayStr(v.iter().cloned().map(Some).collect()),
    }
}

fn value(value: DbValue) -> std::result::Result<Value, Error> {
    Ok(match value {
        DbValue::DbNull => Value::Null,
        DbValue::Boolean(v) => Value::Bool(v),
        DbValue::Int16(v) => Value::I32(v.into()),
        DbValue::Int32(v) => Value::I32(v),
        DbValue::Int64(v) => Value::I64(v),
        DbValue::Floating32(v) => Value::F64(v.into()),
        DbValue::Floating64(v) => Value::F64(v),
        DbValue::Str(v) => Value::Text(v),
        DbValue::Binary(v) => Value::Bytes(v),
        DbValue::Uuid(v) => {
            Value::Uuid(uuid::Uuid::try_parse(&v).map_err(|e| unreadable(e.to_string()))?)
        }
        DbValue::Jsonb(v) => {
            Value::Json(serde_json::from_slice(&v).map_err(|e| unreadable(e.to_string()))?)
        }
        DbValue::ArrayStr(v) => Value::TextArray(v.into_iter().flatten().collect()),
        _ => {
            return Err(unreadable(
                "a type the guest does not read: cast it in SQL (README.md of platform)".to_owned(),
            ));
        }
    })
}

fn unreadable(message: String) -> Error {
    Error { unavailable: false, sqlstate: None, message }
}

fn error(error: SpinError) -> Error {
    match error {
        SpinError::PgError(PgError::QueryFailed(QueryError::DbError(db))) => {
            let unavailable = is_connection_terminated(&db.code);
            Error { unavailable, sqlstate: Some(db.code), message: db.message }
        }
        SpinError::PgError(PgError::ConnectionFailed(message)) => {
            Error { unavailable: true, sqlstate: None, message }
        }
        SpinError::PgError(PgError::QueryFailed(QueryError::Text(message))) => {
            let unavailable = message.contains("onnection") || message.contains("closed");
            Error { unavailable, sqlstate: None, message }
        }
        other => unreadable(other.to_string()),
    }
}
