//! `numeric` in Postgres' binary form: base-10000 digits with a weight, a sign and a display scale.

use rust_decimal::Decimal;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;

/// Spin's decimals: at most 28 digits and no exponent.
pub(super) fn parse(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text).map_err(|error| format!("invalid decimal {text}: {error}"))
}

/// Appends the binary form of `value`.
pub(super) fn encode(value: &Decimal, out: &mut Vec<u8>) {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('0');
    let lead = (4 - whole.len() % 4) % 4;
    let trail = (4 - fraction.len() % 4) % 4;
    let zeros = |n: usize| std::iter::repeat_n(b'0', n);
    let digits: Vec<u8> =
        zeros(lead).chain(whole.bytes()).chain(fraction.bytes()).chain(zeros(trail)).collect();
    let group =
        |four: &[u8]| four.iter().fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'));
    let mut groups: Vec<i16> = digits.chunks(4).map(group).collect();
    let mut weight = i16::try_from((whole.len() + lead) / 4).unwrap_or(0) - 1;
    let leading = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..leading);
    weight -= i16::try_from(leading).unwrap_or(0);
    while groups.last() == Some(&0) {
        groups.pop();
    }
    if groups.is_empty() {
        weight = 0;
    }
    let sign = if value.is_sign_negative() && !value.is_zero() { NEGATIVE } else { POSITIVE };
    out.extend_from_slice(&u16::try_from(groups.len()).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::try_from(fraction.len()).unwrap_or(0).to_be_bytes());
    for group in groups {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

/// The decimal text of a binary value; NaN, infinities and more than 28 digits are errors, as in
/// Spin.
pub(super) fn decode(raw: &[u8]) -> Result<String, String> {
    let short = || "a numeric value ended early".to_owned();
    let mut words = raw.chunks_exact(2).map(|pair| {
        u16::from_be_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])
    });
    let count = words.next().ok_or_else(short)?;
    let weight = i32::from(words.next().ok_or_else(short)?.cast_signed());
    let sign = words.next().ok_or_else(short)?;
    let scale = usize::from(words.next().ok_or_else(short)?);
    let groups: Vec<u16> = words.take(usize::from(count)).collect();
    if sign != POSITIVE && sign != NEGATIVE {
        return Err("NaN and infinite numerics have no decimal form".into());
    }
    let mut text = if sign == NEGATIVE { String::from("-") } else { String::new() };
    let group = |place: i32| {
        usize::try_from(weight - place)
            .ok()
            .and_then(|index| groups.get(index))
            .copied()
            .unwrap_or(0)
    };
    let whole: String = (0..=weight).rev().map(|place| format!("{:04}", group(place))).collect();
    let whole = whole.trim_start_matches('0');
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        let places = i32::try_from(scale.div_ceil(4)).unwrap_or(0);
        let fraction: String = (1..=places).map(|place| format!("{:04}", group(-place))).collect();
        text.push('.');
        text.push_str(fraction.get(..scale).unwrap_or(&fraction));
    }
    parse(&text).map(|value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decimal_survives_the_round_trip_with_its_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "99999999",
            "0.0001",
            "0.00010000",
            "1.50",
            "-123456789.987654321",
            "10000.0001",
            "100000000",
            "7922816251426433759354395033.5",
            "0.0000000000000000000000000001",
        ] {
            let mut raw = Vec::new();
            encode(&parse(text).unwrap(), &mut raw);
            assert_eq!(decode(&raw).unwrap(), text);
        }
    }

    #[test]
    fn what_spin_refuses_is_refused() {
        assert!(parse("1e5").is_err() && parse("x").is_err() && parse("").is_err());
        assert!(decode(&[0, 0, 0, 0, 0xc0, 0, 0, 0]).is_err(), "NaN");
        let mut forty_digits = vec![0, 10, 0, 9, 0, 0, 0, 0];
        forty_digits.extend([0x27, 0x0f].repeat(10));
        assert!(decode(&forty_digits).is_err());
    }
}
