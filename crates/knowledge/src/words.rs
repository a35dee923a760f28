//! The words of a text, as they are indexed and asked for: one normalisation for both sides of
//! full-text search.
//!
//! Postgres' own parser takes `HR/avdelningen` for a path, `-00417` for a negative number and a
//! Chinese sentence for one word. So it is given plain words only: letters and digits parted by
//! blanks, beside them the other spellings of what is there (`4 200` is also `4200`).

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::{
    characters::{is_invisible, is_unspaced, without_accent},
    compounds,
    numbers::{Number, numbers},
    swedish,
};

/// By which rules words are indexed: one more when they change, and the worker indexes all
/// documents again.
pub(crate) const VERSION: i32 = 2;
/// The most different words of one query; 2 000 characters of prose hold about 200.
const MOST_WORDS: usize = 128;
/// The most other spellings that one query asks for.
const MOST_ALTERNATIVES: usize = 32;
/// The most identifiers that one query asks for.
const MOST_IDENTIFIERS: usize = 8;
/// Characters of a word with a sign in it (`AT&T`, `C++`); longer ones are parts of addresses.
const LONGEST_SIGNED: usize = 24;
/// Characters of an identifier.
const IDENTIFIER: std::ops::RangeInclusive<usize> = 4..=64;
/// An identifier without letters has at least so many digits, so that years and times of day are
/// none.
const DIGITS_OF_IDENTIFIER: usize = 5;

/// What a query asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LexicalQuery {
    /// Its words.
    pub(crate) words: String,
    /// The same for Swedish chunks.
    pub(crate) swedish: String,
    /// Other spellings of its numbers: they count where some chunk has them.
    pub(crate) alternatives: String,
    /// Case numbers, part numbers and the like, each as its words in a row.
    pub(crate) identifiers: Vec<String>,
    /// The languages that it may be in, the likeliest.
    pub(crate) languages: Vec<&'static str>,
    /// Compounds that its words could make.
    pub(crate) joined: String,
    /// Where its words could be parted, each place as two words.
    pub(crate) parted: Vec<String>,
}

/// A text in composed form (NFC), without characters that are not seen: soft hyphens, zero-width
/// blanks, direction marks.
pub(crate) fn composed(text: &str) -> String {
    text.nfc().filter(|c| !is_invisible(*c)).collect()
}

/// All words of a text, for the index.
pub(crate) fn indexed(text: &str) -> String {
    let text = compatible(text);
    let mut out = plain(&text, &[]);
    for number in numbers(&text) {
        for joined in number.spellings() {
            push_word(&mut out, &joined);
        }
    }
    for signed in signed_words(&text) {
        push_word(&mut out, &signed);
    }
    for run in unspaced_runs(&text) {
        for c in &run {
            push_word(&mut out, c.encode_utf8(&mut [0; 4]));
        }
        for pair in run.windows(2) {
            push_word(&mut out, &pair.iter().collect::<String>());
        }
    }
    out
}

/// All words of a text in this language (a configuration of text search), for the index.
pub(crate) fn indexed_in(language: &str, text: &str) -> String {
    let words = indexed(text);
    if language == "swedish" { swedish::words(&words) } else { words }
}

/// All words of a document's title and file name, for the index.
pub(crate) fn of_names(language: &str, title: &str, filename: &str) -> String {
    let title_words = indexed_in(language, title);
    if title == filename {
        title_words
    } else {
        format!("{title_words} {}", indexed_in(language, filename))
    }
}

/// What a query asks for.
pub(crate) fn asked(query: &str) -> LexicalQuery {
    let text = compatible(query);
    let numbers = numbers(&text);
    let joined: Vec<&Number> = numbers.iter().filter(|number| number.is_one_number()).collect();
    let mut words = plain(&text, &joined);
    for signed in signed_words(&text) {
        push_word(&mut words, &signed);
    }
    for run in unspaced_runs(&text) {
        for pair in run.windows(2.min(run.len())) {
            push_word(&mut words, &pair.iter().collect::<String>());
        }
    }
    let alternatives =
        numbers.iter().filter(|number| !number.is_one_number()).flat_map(Number::spellings);
    // With its accents, which tell languages from each other.
    let languages = language::of_query(query);
    let words = distinct(words.split(' ').map(str::to_owned), MOST_WORDS);
    // In chunks of another language these are rare words, and would weigh much.
    let distinctive: Vec<String> = words
        .iter()
        .filter(|word| !language::is_function_word(word, &languages))
        .cloned()
        .collect();
    let words = if distinctive.is_empty() { words } else { distinctive }.join(" ");
    LexicalQuery {
        joined: compounds::joined(&words, &languages),
        parted: compounds::parted(&words, &languages),
        languages,
        swedish: swedish::words(&words),
        words,
        alternatives: distinct(alternatives, MOST_ALTERNATIVES).join(" "),
        identifiers: distinct(identifiers(&text), MOST_IDENTIFIERS),
    }
}

