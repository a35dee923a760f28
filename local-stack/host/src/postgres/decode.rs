//! Rows, decoded from Postgres' binary form to Spin's values.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use sqlx::postgres::PgRow;
use sqlx::{Column as _, Row as _, ValueRef};

use super::{numeric, range, types};
use crate::bindings::postgres::{Column, DbValue, Interval, Row};

/// The largest row a guest may get, bytes; the limit of Spin's host.
const LARGEST_ROW: usize = 128 << 20;

/// Names and types of a row's columns.
pub(super) fn columns(row: &PgRow) -> Vec<Column> {
    let column = |c: &sqlx::postgres::PgColumn| Column {
        name: c.name().to_owned(),
        data_type: types::data_type(c.type_info()),
    };
    row.columns().iter().map(column).collect()
}

/// The values of a row. Errors name the column.
pub(super) fn row(row: &PgRow) -> Result<Row, String> {
    let mut size = 0;
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = row.try_get_raw(index).map_err(|error| error.to_string())?;
        if value.is_null() {
            values.push(DbValue::DbNull);
            continue;
        }
        let raw = value.as_bytes().map_err(|error| error.to_string())?;
        size += raw.len();
        if size > LARGEST_ROW {
            return Err(format!("query result exceeds limit of {LARGEST_ROW} bytes"));
        }
        let decoded = decode(types::oid(column.type_info()), raw);
        values.push(decoded.map_err(|error| {
            let (name, shown) = (column.name(), types::name(column.type_info()));
            format!("error deserializing column {name:?} of type `{shown}`: {error}")
        })?);
    }
    Ok(values)
}

fn decode(oid: u32, raw: &[u8]) -> Result<DbValue, String> {
    Ok(match oid {
        types::BOOL => DbValue::Boolean(bytes::<1>(raw)? != [0]),
        types::BYTEA => DbValue::Binary(raw.to_vec()),
        types::FLOAT4 => DbValue::Floating32(f32::from_be_bytes(bytes(raw)?)),
        types::FLOAT8 => DbValue::Floating64(f64::from_be_bytes(bytes(raw)?)),
        types::INT2 => DbValue::Int16(i16::from_be_bytes(bytes(raw)?)),
        types::INT4 => DbValue::Int32(i32_of(raw)?),
        types::INT8 => DbValue::Int64(i64_of(raw)?),
        types::TEXT | types::VARCHAR | types::BPCHAR => DbValue::Str(text(raw)?),
        types::TIMESTAMP => DbValue::Datetime(timestamp(raw)?),
        // Spin reads it with a decoder that takes `timestamp` only; what fails there must fail here
        types::TIMESTAMPTZ => {
            return Err("cannot convert between the Rust type `NaiveDateTime` and the Postgres type `timestamptz`: \
                        select `at time zone 'UTC'`, an epoch, or text"
                .into());
        }
        types::DATE => DbValue::Date(date(raw)?),
        types::TIME => DbValue::Time(time(raw)?),
        types::UUID => DbValue::Uuid(uuid::Uuid::from_bytes(bytes(raw)?).to_string()),
        types::JSONB => DbValue::Jsonb(raw.get(1..).ok_or("a jsonb value ended early")?.to_vec()),
        types::NUMERIC => DbValue::Decimal(numeric::decode(raw)?),
        types::INT4_RANGE => DbValue::RangeInt32(range::decode(raw, i32_of)?),
        types::INT8_RANGE => DbValue::RangeInt64(range::decode(raw, i64_of)?),
        types::NUM_RANGE => DbValue::RangeDecimal(range::decode(raw, numeric::decode)?),
        types::INT4_ARRAY => DbValue::ArrayInt32(array(raw, i32_of)?),
        types::INT8_ARRAY => DbValue::ArrayInt64(array(raw, i64_of)?),
        types::NUMERIC_ARRAY => DbValue::ArrayDecimal(array(raw, numeric::decode)?),
        types::TEXT_ARRAY | types::VARCHAR_ARRAY | types::BPCHAR_ARRAY => {
            DbValue::ArrayStr(array(raw, text)?)
        }
        types::INTERVAL => DbValue::Interval(interval(raw)?),
        _ => DbValue::Unsupported(raw.to_vec()),
    })
}

