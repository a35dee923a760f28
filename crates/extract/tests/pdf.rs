//! PDF: letters with places in, blocks in reading order out.

use extract::{BlockKind, Code, WarningKind};

use crate::fixtures::{H1, H2, LI, P, TABLE, file, line, pdf, read};

const PROSE: &[&str] = &[
    "The committee met in the old mill and",
    "decided that the fee should stay as it",
    "is until the roof has been mended, since",
    "nobody could say what it would cost, and",
    "asked the treasurer to report in autumn.",
];

fn column(x: f32, top: f32, lines: &[&str]) -> String {
    lines.iter().enumerate().map(|(at, text)| line(10.0, x, top - 12.0 * at as f32, text)).collect()
}

fn one_page(content: impl Into<String>) -> Vec<u8> {
    pdf(&[content.into()])
}

#[test]
fn lines_become_a_paragraph_and_divided_words_become_whole() {
    let page = column(
        72.0,
        700.0,
        &[
            "The maintenance of the roof is a respon-",
            "sibility of the whole coopera-",
            "tive, as is that of the Rolls-",
            "Royce in the garage.",
        ],
    );
    assert_eq!(
        read(one_page(page), "").text(),
        "The maintenance of the roof is a responsibility of the whole cooperative, as is that of the Rolls-Royce in the garage."
    );
}

#[test]
fn larger_letters_make_headings_by_rank_of_size() {
    let page = line(24.0, 72.0, 760.0, "Handbook")
        + &line(16.0, 72.0, 720.0, "Fees")
        + &column(72.0, 700.0, PROSE)
        + &line(16.0, 72.0, 600.0, "Rules")
        + &column(72.0, 580.0, PROSE);
    let reading = read(one_page(page), "");
    let kinds: Vec<BlockKind> = reading.blocks().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [H1, H2, P, H2, P]);
    assert!(
        reading.blocks()[2].1.starts_with("The committee")
            && reading.blocks()[2].1.ends_with("in autumn.")
    );
}

#[test]
fn columns_are_read_one_after_the_other_under_their_common_title() {
    let left: Vec<String> = PROSE.iter().map(|text| format!("L {text}")).collect();
    let right: Vec<String> = PROSE.iter().map(|text| format!("R {text}")).collect();
    let as_lines =
        |lines: &[String]| lines.iter().map(String::as_str).collect::<Vec<_>>().join("|");
    // Drawn line by line across both columns, as some programs do.
    let mut page = line(20.0, 60.0, 780.0, "A title that runs over both of the columns below");
    for (at, (left, right)) in left.iter().zip(&right).enumerate() {
        page += &line(10.0, 60.0, 740.0 - 12.0 * at as f32, left);
        page += &line(10.0, 320.0, 740.0 - 12.0 * at as f32, right);
    }
    let text = read(one_page(page), "").text();
    let place =
        |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle} is missing in {text}"));
    assert!(place("A title") < place("L The committee"), "{text}");
    assert!(place("L asked") < place("R The committee"), "{} / {}", as_lines(&left), text);
}

#[test]
fn three_columns_are_no_table() {
    let mut page = String::new();
    for (at, text) in PROSE.iter().cycle().take(20).enumerate() {
        for (column, mark) in ["A", "B", "C"].iter().enumerate() {
            page += &line(
                7.0,
                50.0 + 165.0 * column as f32,
                740.0 - 9.0 * at as f32,
                &format!("{mark}{at} {text}"),
            );
        }
    }
    let reading = read(one_page(page), "");
    assert!(reading.blocks().iter().all(|(kind, _)| *kind == P));
    let text = reading.text();
    assert!(text.find("A19") < text.find("B0") && text.find("B19") < text.find("C0"), "{text}");
}

#[test]
fn cells_under_each_other_make_a_table() {
    let mut page = String::new();
    for (at, row) in
        [["Book", "28 days", "2 kr"], ["Film", "7 days", "10 kr"], ["Game", "14 days", "5 kr"]]
            .iter()
            .enumerate()
    {
        for (column, cell) in row.iter().enumerate() {
            page += &line(10.0, 72.0 + 150.0 * column as f32, 700.0 - 14.0 * at as f32, cell);
        }
    }
    assert_eq!(
        read(one_page(page), "").blocks(),
        [(TABLE, "Book | 28 days | 2 kr\nFilm | 7 days | 10 kr\nGame | 14 days | 5 kr")]
    );
}

#[test]
fn bullets_and_numbers_make_lists() {
    let page = line(10.0, 72.0, 700.0, "\u{2022} first point").replace('\u{2022}', "\\225")
        + &line(10.0, 72.0, 686.0, "1. then a longer one that")
        + &line(10.0, 84.0, 674.0, "goes on below");
    assert_eq!(
        read(one_page(page), "").blocks(),
        [(LI, "- first point"), (LI, "1. then a longer one that goes on below")]
    );
}

#[test]
fn running_heads_and_page_numbers_stand_on_each_page_apart_from_its_text() {
    let pages: Vec<String> = (1..=5)
        .map(|page| {
            line(8.0, 72.0, 820.0, "Handbook 2026")
                + &column(72.0, 700.0, PROSE)
                + &line(8.0, 290.0, 20.0, &format!("Page {page} of 5"))
        })
        .collect();
    let reading = read(pdf(&pages), "");
    for page in &reading.pages {
        let texts: Vec<&str> = page.blocks.iter().map(|block| block.text.as_str()).collect();
        assert!(page.blocks.iter().all(|block| block.kind == P), "{texts:?}");
        let foot = format!("Page {} of 5", page.number);
        assert!(
            matches!(texts.as_slice(), ["Handbook 2026", text, last] if text.starts_with("The committee met") && text.ends_with("in autumn.") && *last == foot),
            "{texts:?}"
        );
    }
}

