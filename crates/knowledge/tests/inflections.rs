//! Definite forms and plurals of Swedish nouns find each other.

use crate::shelf::Shelf;

/// Pairs of forms of one noun, one a line.
const PAIRS: &str = include_str!("inflections.txt");
/// Pairs that words keep apart: a vowel changes, or the ending is no regular one. Meaning finds
/// these.
const APART: &[&str] = &[
    "ansökan ansökningar",
    "ansökan ansökningarna",
    "plats platsen",
    "plats platser",
    "kö kön",
    "bok böcker",
    "anmälan anmälningar",
    "fönster fönstret",
    "fönster fönstren",
    "semester semestrar",
    "arbetsplats arbetsplatsen",
    "man männen",
    "hand händer",
    "stad städer",
    "land länder",
    "natt nätter",
    "son söner",
    "fot fötter",
    "bonde bönder",
    "öga ögon",
    "öra öron",
];

#[tokio::test]
async fn forms_of_a_swedish_noun_find_each_other() {
    let pairs: Vec<(&str, &str)> = PAIRS.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(pairs.len(), 200);
    let texts: Vec<&str> = pairs.iter().map(|(one, _)| *one).collect();
    let shelf = Shelf::of("swedish", &texts).await;
    let mut apart = Vec::new();
    for (one, other) in &pairs {
        if !shelf.found(other).await.iter().any(|text| text == one) {
            apart.push(format!("{one} {other}"));
        }
    }
    assert_eq!(apart, APART, "{} of {}", apart.len(), pairs.len());
}

#[tokio::test]
async fn accents_fold_and_swedish_letters_stay() {
    let shelf =
        Shelf::of("swedish", &["kafé på torget", "Müllers väg", "häst", "mål och mening"]).await;
    assert_eq!(shelf.found("kafe").await, ["kafé på torget"]);
    assert_eq!(shelf.found("Muller").await, ["Müllers väg"]);
    assert_eq!(shelf.found("hast").await, Vec::<String>::new());
    assert_eq!(shelf.found("mal").await, Vec::<String>::new());
}
