//! Parameters of a statement and columns of a row.

use std::sync::Arc;

use kernel::{Problem, Result, Timestamp, id};
use uuid::Uuid;

/// A parameter or a column. The server decides the type of a parameter; the variant must match it
/// exactly.
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
    /// `internal`, naming the column, the expected and the actual type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T> {
        let value = self.columns.iter().position(|c| c == name).and_then(|i| self.values.get(i));
        let value = value.ok_or_else(|| {
            Problem::internal(format!("postgres: no column `{name}` in {:?}", self.columns))
        })?;
        T::from_value(value).ok_or_else(|| {
            Problem::internal(format!(
                "postgres: column `{name}`: expected {}, got {}",
                T::NAME,
                kind_of(value)
            ))
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

/// A type that a column can be read as.
pub trait FromValue: Sized {
    /// The Postgres type, for messages.
    const NAME: &'static str;
    /// The value, or None if the type differs.
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
}
macro_rules! id_values {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        impl FromValue for id::$name {
            const NAME: &'static str = "uuid";
            fn from_value(value: &Value) -> Option<Self> {
                Uuid::from_value(value).map(Self)
            }
        }
        impl From<id::$name> for Value {
            fn from(id: id::$name) -> Value {
                Value::Uuid(id.0)
            }
        }
    )*};
}
kernel::each_id!(id_values);

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
