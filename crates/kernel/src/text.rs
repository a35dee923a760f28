//! Parsing of short texts that people type: names, descriptions, addresses.

use unicode_normalization::UnicodeNormalization as _;

use crate::{Problem, ReasonCode, Result};

/// A text as names and titles are stored: composed (NFC), so that `ö` is found in either encoding,
/// and without the invisible characters that change the direction of the following text:
/// `fdp.<U+202E>txt.exe` shows as `fdp.exe.txt`.
#[must_use]
pub fn normalized(text: &str) -> String {
    text.chars().filter(|c| !is_direction_mark(*c)).nfc().collect()
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A trimmed, [`normalized`] text of `min` to `max` characters without control characters.
///
/// # Errors
/// `invalid_body`, naming the member and what was expected.
pub fn line(pointer: &'static str, text: &str, min: usize, max: usize) -> Result<String> {
    let text = normalized(text);
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Problem::refused_field(
            pointer,
            ReasonCode::OneLine,
            "expected one line without control characters",
        ));
    }
    bounded(pointer, text, min, max)
}

/// A text of several lines; checks only the length and that it has no NUL (Postgres stores none).
///
/// # Errors
/// `invalid_body`, naming the member and what was expected.
pub fn block(pointer: &'static str, text: &str, min: usize, max: usize) -> Result<String> {
    if text.contains('\0') {
        return Err(Problem::refused_field(
            pointer,
            ReasonCode::ControlCharacters,
            "expected a text without NUL characters",
        ));
    }
    bounded(pointer, text, min, max)
}

fn bounded(pointer: &'static str, text: &str, min: usize, max: usize) -> Result<String> {
    let length = text.chars().count();
    if (min..=max).contains(&length) {
        Ok(text.to_owned())
    } else {
        Err(Problem::refused_field(
            pointer,
            ReasonCode::TextLength.between(min, max),
            format!("expected {min} to {max} characters, got {length}"),
        ))
    }
}

/// An e-mail address in lower case: one `@`, text on both sides, no blanks; the mail server checks
/// the rest.
///
/// # Errors
/// `invalid_body` if it is not an address.
pub fn email(pointer: &'static str, text: &str) -> Result<String> {
    let text = line(pointer, text, 3, 320)?.to_lowercase();
    let good = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.chars().any(char::is_whitespace)
    });
    if good {
        Ok(text)
    } else {
        Err(Problem::refused_field(
            pointer,
            ReasonCode::EmailFormat,
            "expected an address such as name@example.org",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{block, email, line};

    #[test]
    fn names_are_trimmed_and_bounded_by_characters_not_bytes() {
        assert_eq!(line("/name", "  åäö ", 3, 3), Ok("åäö".to_owned()));
        assert!(line("/name", " ", 1, 3).is_err());
        assert!(line("/name", "a\nb", 1, 9).is_err());
    }

    #[test]
    fn names_are_composed_and_lose_direction_marks() {
        assert_eq!(line("/name", "o\u{308}n", 1, 9), Ok("ön".to_owned()));
        assert_eq!(line("/name", "fdp.\u{202E}txt.exe", 1, 20), Ok("fdp.txt.exe".to_owned()));
        assert!(line("/name", "\u{200F}\u{2066}", 1, 9).is_err());
    }

    #[test]
    fn a_text_of_several_lines_is_kept_as_it_is() {
        assert_eq!(block("/description", " å\n\tb ", 0, 6), Ok(" å\n\tb ".to_owned()));
        for bad in ["a\0b", "longer than six"] {
            assert!(block("/description", bad, 0, 6).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_lower_cased_and_checked() {
        assert_eq!(email("/email", "Anna@Example.ORG"), Ok("anna@example.org".to_owned()));
        for bad in ["anna", "@x", "a@", "a b@c", "a@b@c"] {
            assert!(email("/email", bad).is_err(), "{bad}");
        }
    }
}
