//! Postgres: one connection, one set of values, one kind of row, whichever driver is below.

use std::{fmt, sync::Arc};

use futures::lock::{Mutex, MutexGuard};
use kernel::{
    Problem, Result, Timestamp,
    id::{self, TenantId},
};
use uuid::Uuid;

use crate::adapter::pg as driver;
pub use driver::Source;

/// What goes in and comes out. The server says what type a parameter has; the variant must match it exactly.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `null` of any type.
    Null,
    /// `bool`
    Bool(bool),
    /// `int4`
    I32(i32),
    /// `int8`
    I64(i64),
    /// `float8`
    F64(f64),
    /// `text`, `varchar`
    Text(String),
    /// `bytea`
    Bytes(Vec<u8>),
    /// `uuid`
    Uuid(Uuid),
    /// `jsonb`
    Json(serde_json::Value),
    /// `text[]`
    TextArray(Vec<String>),
}

/// A driver's failure: whether to try again, and what the database said.
#[derive(Debug)]
pub struct Error {
    /// The server could not be reached, or the connection broke.
    pub unavailable: bool,
    /// Five characters, where the server answered.
    pub sqlstate: Option<String>,
    /// What the driver or the server said. For the log.
    pub message: String,
}

impl Error {
    /// The constraint that a unique violation names.
    #[must_use]
    pub fn unique_violation(&self) -> Option<&str> {
        if self.sqlstate.as_deref() != Some("23505") {
            return None;
        }
        self.message.split_once("constraint \"")?.1.split_once('"').map(|(name, _)| name)
    }

    /// Whether a referenced row does not exist (any more).
    #[must_use]
    pub fn is_missing_reference(&self) -> bool {
        self.sqlstate.as_deref() == Some("23503")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sqlstate.as_deref().unwrap_or("-----"), self.message)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        // 53xxx: out of resources; 57Pxx: shutting down; 40xxx: deadlock or serialisation.
        let transient = error.unavailable
            || error
                .sqlstate
                .as_deref()
                .is_some_and(|s| s.starts_with("53") || s.starts_with("57P") || s.starts_with("40"));
        if transient {
            Problem::unavailable("the database", error)
        } else {
            Problem::internal(format!("postgres: {error}"))
        }
    }
}

