//! How lists count: letters, Roman numbers and the rest, as Word, PowerPoint and web pages name
//! them.

/// A way to write the number of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Style {
    #[default]
    Decimal,
    /// With a zero before single digits.
    Padded,
    LowerLetter,
    UpperLetter,
    LowerRoman,
    UpperRoman,
    /// 1st, 2nd, 3rd.
    Ordinal,
}

/// Past Z, Word repeats the letter (AA, BB) and web pages count on with two (AA, AB).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PastZ {
    Repeat,
    CountOn,
}

/// The largest number that is written otherwise than in digits: as a number of letters it would
/// have no end.
const MAX_WRITTEN: i64 = 3999;

/// The number of an item as it is shown.
pub(crate) fn number(number: i64, style: Style, past_z: PastZ) -> String {
    let in_range = (1..=MAX_WRITTEN).contains(&number);
    match style {
        Style::Padded => format!("{number:02}"),
        Style::LowerLetter if in_range => letters(number, b'a', past_z),
        Style::UpperLetter if in_range => letters(number, b'A', past_z),
        Style::LowerRoman if in_range => roman(number).to_ascii_lowercase(),
        Style::UpperRoman if in_range => roman(number),
        Style::Ordinal => format!("{number}{}", ordinal_ending(number)),
        _ => number.to_string(),
    }
}

fn letters(number: i64, first: u8, past_z: PastZ) -> String {
    let letter = |at: i64| char::from(first + u8::try_from(at % 26).unwrap_or(0));
    if past_z == PastZ::Repeat {
        let times = usize::try_from((number - 1) / 26 + 1).unwrap_or(1);
        return letter(number - 1).to_string().repeat(times);
    }
    let (mut rest, mut found) = (number, Vec::new());
    while rest > 0 {
        found.push(letter(rest - 1));
        rest = (rest - 1) / 26;
    }
    found.iter().rev().collect()
}

fn roman(number: i64) -> String {
    const VALUES: &[(i64, &str)] = &[
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let (mut rest, mut out) = (number, String::new());
    for &(value, letters) in VALUES {
        while rest >= value {
            out.push_str(letters);
            rest -= value;
        }
    }
    out
}

fn ordinal_ending(number: i64) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}
