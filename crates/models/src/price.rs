//! Prices and costs in US dollars, exact: whole numbers of 10⁻¹² dollars. Pure.

use std::fmt;

/// Digits after the point that a price or a cost can have.
pub const DECIMALS: u32 = 12;
const UNIT: u128 = 10_u128.pow(DECIMALS);

/// A price of one token, search, second or picture. At most 18 million dollars.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Price(u64);

/// A cost. Sums of costs are exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Cost(u128);

impl Price {
    /// Reads decimal text: `0.0000025`, `2.5e-06`, `3`.
    ///
    /// # Errors
    /// A sentence if it is no number, negative, or has more than 12 digits after the point.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected a price of at least 0 with at most 12 digits after the point, got {text:?}"
            )
        };
        let (number, exponent) = match text.trim().split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| wrong())?),
            None => (text.trim(), 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        // As many zeros as bring it to whole units of 10⁻¹².
        let places = i32::try_from(fraction.len()).map_err(|_| wrong())?;
        let shift =
            exponent.checked_sub(places).and_then(|s| s.checked_add(DECIMALS.try_into().ok()?));
        let shift = shift.ok_or_else(wrong)?;
        let digits: u128 = digits.parse().map_err(|_| wrong())?;
        let power = 10_u128.checked_pow(shift.unsigned_abs());
        let units = match (digits, power) {
            (0, _) => Some(0),
            (_, Some(power)) if shift >= 0 => digits.checked_mul(power),
            (_, Some(power)) => digits.is_multiple_of(power).then(|| digits / power),
            (_, None) => None,
        };
        units.and_then(|units| u64::try_from(units).ok()).map(Self).ok_or_else(wrong)
    }

    /// Reads the price of a million of them, as price lists name it: `2.5` is 0.0000025 for one.
    ///
    /// # Errors
    /// As [`Price::parse`]; at most 6 digits may be after the point.
    pub fn of_million(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected US dollars for a million tokens with at most 6 digits after the point, got {text:?}"
            )
        };
        if text.contains(['e', 'E']) {
            return Err(wrong());
        }
        Self::parse(&format!("{}e-6", text.trim())).map_err(|_| wrong())
    }

    /// The cost of so many.
    #[must_use]
    pub fn times(self, count: u64) -> Cost {
        // 64 bits times 64 bits are 128.
        Cost(u128::from(self.0) * u128::from(count))
    }
}

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest that is stored (`numeric(24, 12)`): just below a trillion dollars.
    pub const LARGEST: Self = Self(UNIT * UNIT - 1);

    /// The sum; the largest cost if it would be larger, which no calls can reach.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Cost(u128::from(self.0)).fmt(f)
    }
}

impl fmt::Display for Cost {
    /// Decimal text with 12 digits after the point, as `numeric` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:012}", self.0 / UNIT, self.0 % UNIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_exactly() {
        for (text, expected) in [
            ("0", "0.000000000000"),
            ("0.0000025", "0.000002500000"),
            ("2.5e-06", "0.000002500000"),
            ("1E-12", "0.000000000001"),
            ("3", "3.000000000000"),
            ("1.5E2", "150.000000000000"),
            (".5", "0.500000000000"),
            ("0.0000000000010", "0.000000000001"),
            ("0e999999999", "0.000000000000"),
        ] {
            assert_eq!(
                Price::parse(text).map(|price| price.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn prices_of_a_million_are_those_of_price_lists() {
        assert_eq!(Price::of_million("2.5"), Price::parse("0.0000025"));
        assert_eq!(Price::of_million("0.000001"), Price::parse("1e-12"));
        for text in ["", "-1", "1e6", "0.0000001", "2,5"] {
            assert!(Price::of_million(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_exact_price_is_refused() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "NaN",
            "1e",
            "0x1",
            "1,5",
            "0.0000000000001",
            "1e-13",
            "99999999999",
            "1e999999999",
            "1e-99",
            "1.2.3",
        ] {
            assert!(Price::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_largest_price_times_the_largest_count_is_exact() {
        let cost = Price(u64::MAX).times(u64::MAX);
        assert_eq!(cost.0, u128::from(u64::MAX) * u128::from(u64::MAX));
        assert_eq!(cost.plus(cost).plus(cost), Cost(u128::MAX), "a sum does not wrap");
    }
}
