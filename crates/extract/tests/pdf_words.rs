//! Words of a PDF come out whole, once, and in the order in which they are read.

use proptest::prelude::*;

use crate::fixtures::{pdf, read};
use crate::pdf_file::{PdfFile, put, win};

fn text_of(content: impl Into<String>) -> String {
    read(pdf(&[content.into()]), "").text()
}

#[test]
fn letters_that_are_filled_and_stroked_are_read_once() {
    for mode in [2, 6] {
        let text = text_of(format!("BT /F1 16 Tf {mode} Tr 72 700 Td (Fees of the office) Tj ET"));
        assert_eq!(text, "Fees of the office");
    }
}

#[test]
fn a_line_drawn_again_as_its_shadow_is_read_once() {
    for (dx, dy) in [(0.0, 0.0), (0.4, 0.0), (1.0, -1.0), (-0.8, 0.8)] {
        let text = text_of(
            put(18.0, 72.0 + dx, 700.0 + dy, "Fees of the office")
                + &put(18.0, 72.0, 700.0, "Fees of the office"),
        );
        assert_eq!(text, "Fees of the office", "{dx} {dy}");
    }
}

#[test]
fn double_letters_set_narrow_stay_double() {
    assert_eq!(
        text_of("BT /F1 10 Tf 50 Tz 72 700 Td (will all willfully) Tj ET"),
        "will all willfully"
    );
}

#[test]
fn letter_spacing_makes_no_blanks() {
    assert_eq!(text_of("BT /F1 12 Tf 6 Tc 72 700 Td (REPORT) Tj ET"), "REPORT");
    assert_eq!(text_of("BT /F1 12 Tf 4 Tc 72 700 Td (The town budget) Tj ET"), "The town budget");
    let moved = "BT /F1 12 Tf 72 700 Td [(B) -400 (U) -400 (D) -400 (G) -400 (E) -400 (T)] TJ ET";
    assert_eq!(text_of(moved), "BUDGET");
}

#[test]
fn spacing_after_a_single_letter_is_a_blank() {
    // "at noon", letter by letter; the blank is the spacing of the letter before it.
    let letters = [
        ("a", 0.0, 72.0),
        ("t", 2.5, 78.7),
        ("n", 0.0, 84.5),
        ("o", 0.0, 91.2),
        ("o", 0.0, 97.9),
        ("n", 0.0, 104.6),
    ];
    let page: String = letters
        .iter()
        .map(|(letter, space, x)| format!("BT /F1 12 Tf {space} Tc {x} 700 Td ({letter}) Tj ET\n"))
        .collect();
    assert_eq!(text_of(page), "at noon");
}

#[test]
fn spacing_that_is_taken_back_within_words_divides_them() {
    let word = |word: &str| word.chars().map(|c| format!("({c}) 280 ")).collect::<String>();
    let line = format!(
        "BT /F1 10 Tf 3 Tc 72 700 Td [{} -0 {} -0 {}] TJ ET",
        word("a"),
        word("majo"),
        word("cause")
    );
    let line = line.replace(" 280  -0", " -0");
    assert_eq!(text_of(line), "a majo cause");
}

#[test]
fn spacing_in_pieces_of_two_letters_stands_for_blanks() {
    let page =
        "BT /F1 10 Tf 72 700 Td (call) Tj 15 0 Td 2.5 Tc (sa) Tj 0 Tc 15.56 0 Td (model) Tj ET";
    assert_eq!(text_of(page), "calls a model");
}

#[test]
fn a_blank_drawn_inside_a_ligature_divides_no_word() {
    let file = coded(&["ver\u{fb02}og"]);
    assert_eq!(read(file, "").text(), "verflog");
    // The blank stands where the ligature's second half is.
    let page = "BT /F1 12 Tf 72 700 Td (verM) Tj -4 0 Td 21.3 0 Td ( ) Tj 4 0 Td (og) Tj ET";
    assert_eq!(text_of(page), "verMog");
}

#[test]
fn letters_drawn_later_fall_into_their_gaps() {
    // Two strips of one line: the upper one has no points, and the lower one draws all of it again.
    let strips = |first: &str, second: &str| {
        text_of(format!(
            "BT /F1 10 Tf 72 700 Td [{first}] TJ ET BT /F1 10 Tf 72 700 Td ({second}) Tj ET"
        ))
    };
    assert_eq!(strips("(1) -278 (9)", "1.9"), "1.9");
    assert_eq!(strips("(140) -278 (000)", "140,000"), "140,000");
    assert_eq!(
        strips("(F) -556 (es of) -278 (the office)", "Fees of the office"),
        "Fees of the office"
    );
}

#[test]
fn a_text_that_lies_over_another_stays_apart() {
    let page = put(12.0, 72.0, 700.0, "Name") + &put(12.0, 76.0, 700.0, "Anna");
    assert!(text_of(page.clone()).contains("Name"), "{}", text_of(page));
}

#[test]
fn the_raised_ending_of_a_number_belongs_to_it() {
    let page = put(12.0, 72.0, 700.0, "on the 1")
        + &put(6.2, 115.0, 702.5, "st")
        + &put(12.0, 124.0, 700.0, "of May");
    assert_eq!(text_of(page), "on the 1st of May");
}

