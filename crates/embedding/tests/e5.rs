//! multilingual-e5-small: its tokens against sentencepiece's, its vectors against the packaged
//! weights in 32-bit floats.

use std::path::PathBuf;
use std::sync::LazyLock;

use embedding::{
    Embedder, InputType, InstructionSet, Lane, MULTILINGUAL_E5_SMALL, Options, TOKEN_BYTES,
    Tokenizer, Vector,
};
use serde::Deserialize;

use super::model::{MODEL, cosine, from_base64};

/// One model for all tests, on the threads of the other.
pub(crate) static E5: LazyLock<Embedder> =
    LazyLock::new(|| MODEL.load_beside(&MULTILINGUAL_E5_SMALL, &folder()).unwrap());

pub(crate) fn folder() -> PathBuf {
    std::env::var_os("TESSERA_MULTILINGUAL_MODEL_DIR")
        .expect("TESSERA_MULTILINGUAL_MODEL_DIR must name a folder with e5-small-q4.bin; `./stack test` sets it")
        .into()
}

fn load(options: Options) -> Embedder {
    Embedder::load_model(&MULTILINGUAL_E5_SMALL, &folder(), options).unwrap()
}

/// What sentencepiece makes of a text; `bench/embedding/e5.py tokens` writes the file.
#[derive(Deserialize)]
struct Tokens {
    text: String,
    ids: Vec<u32>,
}

fn tokens() -> Vec<Tokens> {
    serde_json::from_str(include_str!("golden/xlm-roberta-tokens.json")).unwrap()
}

/// What 32-bit floats make of a text; `bench/embedding/e5.py vectors` writes the file.
#[derive(Deserialize)]
struct Golden {
    text: String,
    input_type: String,
    vector: String,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/e5-vectors.json")).unwrap()
}

fn embed(model: &Embedder, texts: &[String], lane: Lane) -> Vec<Vector> {
    model.embed_blocking(texts, lane).unwrap().vectors
}

fn passages() -> Vec<String> {
    golden().into_iter().map(|one| one.text).collect()
}

