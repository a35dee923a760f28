//! Vectors against those of sentence-transformers, and against themselves.

use embedding::{Embedder, InstructionSet, Lane, MAX_TOKENS, Options, Vector};

use super::model::{MODEL, cosine, golden, load};

fn embed(model: &Embedder, texts: &[String]) -> Vec<Vector> {
    model.embed_blocking(texts, Lane::Document).unwrap().vectors
}

fn texts() -> Vec<String> {
    golden().into_iter().map(|one| one.text).collect()
}

#[test]
fn vectors_are_those_of_sentence_transformers_but_for_rounding() {
    for (one, vector) in golden().iter().zip(embed(&MODEL, &texts())) {
        let cosine = cosine(&one.vector(), &vector);
        assert!(cosine > 0.995, "{cosine} for {:?}", one.text);
    }
}

#[test]
fn vectors_have_length_one() {
    for vector in embed(&MODEL, &texts()) {
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others() {
    let texts = texts();
    let together = embed(&MODEL, &texts);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&embed(&MODEL, std::slice::from_ref(text))[0], vector, "{text:?}");
    }
    let one_thread = load(Options { threads: 1, ..Options::default() });
    assert_eq!(embed(&one_thread, &texts), together);
}

#[test]
fn every_instruction_set_gives_the_same_vectors_to_the_last_bit() {
    let some: Vec<String> = texts().into_iter().take(8).collect();
    let plain = load(Options { threads: 1, instructions: InstructionSet::Portable });
    let expected = embed(&plain, &some);
    for instructions in InstructionSet::available() {
        let model = load(Options { threads: 1, instructions });
        assert_eq!(model.instructions(), instructions);
        assert_eq!(embed(&model, &some), expected, "{instructions:?}");
    }
}

#[test]
fn what_follows_the_last_token_that_is_read_changes_nothing() {
    let long = "word ".repeat(MAX_TOKENS - 2);
    let longer = format!("{long} and something else entirely");
    let embedded = MODEL.embed_blocking(&[long, longer], Lane::Document).unwrap();
    assert_eq!(embedded.vectors[0], embedded.vectors[1]);
    assert_eq!(embedded.tokens, 2 * MAX_TOKENS);
}

#[test]
fn an_empty_text_has_a_vector_too() {
    let embedded = MODEL.embed_blocking(&[""], Lane::Query).unwrap();
    assert_eq!(embedded.tokens, 2);
    assert!(embedded.vectors[0].iter().all(|value| value.is_finite()));
}

#[test]
fn no_texts_have_no_vectors() {
    let none: [&str; 0] = [];
    assert!(MODEL.embed_blocking(&none, Lane::Query).unwrap().vectors.is_empty());
}