#[test]
fn blanks_of_a_line_that_is_set_close_are_narrow_and_stay() {
    assert_eq!(
        text_of("BT /F1 20 Tf -1 Tc 72 700 Td [(The) -150 (town) -150 (budget)] TJ ET"),
        "The town budget"
    );
}

#[test]
fn a_soft_hyphen_that_is_drawn_within_a_line_is_a_hyphen() {
    assert_eq!(read(coded(&["terms of 1\u{ad}12 months"]), "").text(), "terms of 1-12 months");
    assert_eq!(read(coded(&["from 13\u{ad}", "24 months"]), "").text(), "from 13-24 months");
}

#[test]
fn figures_at_other_heights_are_not_one_number() {
    let bars = put(12.0, 72.0, 700.0, "73.8") + &put(12.0, 96.0, 703.6, "74.6");
    assert_eq!(text_of(bars), "73.8 74.6");
    // A lowered letter of a name is part of it.
    assert_eq!(
        text_of("BT /F1 12 Tf 72 700 Td (T) Tj 6 -2.6 Td (E) Tj 6.8 2.6 Td (X) Tj ET"),
        "TEX"
    );
}

#[test]
fn an_accent_drawn_over_its_letter_becomes_part_of_it() {
    // The accent first, then the letter under it, as TeX does; then the other way about.
    let page = format!(
        "BT /F1 12 Tf 72 700 Td [(V) ({}) 450 (axj) ({}) 450 (o)] TJ ET BT /F1 12 Tf 72 680 Td [(Caf) (e) 450 ({})] TJ ET",
        win("\u{a8}"),
        win("\u{a8}"),
        win("\u{b4}")
    );
    let text = text_of(page);
    assert!(text.contains("Växjö") && text.contains("Café"), "{text}");
}

#[test]
fn a_hyphen_at_the_end_of_a_line_goes_unless_it_is_the_words_own() {
    let joined = |first: &str, second: &str| {
        text_of(put(10.0, 72.0, 700.0, first) + &put(10.0, 72.0, 688.0, second))
    };
    assert_eq!(joined("it is the respon-", "sibility of all"), "it is the responsibility of all");
    assert_eq!(joined("som har av-", "gjort det"), "som har avgjort det");
    assert_eq!(joined("a rule that is well-", "known here"), "a rule that is well-known here");
    assert_eq!(joined("send it by e-", "mail to us"), "send it by e-mail to us");
    assert_eq!(joined("talk to HR-", "avdelningen om"), "talk to HR-avdelningen om");
    assert_eq!(joined("kostnader för in-", "och utresa"), "kostnader för in- och utresa");
    assert_eq!(joined("the ORGANI-", "SATION of work"), "the ORGANISATION of work");
}

#[test]
fn a_compound_that_the_document_uses_elsewhere_keeps_its_hyphen() {
    let page = put(10.0, 72.0, 720.0, "we saw the ferry-bridge there today")
        + &put(10.0, 72.0, 700.0, "and crossed the ferry-")
        + &put(10.0, 72.0, 688.0, "bridge at noon");
    assert!(text_of(page).contains("crossed the ferry-bridge at noon"));
}

#[test]
fn raised_figures_are_neither_letters_of_a_word_nor_digits_of_a_number() {
    let raised = |base: &str, x: f32, figure: &str| {
        put(11.0, 72.0, 700.0, base) + &put(7.0, x, 704.0, figure)
    };
    assert!(!text_of(raised("All members", 130.0, "2")).contains("members2"));
    assert_eq!(text_of(raised("10", 84.4, "6")), "10^6");
    assert_eq!(text_of(raised("25 m", 99.7, "2")), "25 m²");
}

#[test]
fn a_large_figure_and_the_caption_below_it_are_not_one_word() {
    let page = put(30.0, 72.0, 700.0, "70%")
        + &put(9.0, 72.0, 690.0, "of the power")
        + &put(9.0, 300.0, 690.0, "woman at the helm");
    let text = text_of(page);
    assert!(
        text.contains("70%") && text.contains("of the power") && !text.contains("70%of"),
        "{text}"
    );
}

#[test]
fn a_paragraph_sign_is_no_bullet() {
    assert!(text_of(put(11.0, 72.0, 700.0, "§ 145 Budget")).contains("§ 145 Budget"));
}

/// A page whose font has the codes 1, 2, 3 … for these characters.
fn coded(lines: &[&str]) -> Vec<u8> {
    let placed: Vec<(f32, f32, &str)> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| (72.0, 700.0 - 14.0 * at as f32, *line))
        .collect();
    coded_at(&placed)
}

