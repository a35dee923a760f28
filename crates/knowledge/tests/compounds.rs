//! Swedish compounds and the words that they are made of find each other.

use crate::shelf::Shelf;

/// Beside what is looked for: words that nothing has to do with it.
const OTHERS: [&str; 3] = ["protokoll från mötet", "sophämtning på torsdagar", "skolans kök"];

#[tokio::test]
async fn a_compound_is_found_by_its_words() {
    let shelf = Shelf::of(
        "swedish",
        &[&["taxa för bygglovsavgift", "ny gatubelysning"], &OTHERS[..]].concat(),
    )
    .await;
    for query in ["avgift bygglov", "Vad är avgiften för bygglovet?", "bygglov avgifter"] {
        assert_eq!(
            shelf.found(query).await.first().map(String::as_str),
            Some("taxa för bygglovsavgift"),
            "{query}"
        );
    }
    assert_eq!(
        shelf.found("belysning gata").await.first().map(String::as_str),
        Some("ny gatubelysning")
    );
}

#[tokio::test]
async fn words_are_found_by_their_compound() {
    let shelf = Shelf::of(
        "swedish",
        &[&["avgift för bygglov", "belysning på gatan"], &OTHERS[..]].concat(),
    )
    .await;
    assert_eq!(shelf.found("bygglovsavgift").await, ["avgift för bygglov"]);
    assert_eq!(shelf.found("bygglovsavgiften").await, ["avgift för bygglov"]);
    assert_eq!(shelf.found("gatubelysning").await, ["belysning på gatan"]);
}

#[tokio::test]
async fn the_word_itself_comes_before_its_parts() {
    let texts =
        ["avgift för bygglov och annat", "bygglovsavgift", "avgift för hund", "bygglov för altan"];
    let shelf = Shelf::of("swedish", &texts).await;
    let found = shelf.found("bygglovsavgift").await;
    assert_eq!(found.first().map(String::as_str), Some("bygglovsavgift"), "{found:?}");
}

#[tokio::test]
async fn english_words_are_not_parted() {
    let shelf = Shelf::of("english", &["the post of the man", "a card for the house"]).await;
    assert_eq!(shelf.found("where is the postcard").await, Vec::<String>::new());
}