#[test]
fn every_text_has_the_tokens_that_sentencepiece_gives_it() {
    let all = tokens();
    assert!(all.len() >= 300);
    let mut wrong = Vec::new();
    for one in &all {
        let ids: Vec<u32> = E5.tokenizer().tokens(&one.text).iter().map(|token| token.id).collect();
        if ids != one.ids {
            wrong.push(format!("{:?}\n  expected {:?}\n  came     {ids:?}", one.text, one.ids));
        }
        assert_eq!(E5.tokenizer().count(&one.text), ids.len());
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn tokens_lie_in_order_on_characters_of_the_text() {
    for one in tokens() {
        let (mut start, mut end) = (0, 0);
        for token in E5.tokenizer().tokens(&one.text) {
            assert!(token.start < token.end, "{token:?} of {:?}", one.text);
            assert!(token.start >= start && token.end >= end, "{token:?} in {:?}", one.text);
            assert!(
                one.text.get(token.start..token.end).is_some(),
                "{token:?} cuts a character of {:?}",
                one.text
            );
            (start, end) = (token.start, token.end);
        }
    }
}

#[test]
fn forms_of_unicode_do_not_move_the_place_of_a_word() {
    let text = "Malmo\u{308} ＡＢＣ ﬁn\u{200b}hus";
    let words: Vec<&str> =
        E5.tokenizer().tokens(text).iter().map(|token| &text[token.start..token.end]).collect();
    assert_eq!(words, ["Malmo\u{308}", "ＡＢＣ", "ﬁn", "hus"]);
}

#[test]
fn input_is_cut_and_keeps_both_special_tokens() {
    let ids = E5.tokenizer().input(&"ord ".repeat(2000), 512);
    assert_eq!((ids.len(), ids[0], ids[511]), (512, 0, 2));
    assert_eq!(E5.tokenizer().input("", 512), [0, 2]);
    // The prefixes have three tokens and two.
    assert_eq!([InputType::Query, InputType::Passage].map(|kind| E5.text_tokens(kind)), [507, 508]);
    let long = ["ord ".repeat(2000)];
    assert_eq!(E5.embed_blocking(&long, Lane::Query).unwrap().tokens, 512);
    assert_eq!(MODEL.text_tokens(InputType::Query), 510);
}

#[test]
fn a_word_without_end_takes_work_in_proportion() {
    let tokenizer: &Tokenizer = E5.tokenizer();
    let time = |text: &str| {
        let begun = std::time::Instant::now();
        let count = tokenizer.count(text);
        assert!(count > text.len() / 100);
        begun.elapsed().as_secs_f64()
    };
    for letters in ["a", "ab", "漢", "😀", "qz", "nordvästersjökustartilleriflygspaning"] {
        let short = time(&letters.repeat(200_000 / letters.len()));
        let long = time(&letters.repeat(2_000_000 / letters.len()));
        assert!(
            long < 40.0 * short.max(0.005),
            "{letters}: {short} s, then {long} s for ten times as much"
        );
    }
}

#[test]
fn a_long_word_has_the_tokens_of_its_parts() {
    // Longer than what is split together, of syllables that have one best way, so the tokens
    // repeat.
    let ids = |times| -> Vec<u32> {
        E5.tokenizer().tokens(&"förordning".repeat(times)).iter().map(|token| token.id).collect()
    };
    let (short, long) = (ids(20), ids(2000));
    assert_eq!(short[..30], long[..30]);
    let each = (long.len() as f64) / 2000.0;
    assert_eq!(each, each.round(), "{} tokens", long.len());
}

#[test]
fn vectors_are_those_of_floats_but_for_rounding() {
    let mut cosines = Vec::new();
    for one in golden() {
        let lane = if one.input_type == "query" { Lane::Query } else { Lane::Document };
        let vector = embed(&E5, std::slice::from_ref(&one.text), lane)[0];
        let cosine = cosine(&from_base64(&one.vector), &vector);
        assert!(cosine > 0.99, "{cosine} for {:?}", one.text);
        cosines.push(cosine);
    }
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    println!("mean {mean}, least {:?}", cosines.iter().copied().reduce(f32::min));
    assert!(mean >= 0.998, "mean {mean}");
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others() {
    let texts = passages();
    let together = embed(&E5, &texts, Lane::Document);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&embed(&E5, std::slice::from_ref(text), Lane::Document)[0], vector, "{text:?}");
    }
    assert_eq!(
        embed(&load(Options { threads: 1, ..Options::default() }), &texts, Lane::Document),
        together
    );
}

#[test]
fn every_instruction_set_gives_the_same_vectors_to_the_last_bit() {
    let some: Vec<String> = passages().into_iter().take(8).collect();
    let plain = load(Options { threads: 1, instructions: InstructionSet::Portable });
    let expected = embed(&plain, &some, Lane::Document);
    for instructions in InstructionSet::available() {
        let model = load(Options { threads: 1, instructions });
        assert_eq!(model.instructions(), instructions);
        assert_eq!(embed(&model, &some, Lane::Document), expected, "{instructions:?}");
    }
}

#[test]
fn queries_and_passages_have_vectors_of_their_own() {
    let text = ["Hur högt är taket?".to_owned()];
    let [query, passage] = [Lane::Query, Lane::Document].map(|lane| embed(&E5, &text, lane)[0]);
    let near = cosine(&query, &passage);
    assert!(near > 0.8 && near < 0.999, "{near}");
    assert_eq!(embed(&MODEL, &text, Lane::Query), embed(&MODEL, &text, Lane::Document));
}

#[test]
fn a_question_is_nearest_to_the_passage_that_answers_it_in_either_language() {
    let passages = [
        "Taket på magasinet lades om 2019 och har trettio års garanti.",
        "The guest flat costs 300 kronor a night in July.",
        "Styrelsen svarar på ansökningar om andrahandsuthyrning inom fem veckor.",
    ]
    .map(str::to_owned);
    let passages = embed(&E5, &passages, Lane::Document);
    for (question, answer) in [
        ("When was the roof renewed?", 0),
        ("Hur mycket kostar en natt i gästlägenheten i juli?", 1),
        ("How long does the board take to answer an application to sublet?", 2),
    ] {
        let query = embed(&E5, &[question.to_owned()], Lane::Query)[0];
        let best = (0..3)
            .max_by(|a, b| cosine(&query, &passages[*a]).total_cmp(&cosine(&query, &passages[*b])));
        assert_eq!(best, Some(answer), "{question}");
    }
}

/// The share of bits that the tokens of a query have in common with the nearest of a passage.
fn nearness(query: &[u8], passage: &[u8]) -> f64 {
    let distance = |one: &[u8], other: &[u8]| -> u32 {
        one.iter().zip(other).map(|(a, b)| (a ^ b).count_ones()).sum()
    };
    let nearest = |token: &[u8]| passage.chunks(TOKEN_BYTES).map(|t| distance(token, t)).min();
    let tokens = query.chunks(TOKEN_BYTES);
    let different: u32 = tokens.map(|token| nearest(token).unwrap()).sum();
    1.0 - f64::from(different) / (8 * query.len()) as f64
}

#[test]
fn token_bits_put_the_passage_with_the_answer_first_in_the_other_language_too() {
    let bits = |texts: &[&str], lane| E5.embed_blocking(texts, lane).unwrap().token_bits;
    let passages = bits(
        &[
            "Avgiften för bygglov betalas innan bygget börjar. Den beror på byggnadens yta.",
            "The library opens at ten and closes at seven. On Saturdays it closes at three.",
            "Hundar ska vara kopplade i parken mellan den första april och den sista augusti.",
        ],
        Lane::Document,
    );
    let queries =
        ["when does the building permit fee have to be paid?", "när stänger biblioteket?"];
    for (query, answer) in bits(&queries, Lane::Query).iter().zip([0, 1]) {
        let nearness: Vec<f64> = passages.iter().map(|passage| nearness(query, passage)).collect();
        let best = (0..3).max_by(|a, b| nearness[*a].total_cmp(&nearness[*b]));
        assert_eq!(best, Some(answer), "{nearness:?}");
    }
}

#[test]
fn token_bits_do_not_depend_on_what_a_text_is_embedded_with() {
    let texts = passages();
    let together = E5.embed_blocking(&texts, Lane::Document).unwrap().token_bits;
    assert!(together.iter().all(|bits| !bits.is_empty() && bits.len() % TOKEN_BYTES == 0));
    for (text, bits) in texts.iter().zip(&together).take(8) {
        let alone = E5.embed_blocking(&[text], Lane::Document).unwrap().token_bits;
        assert_eq!(alone.first(), Some(bits), "{text:.60}");
    }
    let english = MODEL.embed_blocking(&texts[..1], Lane::Document).unwrap();
    assert_eq!(english.token_bits, [Vec::<u8>::new()], "all-MiniLM-L6-v2 has no late interaction");
}
