//! Compounds: what two words of a query could make together, and where a word of it could be
//! parted.
//!
//! No word list decides which of these are words: the search statement keeps those that the
//! collections have (ADR 25).

use std::collections::HashSet;

use crate::swedish;

/// The most compounds that one query asks for.
const MOST_JOINED: usize = 96;
/// The most ways to part the words of one query.
const MOST_PARTED: usize = 48;
/// Words of a query that are joined or parted.
const MOST_WORDS: usize = 8;
/// How far two words stand from each other, function words left out.
const REACH: usize = 2;
/// Letters of the shortest part.
const SHORTEST_PART: usize = 3;
/// Letters of the words that are parted.
const PARTED: std::ops::RangeInclusive<usize> = 8..=40;

/// Languages that write compounds as one word.
const COMPOUNDING: &[&str] = &["danish", "dutch", "finnish", "german", "norwegian", "swedish"];

/// The words of a query that carry meaning, in small letters.
fn distinctive(words: &str) -> Vec<String> {
    let words = words
        .split(' ')
        .filter(|word| word.chars().all(char::is_alphabetic))
        .map(str::to_lowercase);
    let words = words.filter(|word| {
        word.chars().count() >= SHORTEST_PART
            && !COMPOUNDING.iter().any(|one| language::is_function_word(word, &[*one]))
    });
    words.take(MOST_WORDS).collect()
}

/// Whether a query in one of these languages (none: not known) may hold compounds.
fn is_compounding(languages: &[&str]) -> bool {
    languages.is_empty() || languages.iter().any(|language| COMPOUNDING.contains(language))
}

/// How a word stands before another in a compound: `bygglov` as `bygglovs`, `skola` as `skol`,
/// `gata` as `gatu`.
fn first_parts(word: &str) -> Vec<String> {
    let mut stems = vec![word];
    for ending in ["ets", "ens", "et", "en", "n", "t"] {
        // In the definite form.
        if let Some(stem) =
            word.strip_suffix(ending).filter(|stem| stem.chars().count() > SHORTEST_PART)
        {
            stems.push(stem);
            break;
        }
    }
    let mut parts = Vec::new();
    for stem in stems {
        parts.push(stem.to_owned());
        parts.push(format!("{stem}s"));
        if let Some(short) =
            stem.strip_suffix('a').filter(|short| short.chars().count() >= SHORTEST_PART)
        {
            parts.extend([short.to_owned(), format!("{short}u"), format!("{short}o")]);
        }
        if let Some(short) =
            stem.strip_suffix('e').filter(|short| short.chars().count() >= SHORTEST_PART)
        {
            parts.extend([short.to_owned(), format!("{short}s")]);
        }
    }
    parts
}

/// Words as they are indexed: in any language, and in Swedish if that differs.
fn forms(words: String) -> impl Iterator<Item = String> {
    let swedish = Some(swedish::words(&words)).filter(|swedish| *swedish != words);
    std::iter::once(words).chain(swedish)
}

/// Compounds of neighbouring words of a query in one of these languages, in either order.
pub(crate) fn joined(words: &str, languages: &[&str]) -> String {
    if !is_compounding(languages) {
        return String::new();
    }
    let words = distinctive(words);
    let mut out: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    // Nearest first, so that the bound leaves out what is farthest.
    for distance in 1..=REACH {
        for (one, other) in words.iter().zip(words.iter().skip(distance)) {
            for (first, second) in [(one, other), (other, one)] {
                let made = first_parts(first).into_iter().map(|part| part + second);
                out.extend(made.flat_map(forms).filter(|word| seen.insert(word.clone())));
            }
        }
    }
    out.truncate(MOST_JOINED);
    out.join(" ")
}

fn has_vowel(part: &str) -> bool {
    part.contains(['a', 'e', 'i', 'o', 'u', 'y', 'å', 'ä', 'ö', 'æ', 'ø'])
}

/// The places where long words of a query in one of these languages could be parted, each as two
/// words. The stemmer takes a linking `s` away.
pub(crate) fn parted(words: &str, languages: &[&str]) -> Vec<String> {
    if !is_compounding(languages) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for word in distinctive(words).iter().filter(|word| PARTED.contains(&word.chars().count())) {
        for (at, _) in word.char_indices() {
            let Some((first, second)) = word.split_at_checked(at) else { continue };
            let long_enough = [first, second]
                .iter()
                .all(|part| part.chars().count() >= SHORTEST_PART && has_vowel(part));
            if !long_enough {
                continue;
            }
            out.extend(forms(format!("{first} {second}")));
            if let Some(stem) = first.strip_suffix(['u', 'o']) {
                out.extend(forms(format!("{stem}a {second}")));
            }
        }
    }
    out.truncate(MOST_PARTED);
    out
}

#[cfg(test)]
mod tests {
    use super::{MOST_JOINED, MOST_PARTED, joined, parted};

    const SWEDISH: &[&str] = &["swedish"];

    fn joins(words: &str, compound: &str) -> bool {
        joined(words, SWEDISH).split(' ').any(|word| word == compound)
    }

    #[test]
    fn two_words_are_joined_in_either_order_with_their_links() {
        assert!(joins("avgift bygglov", "bygglovsavgift"));
        assert!(joins("Avgifter för bygglov", "bygglovsavgifter"));
        assert!(joins("avgiften för bygglovet", "bygglovsavgiften"));
        assert!(joins("gård vid skola", "skolgård"));
        assert!(joins("gata belysning", "gatubelysning"));
        assert!(!joins("avgift till och med bygglov", "tillavgift"), "function words are left out");
    }

    #[test]
    fn a_long_word_is_parted_everywhere_and_a_short_one_nowhere() {
        assert!(parted("bygglovsavgift", SWEDISH).contains(&"bygglovs avgift".to_owned()));
        assert!(parted("gatubelysning", SWEDISH).contains(&"gata belysning".to_owned()));
        assert_eq!(parted("avgift", SWEDISH), Vec::<String>::new());
        assert_eq!(parted("KS-2026-00417 2026", SWEDISH), Vec::<String>::new());
    }

    #[test]
    fn languages_without_compounds_ask_for_none() {
        assert_eq!(joined("building permit fee", &["english"]), "");
        assert_eq!(parted("uncharacteristically", &["english", "french"]), Vec::<String>::new());
        assert!(!parted("bygglovsavgift", &[]).is_empty(), "a single word tells no language");
    }

    #[test]
    fn what_a_query_asks_for_is_bounded() {
        let words = "planeringsunderlag ".repeat(50)
            + &(b'a'..=b'z').map(|c| format!("{0}e{0}a ", char::from(c))).collect::<String>();
        assert!(joined(words.trim(), SWEDISH).split(' ').count() <= MOST_JOINED);
        assert!(parted(words.trim(), SWEDISH).len() <= MOST_PARTED);
    }
}
