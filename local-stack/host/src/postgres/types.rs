//! Object ids of the Postgres types that Spin knows, and names of the others.

use sqlx::TypeInfo;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

use crate::bindings::postgres::DbDataType;

pub(super) const BOOL: u32 = 16;
pub(super) const BYTEA: u32 = 17;
pub(super) const CHAR: u32 = 18;
pub(super) const NAME: u32 = 19;
pub(super) const INT8: u32 = 20;
pub(super) const INT2: u32 = 21;
pub(super) const INT4: u32 = 23;
pub(super) const TEXT: u32 = 25;
pub(super) const JSON: u32 = 114;
pub(super) const FLOAT4: u32 = 700;
pub(super) const FLOAT8: u32 = 701;
pub(super) const UNKNOWN: u32 = 705;
pub(super) const NAME_ARRAY: u32 = 1003;
pub(super) const INT4_ARRAY: u32 = 1007;
pub(super) const TEXT_ARRAY: u32 = 1009;
pub(super) const BPCHAR_ARRAY: u32 = 1014;
pub(super) const VARCHAR_ARRAY: u32 = 1015;
pub(super) const INT8_ARRAY: u32 = 1016;
pub(super) const BPCHAR: u32 = 1042;
pub(super) const VARCHAR: u32 = 1043;
pub(super) const DATE: u32 = 1082;
pub(super) const TIME: u32 = 1083;
pub(super) const TIMESTAMP: u32 = 1114;
pub(super) const TIMESTAMPTZ: u32 = 1184;
pub(super) const INTERVAL: u32 = 1186;
pub(super) const NUMERIC_ARRAY: u32 = 1231;
pub(super) const NUMERIC: u32 = 1700;
pub(super) const UUID: u32 = 2950;
pub(super) const JSONB: u32 = 3802;
pub(super) const INT4_RANGE: u32 = 3904;
pub(super) const NUM_RANGE: u32 = 3906;
pub(super) const INT8_RANGE: u32 = 3926;

/// The object id; 0 if sqlx knows the type by name only.
pub(super) fn oid(info: &PgTypeInfo) -> u32 {
    info.oid().map_or(0, |oid| oid.0)
}

/// The element type of an array: its object id and name.
pub(super) fn element(info: &PgTypeInfo) -> Option<(u32, String)> {
    match oid(info) {
        INT4_ARRAY => Some((INT4, "int4".into())),
        INT8_ARRAY => Some((INT8, "int8".into())),
        NUMERIC_ARRAY => Some((NUMERIC, "numeric".into())),
        TEXT_ARRAY => Some((TEXT, "text".into())),
        VARCHAR_ARRAY => Some((VARCHAR, "varchar".into())),
        BPCHAR_ARRAY => Some((BPCHAR, "bpchar".into())),
        NAME_ARRAY => Some((NAME, "name".into())),
        _ => match info.kind() {
            PgTypeKind::Array(element) => Some((oid(element), name(element))),
            _ => None,
        },
    }
}

/// The subtype of a range.
pub(super) fn subtype(info: &PgTypeInfo) -> Option<u32> {
    match oid(info) {
        INT4_RANGE => Some(INT4),
        INT8_RANGE => Some(INT8),
        NUM_RANGE => Some(NUMERIC),
        _ => match info.kind() {
            PgTypeKind::Range(subtype) => Some(oid(subtype)),
            _ => None,
        },
    }
}

/// The name in Postgres' catalogue, such as `timetz`, `_uuid` or `vector`.
pub(super) fn name(info: &PgTypeInfo) -> String {
    let shown = info.name();
    let plain = shown.trim_matches('"');
    match (plain.strip_suffix("[]"), info.kind()) {
        (Some(element), _) => format!("_{}", element.trim_matches('"').to_ascii_lowercase()),
        (None, PgTypeKind::Simple | PgTypeKind::Range(_))
            if plain.chars().all(|c| !c.is_ascii_lowercase()) =>
        {
            plain.to_ascii_lowercase()
        }
        _ => plain.to_owned(),
    }
}

/// Spin's name for the type of a column.
pub(super) fn data_type(info: &PgTypeInfo) -> DbDataType {
    match oid(info) {
        BOOL => DbDataType::Boolean,
        BYTEA => DbDataType::Binary,
        FLOAT4 => DbDataType::Floating32,
        FLOAT8 => DbDataType::Floating64,
        INT2 => DbDataType::Int16,
        INT4 => DbDataType::Int32,
        INT8 => DbDataType::Int64,
        TEXT | VARCHAR | BPCHAR => DbDataType::Str,
        TIMESTAMP | TIMESTAMPTZ => DbDataType::Datetime,
        DATE => DbDataType::Date,
        TIME => DbDataType::Time,
        UUID => DbDataType::Uuid,
        JSONB => DbDataType::Jsonb,
        NUMERIC => DbDataType::Decimal,
        INT4_RANGE => DbDataType::RangeInt32,
        INT8_RANGE => DbDataType::RangeInt64,
        NUM_RANGE => DbDataType::RangeDecimal,
        INT4_ARRAY => DbDataType::ArrayInt32,
        INT8_ARRAY => DbDataType::ArrayInt64,
        NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        TEXT_ARRAY | VARCHAR_ARRAY | BPCHAR_ARRAY => DbDataType::ArrayStr,
        INTERVAL => DbDataType::Interval,
        _ => DbDataType::Other(name(info)),
    }
}
