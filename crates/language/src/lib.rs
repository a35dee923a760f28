#![doc = include_str!("../README.md")]

mod function_words;
mod sentences;

use whatlang::{Detector, Lang};

use function_words::FUNCTION_WORDS;
pub use sentences::ends_sentence;

/// Bytes of text that the language of a document is detected from.
pub const SAMPLE_BYTES: usize = 16 << 10;
/// The configuration for words of any language: no stems, no stop words.
pub const SIMPLE: &str = "simple";

/// Letters needed before a guess by trigrams is worth anything.
const LEAST_LETTERS: usize = 60;
/// Function words that a chunk has in another language than its document's, before it is taken for
/// one.
const LEAST_FUNCTION_WORDS: usize = 4;
/// The same of a text that is too short for trigrams.
const LEAST_OF_A_SENTENCE: usize = 3;
/// What a function word of one language alone counts; by every number of languages a whole number.
const WHOLE: usize = 27_720;
/// Words of a query that are looked at.
const MOST_WORDS: usize = 128;

/// The text search configurations that have stems, with the tags (BCP 47) and the detector's name
/// of each.
const CONFIGURATIONS: &[(&str, &[&str], Option<Lang>)] = &[
    ("arabic", &["ar"], Some(Lang::Ara)),
    ("armenian", &["hy"], Some(Lang::Hye)),
    ("basque", &["eu"], None),
    ("catalan", &["ca"], Some(Lang::Cat)),
    ("danish", &["da"], Some(Lang::Dan)),
    ("dutch", &["nl"], Some(Lang::Nld)),
    ("english", &["en"], Some(Lang::Eng)),
    ("finnish", &["fi"], Some(Lang::Fin)),
    ("french", &["fr"], Some(Lang::Fra)),
    ("german", &["de"], Some(Lang::Deu)),
    ("greek", &["el"], Some(Lang::Ell)),
    ("hindi", &["hi"], Some(Lang::Hin)),
    ("hungarian", &["hu"], Some(Lang::Hun)),
    ("indonesian", &["id"], Some(Lang::Ind)),
    ("irish", &["ga"], None),
    ("italian", &["it"], Some(Lang::Ita)),
    ("lithuanian", &["lt"], Some(Lang::Lit)),
    ("nepali", &["ne"], Some(Lang::Nep)),
    ("norwegian", &["no", "nb", "nn"], Some(Lang::Nob)),
    ("portuguese", &["pt"], Some(Lang::Por)),
    ("romanian", &["ro"], Some(Lang::Ron)),
    ("russian", &["ru"], Some(Lang::Rus)),
    ("serbian", &["sr"], Some(Lang::Srp)),
    ("spanish", &["es"], Some(Lang::Spa)),
    ("swedish", &["sv"], Some(Lang::Swe)),
    ("tamil", &["ta"], Some(Lang::Tam)),
    ("turkish", &["tr"], Some(Lang::Tur)),
    ("yiddish", &["yi"], Some(Lang::Yid)),
];

/// The configuration for a language tag (BCP 47); its region and script do not count.
#[must_use]
pub fn of_tag(tag: &str) -> &'static str {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let known = CONFIGURATIONS.iter().find(|(_, tags, _)| tags.contains(&primary.as_str()));
    known.map_or(SIMPLE, |(name, ..)| name)
}

/// The configuration for a text, if its language is clear.
#[must_use]
pub fn of_text(sample: &str) -> &'static str {
    by_trigrams(sample).unwrap_or(SIMPLE)
}

/// The configuration for a chunk of a document in `document`'s language: many pages name the
/// language of their template.
#[must_use]
pub fn of_chunk<'d>(chunk: &str, document: &'d str) -> &'d str {
    let words = words(chunk);
    // Trigrams say nothing of a sentence; its function words may.
    let (found, least) = match (by_trigrams(chunk), likeliest(&words).as_slice()) {
        (Some(found), _) => (found, LEAST_FUNCTION_WORDS),
        (None, [found]) => (*found, LEAST_OF_A_SENTENCE),
        (None, _) => return document,
    };
    let (here, there) = (count(&words, found), count(&words, document));
    // A table of names has no function words: what trigrams say of it is chance.
    if found != document && here >= least && here > 2 * there { found } else { document }
}

/// The languages that a query may be in, those with the most of its function words; none if it has
/// none.
#[must_use]
pub fn of_query(query: &str) -> Vec<&'static str> {
    likeliest(&words(query))
}

/// The languages with the most function words among these; none if there are none. Of several, those
/// whose words fewer languages share: `i` is a word of many.
fn likeliest(words: &[String]) -> Vec<&'static str> {
    let counts = FUNCTION_WORDS.iter().map(|(language, _)| (*language, count(words, language)));
    let counts: Vec<(&'static str, usize)> = counts.collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let tied = counts.into_iter().filter(|(_, count)| *count == most);
    let tied: Vec<(&'static str, usize)> =
        tied.map(|(language, _)| (language, distinctiveness(words, language))).collect();
    let most = tied.iter().map(|(_, of)| *of).max().unwrap_or(0);
    tied.into_iter().filter(|(_, of)| *of == most).map(|(language, _)| language).collect()
}

/// How much the function words of a language among these say of it: each the less, the more
/// languages have it.
fn distinctiveness(words: &[String], language: &str) -> usize {
    let is_in = |word: &str, language| function_words(language).any(|known| known == word);
    let own = words.iter().filter(|word| is_in(word, language));
    let shared = |word: &String| FUNCTION_WORDS.iter().filter(|(of, _)| is_in(word, of)).count();
    own.map(|word| WHOLE / shared(word).max(1)).sum()
}

/// Whether a word carries grammar, not meaning, in each of these languages; false if there are
/// none.
#[must_use]
pub fn is_function_word(word: &str, languages: &[&str]) -> bool {
    let word = word.to_lowercase();
    let is_in = |language: &&str| function_words(language).any(|known| known == word);
    !languages.is_empty() && languages.iter().all(is_in)
}

fn function_words(language: &str) -> impl Iterator<Item = &'static str> {
    let list =
        FUNCTION_WORDS.iter().find(|(name, _)| *name == language).map_or("", |(_, list)| list);
    list.split_ascii_whitespace()
}

