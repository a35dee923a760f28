//! Parameters, encoded to the types that the server inferred; a value of another type is refused as
//! in Spin.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::{Arguments, Encode, Postgres, Type};

use super::range;
use super::{numeric, types};
use crate::bindings::postgres::ParameterValue as Value;

/// Microseconds from 1970 to Postgres' epoch, 2000-01-01.
const EPOCH_2000: i64 = 946_684_800_000_000;
const DAYS_1_TO_2000: i32 = 730_120;

/// Why a parameter cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The value itself is malformed.
    Malformed(String),
    /// The statement has other parameters than those given.
    Mismatch(String),
}

/// One parameter in its wire form.
struct EncodedParameter {
    info: PgTypeInfo,
    bytes: Option<Vec<u8>>,
}

impl Type<Postgres> for EncodedParameter {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(types::UNKNOWN))
    }
}

impl Encode<'_, Postgres> for EncodedParameter {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.bytes {
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.info.clone())
    }
}

/// All parameters of a statement.
pub(super) fn arguments(inferred: &[PgTypeInfo], given: &[Value]) -> Result<PgArguments, Refusal> {
    if inferred.len() != given.len() {
        return Err(Refusal::Mismatch(format!(
            "expected {} parameters but got {}",
            inferred.len(),
            given.len()
        )));
    }
    let mut arguments = PgArguments::default();
    for (index, (info, value)) in inferred.iter().zip(given).enumerate() {
        let bytes = wire(info, value, index)?;
        let added = arguments.add(EncodedParameter { info: info.clone(), bytes });
        added.map_err(|error| Refusal::Malformed(error.to_string()))?;
    }
    Ok(arguments)
}

fn wire(info: &PgTypeInfo, value: &Value, index: usize) -> Result<Option<Vec<u8>>, Refusal> {
    let oid = types::oid(info);
    let mut out = Vec::new();
    let written = match value {
        Value::DbNull => return Ok(None),
        Value::Boolean(v) => fixed(oid, types::BOOL, &[u8::from(*v)], &mut out),
        Value::Int8(v) => fixed(oid, types::CHAR, &v.to_be_bytes(), &mut out),
        Value::Int16(v) => fixed(oid, types::INT2, &v.to_be_bytes(), &mut out),
        Value::Int32(v) => fixed(oid, types::INT4, &v.to_be_bytes(), &mut out),
        Value::Int64(v) => fixed(oid, types::INT8, &v.to_be_bytes(), &mut out),
        Value::Floating32(v) => fixed(oid, types::FLOAT4, &v.to_be_bytes(), &mut out),
        Value::Floating64(v) => fixed(oid, types::FLOAT8, &v.to_be_bytes(), &mut out),
        Value::Binary(v) => fixed(oid, types::BYTEA, v, &mut out),
        Value::Str(v) => is_text(oid, &types::name(info)).then(|| string(info, v, &mut out)),
        Value::Uuid(v) => fixed(
            oid,
            types::UUID,
            uuid::Uuid::parse_str(v).map_err(bad("UUID", v))?.as_bytes(),
            &mut out,
        ),
        Value::Decimal(v) => {
            let decimal = numeric::parse(v).map_err(Refusal::Malformed)?;
            (oid == types::NUMERIC).then(|| numeric::encode(&decimal, &mut out))
        }
        Value::Jsonb(v) => json(oid, v, &mut out)?,
        Value::Date(_)
        | Value::Time(_)
        | Value::Datetime(_)
        | Value::Timestamp(_)
        | Value::Interval(_) => moment(oid, value, &mut out)?,
        Value::RangeInt32(_) | Value::RangeInt64(_) | Value::RangeDecimal(_) => {
            ranged(info, value, &mut out)?
        }
        Value::ArrayInt32(_)
        | Value::ArrayInt64(_)
        | Value::ArrayDecimal(_)
        | Value::ArrayStr(_) => listed(info, value, &mut out)?,
    };
    match written {
        Some(()) => Ok(Some(out)),
        None => Err(Refusal::Mismatch(format!(
            "error serializing parameter {index}: cannot convert between the Rust type `{}` and the Postgres type `{}`",
            rust_name(value),
            types::name(info)
        ))),
    }
}

