//! Swedish words as the stemmer of Postgres wants them: it knows neither `-et` nor `-an`, the
//! endings of definite nouns, nor that `nyckel` is `nycklar`. Index and query go through this, so
//! what both do alike finds each other.

/// Letters of the shortest word that is changed.
const SHORTEST: usize = 5;
/// Words that end so by themselves, and not because they are definite.
const WHOLE: &[&str] = &[
    "alfabet",
    "budget",
    "charlatan",
    "diet",
    "fröken",
    "innan",
    "internet",
    "japan",
    "komet",
    "magnet",
    "medan",
    "ocean",
    "organ",
    "paket",
    "planet",
    "poet",
    "profet",
    "redan",
    "roman",
    "sedan",
    "staket",
    "utan",
];

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'å' | 'ä' | 'ö')
}

/// A word without the definite ending that the stemmer does not know; None if it has none.
fn indefinite(word: &str) -> Option<&str> {
    let word = word.strip_suffix('s').unwrap_or(word);
    if WHOLE.contains(&word) {
        return None;
    }
    if let Some(stem) = word.strip_suffix("et") {
        // The stemmer takes `-het` away itself; `-itet` is no ending.
        let is_noun = stem.ends_with('h') || (stem.ends_with("it") && !stem.ends_with("itet"));
        return (!is_noun && stem.chars().any(is_vowel)).then_some(stem);
    }
    if let Some(stem) = word.strip_suffix("an") {
        return stem.chars().any(is_vowel).then_some(stem);
    }
    word.ends_with("eln").then(|| word.strip_suffix('n')).flatten()
}

/// A word as it is stemmed.
fn stemmable(word: &str) -> String {
    let small = word.to_lowercase();
    if small.chars().count() < SHORTEST || !small.chars().all(char::is_alphabetic) {
        return word.to_owned();
    }
    let stem = indefinite(&small).unwrap_or(&small);
    // `Müllers` as `Müller`: the stemmer then takes `-er` away, but never `-ers`.
    let is_genitive = ["ers", "ars", "ors"].iter().any(|ending| stem.ends_with(ending));
    let stem = if is_genitive { stem.strip_suffix('s').unwrap_or(stem) } else { stem };
    // `nyckel` as `nyckl`, which `nycklar` becomes.
    let stem = match stem.strip_suffix("el") {
        Some(head)
            if head.chars().count() >= 3
                && head.chars().next_back().is_some_and(|c| !is_vowel(c)) =>
        {
            format!("{head}l")
        }
        _ => stem.to_owned(),
    };
    // `medlem` and `medlemmar`, `mun` and `munnen`.
    stem.replace("mm", "m").replace("nn", "n")
}

/// Words between blanks, each as it is stemmed.
pub(crate) fn words(words: &str) -> String {
    words.split(' ').map(stemmable).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn definite_endings_that_the_stemmer_does_not_know_are_taken_away() {
        assert_eq!(words("bygglovet Stadgan nyckeln beslutets"), "bygglov stadg nyckl beslut");
        assert_eq!(words("medlemmarna medlem"), "medlemarna medlem");
        assert_eq!(words("mullers affärers"), "muller affärer");
    }

    #[test]
    fn words_that_end_so_by_themselves_stay() {
        assert_eq!(
            words("universitet universitetet budget organ nyhet"),
            "universitet universitet budget organ nyhet"
        );
        assert_eq!(words("KS-2026 4200 det kan"), "KS-2026 4200 det kan");
    }
}
