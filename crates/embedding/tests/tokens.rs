//! The tokenizer against that of the model's authors.

use super::model::{MODEL, golden};

#[test]
fn every_text_has_the_tokens_that_the_models_authors_give_it() {
    for text in golden() {
        let ids: Vec<u32> =
            MODEL.tokenizer().tokens(&text.text).iter().map(|token| token.id).collect();
        assert_eq!(ids, text.ids, "{:?}", text.text);
        assert_eq!(MODEL.tokenizer().count(&text.text), text.ids.len());
    }
}

#[test]
fn tokens_lie_in_order_on_characters_of_the_text() {
    for text in golden() {
        let mut end = 0;
        for token in MODEL.tokenizer().tokens(&text.text) {
            assert!(token.start < token.end && token.end <= text.text.len());
            // The parts of one decomposed character all stand for it, so a token may begin where
            // the last one did.
            assert!(token.end >= end, "{token:?} in {:?}", text.text);
            assert!(
                text.text.get(token.start..token.end).is_some(),
                "{token:?} cuts a character of {:?}",
                text.text
            );
            end = token.end;
        }
    }
}

#[test]
fn accents_and_case_do_not_move_the_place_of_a_word() {
    let text = "Café à Malmö";
    let words: Vec<&str> =
        MODEL.tokenizer().tokens(text).iter().map(|token| &text[token.start..token.end]).collect();
    assert_eq!(words, ["Café", "à", "Malmö"]);
}

#[test]
fn input_is_cut_and_keeps_both_special_tokens() {
    let ids = MODEL.tokenizer().input(&"word ".repeat(2000), 512);
    assert_eq!((ids.len(), ids[0], ids[511]), (512, 101, 102));
    assert_eq!(MODEL.tokenizer().input("", 512), [101, 102]);
}