fn bad<E: std::fmt::Display>(what: &'static str, value: &str) -> impl Fn(E) -> Refusal {
    move |error| Refusal::Malformed(format!("invalid {what} {value}: {error}"))
}

fn fixed(oid: u32, wanted: u32, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    (oid == wanted).then(|| out.extend_from_slice(bytes))
}

fn is_text(oid: u32, name: &str) -> bool {
    matches!(oid, types::TEXT | types::VARCHAR | types::BPCHAR | types::NAME | types::UNKNOWN)
        || matches!(name, "citext" | "ltree" | "lquery" | "ltxtquery")
}

fn string(info: &PgTypeInfo, value: &str, out: &mut Vec<u8>) {
    if matches!(types::name(info).as_str(), "ltree" | "lquery" | "ltxtquery") {
        out.push(1); // the version of their binary form
    }
    out.extend_from_slice(value.as_bytes());
}

fn json(oid: u32, value: &[u8], out: &mut Vec<u8>) -> Result<Option<()>, Refusal> {
    serde_json::from_slice::<serde::de::IgnoredAny>(value)
        .map_err(bad("JSON", &String::from_utf8_lossy(value)))?;
    match oid {
        types::JSONB => out.push(1),
        types::JSON => {}
        _ => return Ok(None),
    }
    out.extend_from_slice(value);
    Ok(Some(()))
}

fn moment(oid: u32, value: &Value, out: &mut Vec<u8>) -> Result<Option<()>, Refusal> {
    Ok(match value {
        Value::Date((y, m, d)) => {
            use chrono::Datelike;
            let days = date(*y, *m, *d)?.num_days_from_ce() - DAYS_1_TO_2000;
            fixed(oid, types::DATE, &days.to_be_bytes(), out)
        }
        Value::Time((h, m, s, ns)) => {
            fixed(oid, types::TIME, &micros_of_day(time(*h, *m, *s, *ns)?).to_be_bytes(), out)
        }
        Value::Datetime((y, mo, d, h, mi, s, ns)) => {
            let at = NaiveDateTime::new(date(*y, *mo, *d)?, time(*h, *mi, *s, *ns)?).and_utc();
            fixed(oid, types::TIMESTAMP, &(at.timestamp_micros() - EPOCH_2000).to_be_bytes(), out)
        }
        Value::Timestamp(seconds) => {
            let at = DateTime::from_timestamp(*seconds, 0)
                .ok_or_else(|| Refusal::Malformed(format!("invalid epoch timestamp {seconds}")))?;
            fixed(oid, types::TIMESTAMPTZ, &(at.timestamp_micros() - EPOCH_2000).to_be_bytes(), out)
        }
        Value::Interval(v) => (oid == types::INTERVAL).then(|| {
            out.extend_from_slice(&v.micros.to_be_bytes());
            out.extend_from_slice(&v.days.to_be_bytes());
            out.extend_from_slice(&v.months.to_be_bytes());
        }),
        _ => None,
    })
}

fn date(year: i32, month: u8, day: u8) -> Result<NaiveDate, Refusal> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into())
        .ok_or_else(|| Refusal::Malformed(format!("invalid date y={year}, m={month}, d={day}")))
}

fn time(hour: u8, minute: u8, second: u8, nano: u32) -> Result<NaiveTime, Refusal> {
    NaiveTime::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nano)
        .ok_or_else(|| Refusal::Malformed(format!("invalid time {hour}:{minute}:{second}:{nano}")))
}

fn micros_of_day(time: NaiveTime) -> i64 {
    use chrono::Timelike;
    i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000)
}

fn ranged(info: &PgTypeInfo, value: &Value, out: &mut Vec<u8>) -> Result<Option<()>, Refusal> {
    let subtype = types::subtype(info);
    match value {
        Value::RangeInt32(v) if subtype == Some(types::INT4) => {
            let range =
                range::canonical(*v, |n: i32| n.checked_add(1)).map_err(Refusal::Malformed)?;
            range::encode(&range, out, |n, out| out.extend_from_slice(&n.to_be_bytes()));
        }
        Value::RangeInt64(v) if subtype == Some(types::INT8) => {
            let range =
                range::canonical(*v, |n: i64| n.checked_add(1)).map_err(Refusal::Malformed)?;
            range::encode(&range, out, |n, out| out.extend_from_slice(&n.to_be_bytes()));
        }
        Value::RangeDecimal((lower, upper)) => {
            let bound = |bound: &range::Bound<String>| match bound {
                Some((text, kind)) => {
                    numeric::parse(text).map(|n| Some((n, *kind))).map_err(Refusal::Malformed)
                }
                None => Ok(None),
            };
            let range: (range::Bound<Decimal>, range::Bound<Decimal>) =
                (bound(lower)?, bound(upper)?);
            if subtype != Some(types::NUMERIC) {
                return Ok(None);
            }
            range::encode(&range, out, numeric::encode);
        }
        _ => return Ok(None),
    }
    Ok(Some(()))
}

