//! What is a sentence without a source, and what is not.

use super::of_answer;

/// The texts of what is found.
fn found(text: &str) -> Vec<String> {
    of_answer(text, 2, Some("gpt"))
        .iter()
        .map(|span| text.chars().skip(span.start).take(span.end - span.start).collect())
        .collect()
}

#[test]
fn a_sentence_without_a_citation_is_found() {
    assert_eq!(
        found("Åre är öppet klockan nio [1]. Det är stängt på söndagar. Avgiften är 500 kr. [2]"),
        ["Det är stängt på söndagar."]
    );
    assert_eq!(
        found("It opens at nine every day.[1] It closes at five every day [7]."),
        ["It closes at five every day [7]."]
    );
}

#[test]
fn a_citation_behind_the_full_stop_is_that_of_the_sentence_before() {
    assert_eq!(
        found("It opens at nine every day. [1, 2] It closes at five every day."),
        ["It closes at five every day."]
    );
}

#[test]
fn abbreviations_end_no_sentence() {
    let text = "Det gäller bl.a. Uppsala enligt § 3 i stadgan, t.ex. Fyrisån kl. 9 [1].";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn what_states_nothing_needs_no_source() {
    for text in [
        "Hej Anna, vad roligt att du frågar.",
        "Tack för din fråga om biblioteket.",
        "Ja, det stämmer.",
        "Vill du veta mer om öppettiderna?",
        "Let me know if you want to know more.",
        "Källorna innehåller ingen uppgift om priset.",
        "The documents do not say when it opens.",
        "An unfinished sentence about the hall without",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(found("Tack vare lagen är det gratis.").len(), 1);
}

#[test]
fn headings_tables_formulas_and_code_have_no_sentences() {
    let text = "# It opens at nine every day.\n\nIt opens at nine every day.\n===\n\n\
        ```\nIt opens at nine every day.\n```\n~~~\nIt opens at nine every day.\n~~~\n\n\
        | It opens at nine every day. |\n\n    It opens at nine every day.\n\n\
        $$\nIt opens at nine every day.\n$$\n`It opens at nine. Every day.`\n\n\
        [^1]: It opens at nine every day.";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn items_of_a_list_have_a_source_if_its_introduction_has() {
    let items =
        "\n\n- It opens at nine every day.\n- It closes at five every day.\n\nIt is red all over.";
    assert_eq!(found(&format!("The hours are these [1]:{items}")), ["It is red all over."]);
    assert_eq!(found(&format!("The hours are these:{items}")).len(), 3);
    assert_eq!(
        found("1. Öppna sidan med blanketten. [1]\n2. Fyll i den med bläck."),
        ["Fyll i den med bläck."]
    );
}

#[test]
fn a_rule_behind_a_list_makes_no_heading_of_its_last_item() {
    assert_eq!(
        found("- It opens at nine every day.\n---\nIt closes at five [1]."),
        ["It opens at nine every day."]
    );
}

#[test]
fn emphasis_belongs_to_the_sentence_and_quotes_are_prose() {
    assert_eq!(
        found(
            "**It opens at nine every day.** It closes at five [1].\n\n> It is red\n> all over today."
        ),
        ["**It opens at nine every day.**", "It is red\n> all over today."]
    );
}

#[test]
fn nothing_is_found_without_sources_and_in_quotations() {
    let text = "It opens at nine every day.";
    assert!(of_answer(text, 0, Some("gpt")).is_empty());
    assert!(of_answer(text, 2, Some("extractive")).is_empty());
    assert_eq!(of_answer(text, 2, None).len(), 1);
}

#[test]
fn at_most_a_thousand_are_found_and_no_text_is_refused() {
    assert_eq!(found(&"It opens at nine every day. ".repeat(3_000)).len(), 1_000);
    let text = "å[1]. B`x. Y` ```\ny. Z``` - [1, 2]: 😀. [ > * a b c d. $$ ~~~\n=== e";
    for cut in (0..=text.len()).filter(|c| text.is_char_boundary(*c)) {
        let _ = (of_answer(&text[..cut], 3, None), of_answer(&text[cut..], 3, None));
    }
}
