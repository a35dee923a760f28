//! Ranges in Postgres' binary form, in the canonical form of Spin's client.

use crate::bindings::postgres::RangeBoundKind as Kind;

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// One end of a range; `None` is unbounded.
pub(super) type Bound<T> = Option<(T, Kind)>;

/// Integer ranges become `[lower, upper)`, so that equal ranges have equal bytes.
pub(super) fn canonical<T: Copy>(
    range: (Bound<T>, Bound<T>),
    next: impl Fn(T) -> Option<T>,
) -> Result<(Bound<T>, Bound<T>), String> {
    let too_large =
        || "range bound is the largest value of its type and cannot be moved".to_owned();
    let lower = match range.0 {
        Some((value, Kind::Exclusive)) => {
            Some((next(value).ok_or_else(too_large)?, Kind::Inclusive))
        }
        other => other,
    };
    let upper = match range.1 {
        Some((value, Kind::Inclusive)) => {
            Some((next(value).ok_or_else(too_large)?, Kind::Exclusive))
        }
        other => other,
    };
    Ok((lower, upper))
}

/// Appends a range; if its bounds leave no value, the empty range.
pub(super) fn encode<T: PartialOrd>(
    range: &(Bound<T>, Bound<T>),
    out: &mut Vec<u8>,
    put: impl Fn(&T, &mut Vec<u8>),
) {
    if let (Some((lower, low_kind)), Some((upper, up_kind))) = range {
        let both_inclusive = *low_kind == Kind::Inclusive && *up_kind == Kind::Inclusive;
        if lower > upper || (lower == upper && !both_inclusive) {
            out.push(EMPTY);
            return;
        }
    }
    let flag = |bound: &Bound<T>, inclusive: u8, infinite: u8| match bound {
        None => infinite,
        Some((_, Kind::Inclusive)) => inclusive,
        Some((_, Kind::Exclusive)) => 0,
    };
    out.push(
        flag(&range.0, LOWER_INCLUSIVE, LOWER_INFINITE)
            | flag(&range.1, UPPER_INCLUSIVE, UPPER_INFINITE),
    );
    for (value, _) in [&range.0, &range.1].into_iter().flatten() {
        super::encode::sized(out, |out| put(value, out));
    }
}

/// Reads a range; the empty range has no ends.
pub(super) fn decode<T>(
    raw: &[u8],
    get: impl Fn(&[u8]) -> Result<T, String>,
) -> Result<(Bound<T>, Bound<T>), String> {
    let (&flags, mut rest) = raw.split_first().ok_or("a range value ended early")?;
    if flags & EMPTY != 0 {
        return Ok((None, None));
    }
    let mut bound = |infinite: u8, inclusive: u8| -> Result<Bound<T>, String> {
        if flags & infinite != 0 {
            return Ok(None);
        }
        let (value, tail) = super::decode::sized(rest)?;
        rest = tail;
        let kind = if flags & inclusive != 0 { Kind::Inclusive } else { Kind::Exclusive };
        Ok(Some((get(value.ok_or("a range bound is null")?)?, kind)))
    };
    Ok((bound(LOWER_INFINITE, LOWER_INCLUSIVE)?, bound(UPPER_INFINITE, UPPER_INCLUSIVE)?))
}
