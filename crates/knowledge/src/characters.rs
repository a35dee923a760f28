//! What single characters are to full-text search.

use unicode_normalization::UnicodeNormalization;

/// A character that is not seen: soft hyphens, zero-width blanks, direction marks.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A Latin letter without its accent: `é` is `e`, `ü` is `u`. `å`, `ä` and `ö` are letters of their
/// own.
pub(crate) fn without_accent(c: char) -> char {
    if c.is_ascii() || matches!(c, 'å' | 'ä' | 'ö' | 'Å' | 'Ä' | 'Ö') {
        return c;
    }
    let mut parts = std::iter::once(c).nfd();
    match parts.next() {
        Some(base) if base.is_ascii_alphabetic() => base,
        _ => c,
    }
}

/// A letter of a script that is written without blanks between words (Chinese, Japanese, Thai …);
/// Korean has blanks, and endings grown onto words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::without_accent;

    #[test]
    fn accents_fold_and_letters_of_their_own_stay() {
        let folded: String = "éüÉñçåäöÅÄÖøæßй".chars().map(without_accent).collect();
        assert_eq!(folded, "euEncåäöÅÄÖøæßй");
    }
}