/// One row; members are read by name.
#[derive(Clone, Debug)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// `internal` that names the column, the wanted and the actual type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T> {
        let value = self.columns.iter().position(|c| c == name).and_then(|i| self.values.get(i));
        let value =
            value.ok_or_else(|| Problem::internal(format!("postgres: no column `{name}` in {:?}", self.columns)))?;
        T::from_value(value).ok_or_else(|| {
            Problem::internal(format!("postgres: column `{name}`: expected {}, got {}", T::NAME, kind_of(value)))
        })
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::I32(_) => "int4",
        Value::I64(_) => "int8",
        Value::F64(_) => "float8",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytea",
        Value::Uuid(_) => "uuid",
        Value::Json(_) => "jsonb",
        Value::TextArray(_) => "text[]",
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// The Postgres type, for messages.
    const NAME: &'static str;
    /// The value, or nothing where the type differs.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! values {
    ($($rust:ty = $name:literal, $variant:ident($from:ident) => $out:expr, $in:ident => $into:expr;)*) => {$(
        impl FromValue for $rust {
            const NAME: &'static str = $name;
            fn from_value(value: &Value) -> Option<Self> {
                match value { Value::$variant($from) => Some($out), _ => None }
            }
        }
        impl From<$rust> for Value { fn from($in: $rust) -> Value { Value::$variant($into) } }
    )*};
}
values! {
    bool = "bool", Bool(v) => *v, v => v;
    i32 = "int4", I32(v) => *v, v => v;
    i64 = "int8", I64(v) => *v, v => v;
    f64 = "float8", F64(v) => *v, v => v;
    String = "text", Text(v) => v.clone(), v => v;
    Vec<u8> = "bytea", Bytes(v) => v.clone(), v => v;
    Uuid = "uuid", Uuid(v) => *v, v => v;
    serde_json::Value = "jsonb", Json(v) => v.clone(), v => v;
    Vec<String> = "text[]", TextArray(v) => v.clone(), v => v;
    Timestamp = "int8 (micros)", I64(v) => Timestamp(*v), v => v.0;
    id::TenantId = "uuid", Uuid(v) => id::TenantId(*v), v => v.0;
    id::UserId = "uuid", Uuid(v) => id::UserId(*v), v => v.0;
    id::SessionId = "uuid", Uuid(v) => id::SessionId(*v), v => v.0;
    id::SpaceId = "uuid", Uuid(v) => id::SpaceId(*v), v => v.0;
    id::AssistantId = "uuid", Uuid(v) => id::AssistantId(*v), v => v.0;
    id::CollectionId = "uuid", Uuid(v) => id::CollectionId(*v), v => v.0;
    id::DocumentId = "uuid", Uuid(v) => id::DocumentId(*v), v => v.0;
    id::ChunkId = "uuid", Uuid(v) => id::ChunkId(*v), v => v.0;
    id::BlobId = "uuid", Uuid(v) => id::BlobId(*v), v => v.0;
    id::JobId = "uuid", Uuid(v) => id::JobId(*v), v => v.0;
    id::ConversationId = "uuid", Uuid(v) => id::ConversationId(*v), v => v.0;
    id::MessageId = "uuid", Uuid(v) => id::MessageId(*v), v => v.0;
}
impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;
    fn from_value(value: &Value) -> Option<Self> {
        if matches!(value, Value::Null) { Some(None) } else { T::from_value(value).map(Some) }
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// What a driver offers; private, so that both adapters keep one signature.
pub(crate) trait Connection: Sized {
    async fn open(source: &Source) -> std::result::Result<Self, Error>;
    async fn query(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<Vec<Row>, Error>;
    async fn execute(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<u64, Error>;
}

/// A connection that opens when first used, works for one tenant, and can be let go.
pub struct Db {
    source: Source,
    tenant: Option<TenantId>,
    connection: Mutex<Option<driver::Driver>>,
}

impl Db {
    /// Nothing is opened yet. Without a tenant no row of a tenant table is visible.
    #[must_use]
    pub fn new(source: Source, tenant: Option<TenantId>) -> Self {
        Self { source, tenant, connection: Mutex::new(None) }
    }

    /// The tenant whose rows are visible.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// Opens a connection with a statement that sets the tenant itself and answers one row, or none (`open_request`).
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn open_with(
        &mut self,
        tenant: TenantId,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Option<Row>, Error> {
        let mut connection = driver::Driver::open(&self.source).await?;
        let row = connection.query(sql, params).await?.into_iter().next();
        self.tenant = Some(tenant);
        self.connection = Mutex::new(Some(connection));
        Ok(row)
    }

    async fn open(&self) -> std::result::Result<Connected<'_>, Error> {
        let mut guard = self.connection.lock().await;
        if guard.is_none() {
            let mut connection = driver::Driver::open(&self.source).await?;
            if let Some(tenant) = self.tenant {
                let set = "select set_config('app.tenant_id', $1::text, false)";
                connection.query(set, &[Value::Text(tenant.to_string())]).await?;
            }
            *guard = Some(connection);
        }
        Ok(Connected(guard))
    }

    /// Runs a statement and reads all its rows.
    ///
    /// # Errors
    /// What the database or the driver said.
    pub async fn query(&self, sql: &'static str, params: &[Value]) -> std::result::Result<Vec<Row>, Error> {
        self.open().await?.query(sql, params).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn optional(&self, sql: &'static str, params: &[Value]) -> std::result::Result<Option<Row>, Error> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The one row that there must be.
    ///
    /// # Errors
    /// As [`Db::query`], and where no row came.
    pub async fn one(&self, sql: &'static str, params: &[Value]) -> std::result::Result<Row, Error> {
        self.optional(sql, params).await?.ok_or_else(|| Error {
            unavailable: false,
            sqlstate: None,
            message: "expected one row, got none".to_owned(),
        })
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn execute(&self, sql: &'static str, params: &[Value]) -> std::result::Result<u64, Error> {
        self.open().await?.execute(sql, params).await
    }

    /// Lets the connection go (a model is about to stream for a minute); the next statement opens one again.
    pub async fn release(&self) {
        self.connection.lock().await.take();
    }

    /// Begins a transaction: other users of this `Db` wait until it has ended. Dropping it without [`Transaction::commit`] gives the
    /// connection up, and with it everything that was done.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn begin(&self) -> std::result::Result<Transaction<'_>, Error> {
        let mut connected = self.open().await?;
        connected.execute("begin", &[]).await?;
        Ok(Transaction { connected, open: true })
    }
}

struct Connected<'a>(MutexGuard<'a, Option<driver::Driver>>);

impl Connected<'_> {
    fn driver(&mut self) -> std::result::Result<&mut driver::Driver, Error> {
        let closed = || Error { unavailable: true, sqlstate: None, message: "the connection is closed".to_owned() };
        self.0.as_mut().ok_or_else(closed)
    }

    async fn query(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<Vec<Row>, Error> {
        let out = self.driver()?.query(sql, params).await;
        self.drop_if_broken(out)
    }

    async fn execute(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<u64, Error> {
        let out = self.driver()?.execute(sql, params).await;
        self.drop_if_broken(out)
    }

    /// After a broken connection the next statement opens a new one.
    fn drop_if_broken<T>(&mut self, out: std::result::Result<T, Error>) -> std::result::Result<T, Error> {
        if out.as_ref().is_err_and(|e| e.unavailable) {
            self.0.take();
        }
        out
    }
}

/// A running transaction.
pub struct Transaction<'a> {
    connected: Connected<'a>,
    open: bool,
}

impl Transaction<'_> {
    /// As [`Db::query`].
    ///
    /// # Errors
    /// What the database or the driver said.
    pub async fn query(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<Vec<Row>, Error> {
        self.connected.query(sql, params).await
    }

    /// As [`Db::execute`].
    ///
    /// # Errors
    /// What the database or the driver said.
    pub async fn execute(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<u64, Error> {
        self.connected.execute(sql, params).await
    }

    /// Makes it permanent.
    ///
    /// # Errors
    /// What the database or the driver said; nothing was kept then.
    pub async fn commit(mut self) -> std::result::Result<(), Error> {
        self.connected.execute("commit", &[]).await?;
        self.open = false;
        Ok(())
    }

    /// Undoes it and keeps the connection.
    ///
    /// # Errors
    /// What the database or the driver said; the connection is given up then.
    pub async fn rollback(mut self) -> std::result::Result<(), Error> {
        self.connected.execute("rollback", &[]).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            self.connected.0.take();
        }
    }
}

/// The parameters of a list statement: one item more than asked for, and the cursor's time and id (null at the beginning). The statement
/// says `where before_cursor(created_at, id, $2, $3) order by created_at desc, id desc limit $1`.
#[must_use]
pub fn page_params(request: kernel::PageRequest) -> [Value; 3] {
    [
        Value::I64(request.limit + 1),
        request.after.map(|cursor| cursor.at).into(),
        request.after.map(|cursor| cursor.id).into(),
    ]
}
