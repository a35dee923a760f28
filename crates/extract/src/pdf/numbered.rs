//! Fonts whose glyphs are named by numbers, or by nothing that says more: what their codes stand
//! for.

use std::collections::HashMap;

use hayro_syntax::object::{Array, Dict, Object};

use super::unicode::windows_1252;

/// Codes of an unnamed font that must be letters for its codes to be believed.
const LEAST_CODES: usize = 5;

/// Names such as `a73`, `G49` or `73`, which are the number of a character, decimal or hexadecimal.
/// Where a font of drawings has other names, its codes may be characters themselves.
pub(super) fn characters(dict: &Dict<'_>, type3: bool) -> HashMap<u32, char> {
    let names = names(dict);
    let digits = |name: &str| {
        let stem = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        (name.len() - stem.len() <= 3 && (type3 || name.len() > stem.len()))
            .then(|| stem.to_owned())
    };
    let decimal: Vec<(u32, u32)> = names
        .iter()
        .filter_map(|(code, name)| {
            Some((*code, digits(name).filter(|digits| digits.len() <= 3)?.parse().ok()?))
        })
        .collect();
    // Numbers that are the codes themselves are sure; others are when they all are printable, or
    // are glyphs otherwise.
    let as_codes = decimal.iter().filter(|(code, number)| code == number).count();
    let mut chosen = if as_codes * 2 > decimal.len() { decimal } else { hexadecimal(&names) };
    // Bare numbers that begin at nought count the drawings, also where they are the codes.
    let bare = |(_, name): &&(u32, String)| {
        name.parse::<u32>().is_ok_and(|n| n < 32 && !matches!(n, 9 | 10 | 13))
    };
    if names.iter().filter(bare).count() > 2 || counts_drawings(&chosen) {
        chosen.clear();
    }
    if chosen.is_empty() && type3 {
        let own = own_codes(&names);
        if !own.is_empty() {
            return own;
        }
    }
    if chosen.is_empty() && type3 && are_letters(&names) {
        chosen = names.iter().map(|(code, _)| (*code, *code)).collect();
    }
    let old_tex = names.iter().any(|(_, name)| name.starts_with('a'));
    let is_cork = is_cork(&chosen);
    let character = |number: u32| match (old_tex, is_cork) {
        (true, true) => cork_character(number),
        (true, false) => old_tex_character(number),
        _ => windows_1252(number),
    };
    chosen.into_iter().filter_map(|(code, number)| Some((code, character(number)?))).collect()
}

/// True for numbers in one row from nought on, given as the drawings came. A text leaves some of
/// its font's codes out, and a font that is there as a whole has 128 or 256.
fn counts_drawings(numbers: &[(u32, u32)]) -> bool {
    let in_a_row = (0_u32..).zip(numbers).all(|(at, (code, number))| at == *code && at == *number);
    (LEAST_CODES..250).contains(&numbers.len()) && numbers.len() != 128 && in_a_row
}