/// The same, each text at its place.
fn coded_at(lines: &[(f32, f32, &str)]) -> Vec<u8> {
    let mut letters: Vec<char> = lines.iter().flat_map(|(.., line)| line.chars()).collect();
    letters.sort_unstable();
    letters.dedup();
    let mut file = PdfFile::new();
    let entries: String = (1_u32..)
        .zip(&letters)
        .map(|(code, c)| format!("<{code:02x}> <{:04x}>\n", u32::from(*c)))
        .collect();
    let map = file.stream(
        "",
        format!(
            "begincmap\n1 begincodespacerange <00> <ff> endcodespacerange\n{} beginbfchar\n{entries}endbfchar\nendcmap",
            letters.len()
        ),
    );
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 0 /LastChar 255 /Widths [{}] /ToUnicode {map} 0 R >>",
        "500 450 550 480 ".repeat(64)
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    let mut content = String::new();
    for (x, y, line) in lines {
        let codes: String = line
            .chars()
            .map(|c| format!("{:02x}", letters.iter().position(|l| l == &c).unwrap() + 1))
            .collect();
        content += &format!("BT /F1 12 Tf {x} {y} Td <{codes}> Tj ET\n");
    }
    file.draw(content);
    file.bytes()
}

#[test]
fn chinese_goes_on_without_a_blank_from_a_full_line_only() {
    assert_eq!(
        read(coded(&["我们在会议上讨论了新的计", "划"]), "").text(),
        "我们在会议上讨论了新的计划"
    );
    // A short line is a text of its own.
    assert_eq!(read(coded(&["单位", "行业名称和指标名称"]), "").text(), "单位 行业名称和指标名称");
}

#[test]
fn chinese_that_is_set_apart_to_fill_its_line_has_no_blanks() {
    let spread = |step: f32| {
        let signs = ["双", "等", "位", "基", "因"].into_iter().enumerate();
        let signs = signs.map(|(at, sign)| (104.0 + step * at as f32, 700.0, sign));
        let placed: Vec<(f32, f32, &str)> =
            [(72.0, 700.0, "gene")].into_iter().chain(signs).collect();
        read(coded_at(&placed), "").text()
    };
    assert_eq!(spread(11.0), "gene 双等位基因");
    assert_eq!(spread(19.0), "gene 双 等 位 基 因");
}

#[test]
fn two_columns_of_chinese_are_no_table() {
    let lines = [
        "委员会在小会议室开会并审议",
        "了议程上的各项事务然后以表",
        "决结束了当天的会议秘书宣读",
        "了报告并保存了全部会议记录",
        "与会者对下一年度的计划表示",
        "赞同但要求提供更多详细情况",
    ];
    let placed: Vec<(f32, f32, &str)> = lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| [72.0, 320.0].map(|x| (x, 700.0 - 14.0 * at as f32, *line)))
        .collect();
    let text = read(coded_at(&placed), "").text();
    let whole: String = lines.concat();
    assert_eq!(text.replace(['\n', ' '], ""), whole.repeat(2), "{text}");
    assert!(text.contains(&whole), "{text}");
}

#[test]
fn a_line_that_stretches_an_arabic_word_does_not_divide_it() {
    // From the left: dal, a stretch of line set apart from its neighbours, sin.
    let file =
        coded_at(&[(72.0, 700.0, "\u{62f}"), (81.0, 700.0, "\u{640}"), (90.0, 700.0, "\u{633}")]);
    assert_eq!(read(file, "").text(), "\u{633}\u{640}\u{62f}");
}

#[test]
fn hebrew_and_arabic_are_read_from_the_right() {
    let visual: String = "הוועדה אישרה את התקציב".chars().rev().collect();
    assert_eq!(read(coded(&[&visual]), "").text(), "הוועדה אישרה את התקציב");
    // Shapes of letters as they stand on the page, from the left: mim, alif, lam, sin.
    assert_eq!(read(coded(&["\u{fee1}\u{fe8e}\u{fee0}\u{feb3}"]), "").text(), "سلام");
}

#[test]
fn figures_and_latin_words_in_hebrew_keep_their_direction() {
    let visual: String = format!(
        "{} 2026 {}",
        "התקציב".chars().rev().collect::<String>(),
        "תנש".chars().collect::<String>()
    );
    let text = read(coded(&[&visual]), "").text();
    assert!(text.contains("2026") && text.contains("התקציב"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_survive_any_letter_spacing_size_and_width(
        words in prop::collection::vec("[A-Za-z]{2,9}", 2..7), spacing in 0.0_f32..0.5, size in 6.0_f32..30.0, width in 60_u32..130,
    ) {
        let line = words.join(" ");
        let page = format!("BT /F1 {size} Tf {width} Tz {} Tc 20 700 Td ({line}) Tj ET", spacing * size);
        let seen = text_of(page);
        // What runs over the edge of the page is not seen.
        prop_assert!(line.starts_with(seen.trim()) , "{} / {}", line, seen);
    }

    #[test]
    fn a_text_drawn_twice_anywhere_near_is_read_once(
        words in prop::collection::vec("[a-z]{2,8}", 1..6), dx in -0.1_f32..0.1, dy in -0.1_f32..0.1, size in 8.0_f32..30.0,
    ) {
        let line = words.join(" ");
        let text = text_of(put(size, 30.0, 700.0, &line) + &put(size, 30.0 + dx * size, 700.0 + dy * size, &line));
        prop_assert!(line.starts_with(text.trim()), "{} / {}", line, text);
    }
}
