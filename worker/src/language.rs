//! The language of a text, as a configuration of Postgres' full-text search.

use whatlang::Lang;

/// Bytes of text for the detection.
pub(crate) const SAMPLE_BYTES: usize = 16 << 10;

/// Letters that a reliable guess needs.
const LEAST_LETTERS: usize = 60;

/// The configuration for words of any language: no stems, no stop words.
pub(crate) const SIMPLE: &str = "simple";

/// The configuration for a language tag (BCP 47), if the document names its own language.
pub(crate) fn of_tag(tag: &str) -> &'static str {
    match tag {
        "ar" => "arabic",
        "hy" => "armenian",
        "eu" => "basque",
        "ca" => "catalan",
        "da" => "danish",
        "nl" => "dutch",
        "en" => "english",
        "fi" => "finnish",
        "fr" => "french",
        "de" => "german",
        "el" => "greek",
        "hi" => "hindi",
        "hu" => "hungarian",
        "id" => "indonesian",
        "ga" => "irish",
        "it" => "italian",
        "lt" => "lithuanian",
        "ne" => "nepali",
        "no" | "nb" | "nn" => "norwegian",
        "pt" => "portuguese",
        "ro" => "romanian",
        "ru" => "russian",
        "sr" => "serbian",
        "es" => "spanish",
        "sv" => "swedish",
        "ta" => "tamil",
        "tr" => "turkish",
        "yi" => "yiddish",
        _ => SIMPLE,
    }
}

/// The configuration for a text, if its language is clear.
pub(crate) fn of_text(sample: &str) -> &'static str {
    if sample.chars().filter(|c| c.is_alphabetic()).take(LEAST_LETTERS).count() < LEAST_LETTERS {
        return SIMPLE;
    }
    let Some(found) = whatlang::detect(sample).filter(whatlang::Info::is_reliable) else { return SIMPLE };
    match found.lang() {
        Lang::Ara => "arabic",
        Lang::Hye => "armenian",
        Lang::Cat => "catalan",
        Lang::Dan => "danish",
        Lang::Nld => "dutch",
        Lang::Eng => "english",
        Lang::Fin => "finnish",
        Lang::Fra => "french",
        Lang::Deu => "german",
        Lang::Ell => "greek",
        Lang::Hin => "hindi",
        Lang::Hun => "hungarian",
        Lang::Ind => "indonesian",
        Lang::Ita => "italian",
        Lang::Lit => "lithuanian",
        Lang::Nep => "nepali",
        Lang::Nob => "norwegian",
        Lang::Por => "portuguese",
        Lang::Ron => "romanian",
        Lang::Rus => "russian",
        Lang::Srp => "serbian",
        Lang::Spa => "spanish",
        Lang::Swe => "swedish",
        Lang::Tam => "tamil",
        Lang::Tur => "turkish",
        Lang::Yid => "yiddish",
        _ => SIMPLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_language_is_detected_and_an_unclear_one_is_simple() {
        let swedish = "Årsredovisningen visar att föreningen har amorterat mer än planerat, och att avgifterna därför inte behöver höjas.";
        assert_eq!(of_text(swedish), "swedish");
        assert_eq!(of_text("4711"), SIMPLE);
        assert_eq!(of_tag("en"), "english");
        assert_eq!(of_tag("tlh"), SIMPLE);
    }
}