fn listed(info: &PgTypeInfo, value: &Value, out: &mut Vec<u8>) -> Result<Option<()>, Refusal> {
    let (element, name) = types::element(info).unwrap_or_default();
    match value {
        Value::ArrayInt32(v) if element == types::INT4 => {
            array(element, v, out, |n, out| out.extend_from_slice(&n.to_be_bytes()));
        }
        Value::ArrayInt64(v) if element == types::INT8 => {
            array(element, v, out, |n, out| out.extend_from_slice(&n.to_be_bytes()));
        }
        Value::ArrayStr(v) if is_text(element, &name) => {
            array(element, v, out, |s, out| out.extend_from_slice(s.as_bytes()));
        }
        Value::ArrayDecimal(v) => {
            let parse = |text: &Option<String>| text.as_deref().map(numeric::parse).transpose();
            let decimals: Vec<Option<Decimal>> =
                v.iter().map(parse).collect::<Result<_, _>>().map_err(Refusal::Malformed)?;
            if element != types::NUMERIC {
                return Ok(None);
            }
            array(element, &decimals, out, numeric::encode);
        }
        _ => return Ok(None),
    }
    Ok(Some(()))
}

fn array<T>(element: u32, values: &[Option<T>], out: &mut Vec<u8>, put: impl Fn(&T, &mut Vec<u8>)) {
    let has_null = i32::from(values.iter().any(Option::is_none));
    let len = i32::try_from(values.len()).unwrap_or(i32::MAX);
    for word in [1, has_null, element.cast_signed(), len, 1] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for value in values {
        match value {
            Some(value) => sized(out, |out| put(value, out)),
            None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
}

/// Appends what `put` writes, with its length before it.
pub(super) fn sized(out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    put(out);
    let len = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&len.to_be_bytes());
    }
}

/// The type that Spin's messages name for a value.
fn rust_name(value: &Value) -> &'static str {
    match value {
        Value::Boolean(_) => "bool",
        Value::Int8(_) => "i8",
        Value::Int16(_) => "i16",
        Value::Int32(_) => "i32",
        Value::Int64(_) => "i64",
        Value::Floating32(_) => "f32",
        Value::Floating64(_) => "f64",
        Value::Str(_) => "alloc::string::String",
        Value::Binary(_) => "alloc::vec::Vec<u8>",
        Value::Date(_) => "chrono::naive::date::NaiveDate",
        Value::Time(_) => "chrono::naive::time::NaiveTime",
        Value::Datetime(_) => "chrono::naive::datetime::NaiveDateTime",
        Value::Timestamp(_) => "chrono::datetime::DateTime<chrono::offset::utc::Utc>",
        Value::Uuid(_) => "uuid::Uuid",
        Value::Jsonb(_) => "serde_json::value::Value",
        Value::Decimal(_) => "rust_decimal::decimal::Decimal",
        Value::RangeInt32(_) => "postgres_range::Range<i32>",
        Value::RangeInt64(_) => "postgres_range::Range<i64>",
        Value::RangeDecimal(_) => "postgres_range::Range<Decimal>",
        Value::ArrayInt32(_) => "alloc::vec::Vec<core::option::Option<i32>>",
        Value::ArrayInt64(_) => "alloc::vec::Vec<core::option::Option<i64>>",
        Value::ArrayDecimal(_) => {
            "alloc::vec::Vec<core::option::Option<rust_decimal::decimal::Decimal>>"
        }
        Value::ArrayStr(_) => "alloc::vec::Vec<core::option::Option<alloc::string::String>>",
        Value::Interval(_) => "Interval",
        Value::DbNull => "PgNull",
    }
}