/// The names that a font gives to its codes.
fn names(dict: &Dict<'_>) -> Vec<(u32, String)> {
    let mut names: Vec<(u32, String)> = Vec::new();
    let encoding = dict.get::<Dict<'_>>(b"Encoding".as_slice());
    if let Some(differences) =
        encoding.and_then(|encoding| encoding.get::<Array<'_>>(b"Differences".as_slice()))
    {
        let mut code = 0_u32;
        for entry in differences.iter::<Object<'_>>().take(1024) {
            match entry {
                Object::Number(number) => code = u32::try_from(number.as_i64()).unwrap_or_default(),
                Object::Name(name) => {
                    names.push((code, name.as_str().to_owned()));
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }
    names
}

/// What codes stand for in a font of old TeX that names each glyph by its code: by the byte itself,
/// or by a letter that counts 36s and a digit to that base. Nothing where the names are others.
fn own_codes(names: &[(u32, String)]) -> HashMap<u32, char> {
    let own = |(code, name): &&(u32, String)| {
        let mut chars = name.chars();
        let number = match (chars.next(), chars.next(), chars.next()) {
            (Some(c), None, _) => Some(u32::from(c)),
            (Some(thirty_sixes @ 'A'..='G'), Some(c), None) if !c.is_ascii_lowercase() => {
                c.to_digit(36).map(|digit| (u32::from(thirty_sixes) - u32::from('A')) * 36 + digit)
            }
            _ => None,
        };
        number == Some(*code)
    };
    let codes: Vec<u32> = names.iter().filter(own).map(|(code, _)| *code).collect();
    if codes.len() * 5 < names.iter().filter(|(_, name)| name != ".notdef").count() * 4 {
        return HashMap::new();
    }
    let count = |class: fn(&char) -> bool| {
        codes.iter().filter_map(|code| char::from_u32(*code)).filter(class).count()
    };
    let small = count(char::is_ascii_lowercase);
    // Where most codes are small letters or digits are among them, all are those of text. Fonts of
    // signs have their minus at nought, or a few brackets only; in others letters are letters, but
    // commas need not be commas.
    let is_text = small * 2 > codes.len() && small > LEAST_CODES || count(char::is_ascii_digit) > 0;
    let is_signs =
        codes.contains(&0) && small * 2 < codes.len() || !is_text && codes.len() < LEAST_CODES;
    let known = |code: u32| match char::from_u32(code).filter(char::is_ascii_alphanumeric) {
        _ if is_signs => None,
        None if !is_text || code < 11 => None,
        None => old_tex_character(code),
        letter => letter,
    };
    codes.iter().filter_map(|code| Some((*code, known(*code)?))).collect()
}

/// One letter and two hexadecimal digits, which together are the codes or printable ASCII.
fn hexadecimal(names: &[(u32, String)]) -> Vec<(u32, u32)> {
    let number = |name: &str| {
        let digits = name.get(1..).filter(|digits| digits.len() == 2)?;
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            .then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let found: Vec<(u32, u32)> =
        names.iter().filter_map(|(code, name)| Some((*code, number(name)?))).collect();
    let as_codes = found.iter().filter(|(code, number)| code == number).count();
    if found.len() >= 2 && as_codes * 2 > found.len() { found } else { Vec::new() }
}

/// Codes that lie scattered among the letters of ASCII are those letters; codes in one row were
/// given in order of use.
fn are_letters(names: &[(u32, String)]) -> bool {
    let mut codes: Vec<u32> =
        names.iter().filter(|(_, name)| name != ".notdef").map(|(code, _)| *code).collect();
    codes.sort_unstable();
    codes.dedup();
    let small = codes.iter().filter(|code| (97..=122).contains(*code)).count();
    let holes = codes.windows(2).filter(|pair| matches!(pair, [a, b] if b - a > 1)).count();
    codes.len() >= LEAST_CODES
        && codes.iter().all(|code| (33..=126).contains(code))
        && small * 2 > codes.len()
        && holes >= 3
}

/// TeX has two encodings of text; the ligatures and the letters above ASCII tell them apart.
fn is_cork(codes: &[(u32, u32)]) -> bool {
    let has = |from: u32, to: u32| codes.iter().any(|(_, number)| (from..=to).contains(number));
    has(128, 255) || has(17, 17) || (has(27, 31) && !has(11, 15))
}

/// The text encoding of old TeX: ASCII, but for its ligatures, accents and dashes.
fn old_tex_character(code: u32) -> Option<char> {
    Some(match code {
        11 => '\u{fb00}',
        12 => '\u{fb01}',
        13 => '\u{fb02}',
        14 => '\u{fb03}',
        15 => '\u{fb04}',
        16 => 'ı',
        18 => '`',
        19 => '´',
        20 => 'ˇ',
        21 => '˘',
        22 => '¯',
        23 => '˚',
        24 => '¸',
        25 => 'ß',
        26 => 'æ',
        27 => 'œ',
        28 => 'ø',
        29 => 'Æ',
        30 => 'Œ',
        31 => 'Ø',
        34 => '”',
        39 => '’',
        92 => '“',
        94 => 'ˆ',
        96 => '‘',
        123 => '–',
        124 => '—',
        125 => '˝',
        126 => '˜',
        127 => '¨',
        code => return windows_1252(code),
    })
}

/// The Cork encoding of newer TeX (T1): other ligatures, and accented letters above ASCII.
fn cork_character(code: u32) -> Option<char> {
    const UPPER: &str = "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£";
    Some(match code {
        16 => '“',
        17 => '”',
        18 => '„',
        19 => '«',
        20 => '»',
        21 => '–',
        22 => '—',
        25 => 'ı',
        27 => '\u{fb00}',
        28 => '\u{fb01}',
        29 => '\u{fb02}',
        30 => '\u{fb03}',
        31 => '\u{fb04}',
        39 => '’',
        96 => '‘',
        127 => '-',
        128..192 => UPPER.chars().nth(usize::try_from(code).ok()? - 128)?,
        215 => 'Œ',
        247 => 'œ',
        223 | 255 => 'ß',
        code => return windows_1252(code),
    })
}