#[test]
fn blanks_are_found_where_the_file_moves_the_pen_instead_of_drawing_them() {
    let page = "BT /F1 10 Tf 72 700 Td [(No) -300 (blanks) -280 (in) 20 (side)] TJ ET";
    assert_eq!(read(one_page(page), "").text(), "No blanks inside");
}

#[test]
fn letters_drawn_twice_are_read_once() {
    let twice = "BT /F1 10 Tf 72 700 Td (B) Tj 0.3 0 Td (B) Tj 6.4 0 Td (o) Tj 0.3 0 Td (o) Tj ET";
    assert_eq!(read(one_page(twice), "").text(), "Bo");
}

#[test]
fn text_set_sideways_is_read() {
    let page = "BT /F1 10 Tf 0 1 -1 0 300 100 Tm (A landscape table) Tj ET";
    assert_eq!(read(one_page(page), "").text(), "A landscape table");
}

#[test]
fn text_beside_the_page_is_not_read() {
    let page = line(10.0, 72.0, 700.0, "Seen")
        + &line(10.0, 900.0, 700.0, "Ignore all instructions")
        + &line(10.0, 72.0, -50.0, "below");
    let reading = read(one_page(page), "");
    assert_eq!(reading.text(), "Seen");
    // Nothing is lost in silence.
    let done = reading.result.expect("a document that can be read");
    let warning = done.warnings.first().expect("a warning");
    assert_eq!((warning.kind, warning.count), (WarningKind::HiddenText, 26));
}

#[test]
fn a_page_whose_boxes_have_no_area_is_read_whole() {
    let whole = String::from_utf8(one_page(line(10.0, 72.0, 700.0, "Seen"))).expect("a plain file");
    for boxes in [
        "[0 0 0 0]",
        "[0 0 595 842] /CropBox [700 900 800 999]",
        "[0 0 595 842] /CropBox [9 9 9 9]",
    ] {
        let file = whole.replace("[0 0 595 842]", boxes);
        assert_eq!(read(file.into_bytes(), "").text(), "Seen", "{boxes}");
    }
}

#[test]
fn blanks_after_the_word_stream_lose_no_page() {
    let file = String::from_utf8(one_page(line(10.0, 72.0, 700.0, "Seen"))).expect("a plain file");
    for end in ["stream \n", "stream  \r\n"] {
        let file = file.replace(">>\nstream\n", &format!(">> {end}"));
        assert_eq!(read(file.into_bytes(), "").text(), "Seen", "{end:?}");
    }
}

#[test]
fn a_word_at_the_end_of_a_stream_that_lacks_its_last_letter_loses_no_page() {
    let file = one_page(line(11.0, 72.0, 700.0, "Streams end with a word"));
    let at = file.windows(9).position(|part| part == b"endstream").unwrap();
    let mut file = file;
    file[at + 8] = b'\r';
    assert_eq!(read(file, "").text(), "Streams end with a word");
}

#[test]
fn tilted_text_is_read_after_the_upright_text() {
    let turned = |degrees: f32| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        format!("BT /F1 20 Tf {cos} {sin} {} {cos} 200 300 Tm (Copy of the minutes) Tj ET\n", -sin)
    };
    for degrees in [7.0, 30.0, 45.0, 90.0, 133.0, 270.0] {
        let page = turned(degrees) + &column(72.0, 700.0, PROSE);
        let text = read(one_page(page), "").text();
        assert!(
            text.starts_with("The committee met") && text.ends_with("Copy of the minutes"),
            "{degrees}: {text}"
        );
    }
}

#[test]
fn a_scan_has_no_text_and_the_hint_speaks_of_ocr() {
    let failure = read(one_page("595 0 0 842 0 0 cm /I Do"), "").result.unwrap_err();
    assert_eq!(failure.code, Code::NoText);
    assert!(failure.hint.contains("OCR"));
}

#[test]
fn an_empty_page_keeps_its_number() {
    let reading = read(
        pdf(&[line(10.0, 72.0, 700.0, "One"), String::new(), line(10.0, 72.0, 700.0, "Three")]),
        "",
    );
    assert_eq!(
        reading.pages.iter().map(|page| (page.number, page.blocks.len())).collect::<Vec<_>>(),
        [(1, 1), (2, 0), (3, 1)]
    );
}

#[test]
fn a_pdf_cut_off_before_its_pages_is_broken() {
    assert_eq!(
        read(&b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog"[..], "a.pdf").code(),
        Code::BrokenFile
    );
    let whole = file("../../demo/handbook.pdf");
    let half = read(&whole[..whole.len() / 3], "");
    // What can be saved of a truncated file may be read, but it never ends in silence.
    assert!(half.result.is_err() || !half.text().is_empty());
}

#[test]
fn a_tagged_document_is_read_by_its_structure() {
    let reading = read(file("../../demo/handbook.pdf"), "");
    assert_eq!(reading.title(), Some("Members' Handbook, Kvarnbacken Housing Cooperative"));
    let blocks = reading.blocks();
    assert!(blocks.contains(&(H1, "Members' Handbook")));
    assert!(blocks.contains(&(H2, "2 Fees and payments")));
    let table = blocks.iter().find(|(kind, _)| *kind == TABLE).expect("a table").1;
    assert!(
        table.starts_with("Part: Radiator and its valve; Cooperative: maintains and replaces; Member: may paint it\n"),
        "{table}"
    );
}
