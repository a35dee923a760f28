//! The work for a page is bounded, whatever it draws.

use extract::WarningKind;

use crate::fixtures::{pdf, read};
use crate::pdf_file::PdfFile;

#[test]
fn forms_that_draw_forms_end_when_the_work_for_a_page_is_done() {
    let mut file = PdfFile::new();
    // Each draws the one before ten times: ten to the power of twelve letters.
    let mut form = file.stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>",
        "BT /F1 10 Tf 72 700 Td (x) Tj ET",
    );
    for _ in 0..12 {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X {form} 0 R >> >>"
        );
        form = file.stream(&entries, "/X Do ".repeat(10));
    }
    file.page = format!("/Resources << /Font << /F1 3 0 R >> /XObject << /X {form} 0 R >> >>");
    file.draw("BT /F1 10 Tf 72 750 Td (Before) Tj ET /X Do");
    let reading = read(file.bytes(), "");
    let done = reading.result.as_ref().expect("a document that can be read");
    assert!(reading.text().starts_with("Before"));
    assert!(
        done.warnings.iter().any(|warning| warning.kind == WarningKind::UnreadablePages),
        "{:?}",
        done.warnings
    );
}

#[test]
fn a_form_that_draws_itself_ends() {
    let mut file = PdfFile::new();
    let number = file.object("") + 1;
    let entries = format!(
        "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X {number} 0 R >> /Font << /F1 3 0 R >> >>"
    );
    let form = file.stream(&entries, "BT /F1 10 Tf 72 700 Td (Once) Tj ET /X Do");
    assert_eq!(form, number);
    file.page = format!("/Resources << /XObject << /X {form} 0 R >> >>");
    file.draw("/X Do");
    assert_eq!(read(file.bytes(), "").text(), "Once");
}

/// A page of this many lines of about 200 letters and blanks.
fn dense(lines: usize) -> Vec<u8> {
    let mut page = String::from("BT /F1 1 Tf 0.4 TL 10 830 Td\n");
    for line in 0..lines {
        page += &format!("({}{line}) Tj T*\n", "abcd efgh ".repeat(20));
    }
    page += "ET";
    pdf(&[page])
}

fn is_cut(file: Vec<u8>) -> bool {
    let done = read(file, "").result.expect("a document that can be read");
    done.warnings.iter().any(|warning| warning.kind == WarningKind::UnreadablePages)
}

#[test]
fn the_steps_of_a_page_grow_with_its_letters_only() {
    // The budget is a count of steps: were they more than ten to a letter, or grew with its square,
    // a page of 350 000 letters would be cut where one of 50 000 is not.
    for lines in [240, 960, 1700] {
        assert!(!is_cut(dense(lines)), "{lines}");
    }
}

#[test]
fn a_page_of_more_letters_than_are_laid_out_says_so() {
    assert!(is_cut(dense(2050)));
}

#[test]
fn a_page_of_two_hundred_thousand_letters_is_read_whole() {
    let mut page = String::from("BT /F1 1 Tf 0.9 TL 10 830 Td\n");
    for _ in 0..900 {
        page += &format!("({}) Tj T*\n", "abcd efgh ".repeat(23));
    }
    page += "ET";
    let reading = read(pdf(&[page]), "");
    assert_eq!(reading.text().matches("abcd").count(), 900 * 23);
}