fn by_trigrams(text: &str) -> Option<&'static str> {
    if text.chars().filter(|c| c.is_alphabetic()).take(LEAST_LETTERS).count() < LEAST_LETTERS {
        return None;
    }
    let found = Detector::new().detect(text).filter(whatlang::Info::is_reliable)?;
    let known = CONFIGURATIONS.iter().find(|(.., lang)| *lang == Some(found.lang()));
    // Another language that is clear has no stems here.
    Some(known.map_or(SIMPLE, |(name, ..)| name))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(str::to_lowercase).collect()
}

/// How many of the words are function words of a language; 0 if its function words are not known.
fn count(words: &[String], language: &str) -> usize {
    words.iter().filter(|word| function_words(language).any(|known| known == word.as_str())).count()
}

#[cfg(test)]
mod tests {
    use super::{FUNCTION_WORDS, SIMPLE, is_function_word, of_chunk, of_query, of_tag, of_text};

    const SWEDISH: &str = "Årsredovisningen visar att föreningen har amorterat mer än planerat, och att avgifterna därför inte behöver höjas.";
    const ENGLISH: &str = "The annual report shows that the association has paid back more than planned, and that the fees need not be raised.";

    #[test]
    fn a_clear_language_is_detected_and_an_unclear_one_is_simple() {
        assert_eq!(of_text(SWEDISH), "swedish");
        assert_eq!(of_text("4711"), SIMPLE);
        assert_eq!(of_tag("en-GB"), "english");
        assert_eq!((of_tag("nb"), of_tag("tlh"), of_tag("")), ("norwegian", SIMPLE, SIMPLE));
    }

    #[test]
    fn a_chunk_has_a_language_of_its_own_if_that_is_clear() {
        assert_eq!(of_chunk(ENGLISH, "swedish"), "english");
        assert_eq!(of_chunk(SWEDISH, "english"), "swedish");
        assert_eq!(of_chunk(SWEDISH, SIMPLE), "swedish");
        assert_eq!(
            of_chunk(
                "Anna Andersson Berg, Storgatan 5, 903 26 Umeå, anna.berg@example.org, ordförande sedan 2019",
                "english"
            ),
            "english"
        );
        assert_eq!(of_chunk("Tabell 4", "swedish"), "swedish");
        assert_eq!(
            of_chunk("Bicycles are kept in the cellar under house B.", "swedish"),
            "english"
        );
        assert_eq!(of_chunk("Cyklar ställs i källaren och inte på gården.", "english"), "swedish");
        assert_eq!(of_chunk("Tak og vegger", "swedish"), "swedish");
    }

    #[test]
    fn function_words_tell_the_language_of_a_query() {
        for (query, language) in [
            ("När måste jag ansöka om bygglov?", "swedish"),
            ("vad kostar det att hyra lokalen", "swedish"),
            ("How do I apply for a permit?", "english"),
            ("Hva må jeg gjøre når noen bygger?", "norwegian"),
            ("Hvornår skal jeg betale af på lånet?", "danish"),
            ("Milloin kokous on ja missä se pidetään?", "finnish"),
            ("Wann muss ich den Antrag stellen?", "german"),
            ("Quand est-ce que la mairie est ouverte ?", "french"),
            ("¿Cuándo abre la biblioteca y dónde está?", "spanish"),
            ("Vilket parti styr i Melbourne?", "swedish"),
            ("Vem grundade Office of Western Medicine?", "swedish"),
        ] {
            assert_eq!(of_query(query), [language], "{query}");
        }
        assert_eq!(of_query("KS-2026-00417"), Vec::<&str>::new());
        assert_eq!(of_query("bygglovsavgift"), Vec::<&str>::new());
    }

    #[test]
    fn a_function_word_is_one_in_every_language_of_the_query() {
        assert!(is_function_word("Och", &["swedish"]) && !is_function_word("avgift", &["swedish"]));
        assert!(
            is_function_word("under", &["swedish", "danish"])
                && !is_function_word("och", &["swedish", "danish"])
        );
        assert!(!is_function_word("och", &[]));
    }

    #[test]
    fn shared_function_words_leave_several_languages() {
        let found = of_query("under arbete");
        assert!(found.contains(&"swedish") && found.len() > 1, "{found:?}");
    }

    #[test]
    fn every_language_with_function_words_has_stems() {
        for (language, list) in FUNCTION_WORDS {
            assert!(super::CONFIGURATIONS.iter().any(|(name, ..)| name == language), "{language}");
            assert!(list.split_ascii_whitespace().count() > 40, "{language}");
            assert!(
                list.split_ascii_whitespace().all(|word| word == word.to_lowercase()),
                "{language}"
            );
        }
    }
}