fn bytes<const N: usize>(raw: &[u8]) -> Result<[u8; N], String> {
    raw.try_into().map_err(|_| format!("expected {N} bytes, found {}", raw.len()))
}

fn i32_of(raw: &[u8]) -> Result<i32, String> {
    Ok(i32::from_be_bytes(bytes(raw)?))
}

fn i64_of(raw: &[u8]) -> Result<i64, String> {
    Ok(i64::from_be_bytes(bytes(raw)?))
}

fn text(raw: &[u8]) -> Result<String, String> {
    std::str::from_utf8(raw).map(str::to_owned).map_err(|error| error.to_string())
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// Year, month, day, hour, minute, second, nanosecond.
type Datetime = (i32, u8, u8, u8, u8, u8, u32);

fn timestamp(raw: &[u8]) -> Result<Datetime, String> {
    let micros = chrono::TimeDelta::microseconds(i64_of(raw)?);
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1)
        .map(|date| NaiveDateTime::new(date, chrono::NaiveTime::MIN));
    let at = epoch
        .and_then(|epoch| epoch.checked_add_signed(micros))
        .ok_or("value too large to decode")?;
    Ok((
        at.year(),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
        at.nanosecond(),
    ))
}

fn date(raw: &[u8]) -> Result<(i32, u8, u8), String> {
    let days =
        chrono::TimeDelta::try_days(i64::from(i32_of(raw)?)).ok_or("value too large to decode")?;
    let date = NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|epoch| epoch.checked_add_signed(days));
    let date = date.ok_or("value too large to decode")?;
    Ok((date.year(), small(date.month()), small(date.day())))
}

fn time(raw: &[u8]) -> Result<(u8, u8, u8, u32), String> {
    let at = chrono::NaiveTime::MIN
        .overflowing_add_signed(chrono::TimeDelta::microseconds(i64_of(raw)?))
        .0;
    Ok((small(at.hour()), small(at.minute()), small(at.second()), at.nanosecond()))
}

fn interval(raw: &[u8]) -> Result<Interval, String> {
    let raw: [u8; 16] = bytes(raw)?;
    let part = |from: usize, to: usize| raw.get(from..to).unwrap_or_default();
    Ok(Interval {
        micros: i64_of(part(0, 8))?,
        days: i32_of(part(8, 12))?,
        months: i32_of(part(12, 16))?,
    })
}

/// One value with its length before it (−1: null), and the rest.
pub(super) fn sized(raw: &[u8]) -> Result<(Option<&[u8]>, &[u8]), String> {
    let (len, rest) = raw.split_at_checked(4).ok_or("a value ended early")?;
    match usize::try_from(i32_of(len)?) {
        Ok(len) => {
            let (value, rest) = rest.split_at_checked(len).ok_or("a value ended early")?;
            Ok((Some(value), rest))
        }
        Err(_) => Ok((None, rest)),
    }
}

fn array<T>(
    raw: &[u8],
    get: impl Fn(&[u8]) -> Result<T, String>,
) -> Result<Vec<Option<T>>, String> {
    let (head, rest) = raw.split_at_checked(12).ok_or("an array value ended early")?;
    match i32_of(head.get(..4).unwrap_or_default())? {
        0 => return Ok(Vec::new()),
        1 => {}
        dimensions => {
            return Err(format!(
                "array contains too many dimensions: expected 1, found {dimensions}"
            ));
        }
    }
    let (dimension, mut rest) = rest.split_at_checked(8).ok_or("an array value ended early")?;
    let count = i32_of(dimension.get(..4).unwrap_or_default())?;
    let mut values = Vec::new();
    for _ in 0..count {
        let (value, tail) = sized(rest)?;
        values.push(value.map(&get).transpose()?);
        rest = tail;
    }
    Ok(values)
}
