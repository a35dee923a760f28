//! Accents that a page draws apart from their letters, and what the two are together.

use unicode_normalization::UnicodeNormalization;

/// The combining mark of an accent that has a width of its own.
pub(super) fn combining(accent: char) -> Option<char> {
    Some(match accent {
        '`' | '\u{2cb}' => '\u{300}',
        '´' | '\u{2ca}' => '\u{301}',
        '^' | 'ˆ' => '\u{302}',
        '~' | '˜' => '\u{303}',
        '¯' | '\u{2c9}' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' | '°' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}

pub(super) fn accented(base: char, accent: char) -> String {
    let base = match base {
        'ı' => 'i',
        'ȷ' => 'j',
        base => base,
    };
    [base, accent].into_iter().nfc().collect()
}