fn distinct(words: impl Iterator<Item = String>, most: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    words.filter(|word| !word.is_empty() && seen.insert(word.to_lowercase())).take(most).collect()
}

fn push_word(out: &mut String, word: &str) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
    out.push_str(word);
}

/// The text in compatible form (NFKC: `ﬁ` is `fi`, a narrow blank is a blank), each run of white
/// space one blank, each hyphen and minus sign `-`.
fn compatible(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    for c in text.nfkc().filter(|c| !is_invisible(*c)) {
        match without_accent(c) {
            c if c.is_whitespace() || c.is_control() => {
                if out.last().is_some_and(|last| *last != ' ') {
                    out.push(' ');
                }
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            '\u{2019}' => out.push('\''),
            c => out.push(c),
        }
    }
    out
}

/// Blanks for whatever is neither in a word nor between the digits of a decimal number; `joined`
/// numbers stand without their blanks.
fn plain(text: &[char], joined: &[&Number]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut joined = joined.iter().peekable();
    let mut before = ' ';
    let mut inside = None;
    for (at, (c, next)) in text.iter().zip(text.iter().skip(1).chain([&' '])).enumerate() {
        if joined.peek().is_some_and(|number| number.start == at) {
            inside = joined.next().map(|number| number.end);
        }
        let is_inside = inside.is_some_and(|end| at < end);
        match *c {
            _ if is_inside && !c.is_ascii_digit() => {}
            '.' if before.is_ascii_digit() && next.is_ascii_digit() => out.push('.'),
            '-' if before.is_alphanumeric() && next.is_alphabetic() => out.push('-'),
            c if c.is_ascii_punctuation() || c == ' ' || c == '\u{2044}' || is_unspaced(c) => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
        before = *c;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Words that a sign makes what they are: `AT&T`, `R&D`, `C++`, `C#`. The sign is spelled in
/// letters, since Postgres parts words at signs.
fn signed_words(text: &[char]) -> Vec<String> {
    let is_sign = |c: char| matches!(c, '&' | '+' | '#');
    let parts = text.split(|c| !c.is_alphanumeric() && !is_sign(*c));
    let signed = parts.filter(|part| {
        part.len() <= LONGEST_SIGNED
            && part.first().is_some_and(|c| c.is_alphanumeric())
            && part.iter().any(|c| is_sign(*c))
    });
    let spelled = |part: &[char]| {
        let mut out = String::new();
        for c in part {
            match c {
                '&' => out.push_str("zqand"),
                '+' => out.push_str("zqplus"),
                '#' => out.push_str("zqhash"),
                c => out.push(*c),
            }
        }
        out
    };
    signed.map(spelled).collect()
}

/// Stretches of a script without blanks.
fn unspaced_runs(text: &[char]) -> Vec<Vec<char>> {
    text.split(|c| !is_unspaced(*c)).filter(|run| !run.is_empty()).map(<[char]>::to_vec).collect()
}

/// Case numbers and the like, as their words in a row, which is the same whatever signs part them.
fn identifiers(text: &[char]) -> impl Iterator<Item = String> {
    let parts = text.split(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')));
    parts.filter_map(|part| {
        let part: Vec<char> = part.to_vec();
        let digits = part.iter().filter(|c| c.is_ascii_digit()).count();
        let has_letters = part.iter().any(|c| c.is_alphabetic());
        let words = plain(&part, &[]);
        let is_identifier = digits > 0 && (has_letters || digits >= DIGITS_OF_IDENTIFIER);
        (is_identifier && IDENTIFIER.contains(&words.chars().count())).then_some(words)
    })
}

#[cfg(test)]
mod tests {
    use super::{asked, composed, indexed};

    fn has(text: &str, word: &str) -> bool {
        indexed(text).split(' ').any(|known| known == word)
    }

    #[test]
    fn words_joined_by_a_sign_are_words_of_their_own() {
        assert_eq!(indexed("Kontakta HR/löneavdelningen"), "Kontakta HR löneavdelningen");
        assert_eq!(
            indexed("desk@example.org, https://a.example/x_y?z=1"),
            "desk example org https a example x y z 1"
        );
        assert_eq!(indexed("e-tjänst boundary-layer -5 x- -y"), "e-tjänst boundary-layer 5 x y");
        assert_eq!(indexed("<b>fet</b> v1.2.3 slut.Ny"), "b fet b v1.2.3 slut Ny");
    }

    #[test]
    fn a_number_is_found_however_its_thousands_are_parted() {
        for text in [
            "4 200 kronor",
            "4\u{a0}200 kronor",
            "4\u{202f}200 kronor",
            "4\u{2009}200\nkronor",
            "4'200 kronor",
            "4’200 kronor",
        ] {
            assert!(has(text, "4200"), "{text}: {}", indexed(text));
            assert_eq!(asked(text).words, "4200 kronor", "{text}");
        }
        assert!(has("1.250.000 or 1,250,000", "1250000"));
        assert_eq!(asked("4,200").alternatives, "4200");
        assert_eq!(asked("4200 kronor").words, "4200 kronor");
    }

    #[test]
    fn telephone_numbers_and_postal_codes_are_found_without_their_blanks() {
        assert!(has("Ring 070-123 45 67 idag", "0701234567"));
        assert!(has("123 45 Umeå", "12345"));
        assert_eq!(
            asked("070-123 45 67").alternatives.split(' ').find(|w| w.len() == 10),
            Some("0701234567")
        );
        // The parts stay words: a row of a table is not one number.
        assert!(has("120 131 149", "131"));
        assert!(!has("rum 4 på plan 200", "4200") && !has("a4 200", "4200"));
    }

    #[test]
    fn a_sign_that_makes_a_word_what_it_is_counts() {
        assert!(indexed("hos AT&T och i C++ eller C#").contains("ATzqandT"));
        assert!(asked("AT&T").words.split(' ').any(|w| w == "ATzqandT"));
        assert_eq!(asked("c++").words, "c czqpluszqplus");
    }

    #[test]
    fn a_phrase_of_a_script_without_blanks_is_found_within_a_sentence() {
        let text = indexed("私は東京都に住んでいます。");
        for word in asked("東京都").words.split(' ') {
            assert!(text.split(' ').any(|known| known == word), "{word} in {text}");
        }
        assert_eq!(asked("東京都").words, "東京 京都");
        assert_eq!(asked("猫").words, "猫");
        assert!(has("吾輩は猫である", "猫"));
    }

    #[test]
    fn an_identifier_is_the_same_whatever_parts_its_groups() {
        assert_eq!(asked("var är KS-2026-00417?").identifiers, ["KS 2026 00417"]);
        assert!(indexed("Dnr KS 2026/00417.pdf").contains("KS 2026 00417"));
        assert_eq!(asked("ärende 2026/00417, 1998, kl. 12.30").identifiers, ["2026 00417"]);
    }

    #[test]
    fn decomposed_letters_and_direction_marks_make_no_difference() {
        assert_eq!(composed("o\u{308}ppet\u{200b}\u{202e}"), "öppet");
        assert_eq!(indexed("O\u{308}ppet ﬁl ４２ ka\u{ad}ka"), "Öppet fil 42 kaka");
    }

    #[test]
    fn what_a_query_asks_for_is_bounded() {
        let words: String = (0..2_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(asked(&words).words.split(' ').count(), super::MOST_WORDS);
        let digits = "12 ".repeat(1_000);
        assert!(asked(&digits).alternatives.len() <= 32 * 35);
        assert!(asked(&"ab-1234 cd-99999/7 ".repeat(300)).identifiers.len() <= 8);
        // The index grows with the text: at most a few spellings for each group of digits.
        assert!(indexed(&digits).len() < 2 * digits.len(), "no thousands in it");
        assert!(indexed(&"123 ".repeat(1_000)).len() < 10 * 4_000);
    }
}
