//! A point in time, in microseconds since 1970 UTC, written as ISO 8601.

use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The beginning of the year 1. The database calculates with every time from here to
    /// [`Timestamp::LATEST`].
    pub const EARLIEST: Self = Self(-62_135_596_800_000_000);
    /// The end of the year 9999.
    pub const LATEST: Self = Self(253_402_300_799_999_999);

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Parses a day (`2026-11-20`, its beginning) or a time in UTC (`2026-11-20T09:30:00Z`, with or
    /// without a fraction).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) =
            text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let date = days(year, month, day)?;
        let micros = match time {
            None => 0,
            Some(time) => {
                let time = time.strip_suffix('Z')?;
                let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
                let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
                if hour > 23
                    || minute > 59
                    || second > 59
                    || fraction.is_empty()
                    || fraction.len() > 6
                {
                    return None;
                }
                let digits: i64 = fraction
                    .bytes()
                    .all(|b| b.is_ascii_digit())
                    .then(|| fraction.parse().ok())??;
                let fraction = digits * 10_i64.pow(6 - u32::try_from(fraction.len()).ok()?);
                ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
            }
        };
        Some(Self(date * 86_400_000_000 + micros))
    }
}

/// Parses three numbers with exactly these numbers of digits.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(between);
    let mut out = [0; 3];
    for (number, digits) in out.iter_mut().zip(digits) {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

/// Days since 1970 of a date that exists: Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=most).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468)
}

impl fmt::Display for Timestamp {
    /// `2026-11-20T09:30:00.123Z`; the days-to-date arithmetic is Howard Hinnant's
    /// `civil_from_days`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.unix_seconds();
        let millis = self.0.rem_euclid(1_000_000) / 1_000;
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Timestamp;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_time_is_read_as_it_is_printed(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
            let at = Timestamp(millis * 1_000);
            prop_assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        }
    }

    #[test]
    fn a_timestamp_prints_as_iso_8601_in_utc() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(951_782_400_123_456).to_string(), "2000-02-29T00:00:00.123Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn printed_times_are_parsed_and_other_texts_refused() {
        for at in [0, 951_782_400_123_000, 1_795_000_000_000_000, -1_000, 4_102_444_800_000_000] {
            assert_eq!(Timestamp::parse(&Timestamp(at).to_string()), Some(Timestamp(at)));
        }
        assert_eq!(Timestamp::parse("2000-02-29"), Some(Timestamp(951_782_400_000_000)));
        assert_eq!(
            Timestamp::parse("2000-02-28T23:59:59.999999Z"),
            Some(Timestamp(951_782_399_999_999))
        );
        for last in ["2026-01-31", "2026-04-30", "2023-02-28", "1600-02-29", "9999-12-31"] {
            assert!(Timestamp::parse(last).is_some(), "{last}");
        }
        for bad in [
            "",
            "2001-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-05-32",
            "2026-05-00",
            "2026-13-01",
            "2026-1-1",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.1234567Z",
            "2026-01-01T00:00:00",
            "now",
            "2026-01-01T00:00:00.Z",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }
}
