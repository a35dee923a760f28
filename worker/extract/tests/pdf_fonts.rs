//! Letters whose font says little of what they are: each is read, or counted as unknown.

use extract::WarningKind;

use crate::fixtures::read;
use crate::pdf_file::PdfFile;

/// A page of one Type 3 font, whose letter of each code is named `name(code)`.
fn type3(matrix: f32, size: f32, width: u32, name: impl Fn(u8) -> String, text: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    let letter = file.stream("", format!("{width} 0 0 0 {width} {width} d1 0 0 {width} {width} re f"));
    let names: String = (32..127).map(|code| format!("/{} ", name(code))).collect();
    let letters: String = (32..127).map(|code| format!("/{} {letter} 0 R ", name(code))).collect();
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [{matrix} 0 0 {matrix} 0 0] /CharProcs << {letters} >> /Encoding << /Differences [32 {names}] >> /FirstChar 32 /LastChar 126 /Widths [{}] >>",
        format!("{width} ").repeat(95)
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    file.draw(format!("BT /F1 {size} Tf 72 700 Td ({text}) Tj ET"));
    file.bytes()
}

#[test]
fn a_font_in_printer_dots_is_as_large_as_its_letters() {
    let file = type3(1.0, 0.24, 25, |code| format!("g{code}"), "Questions about your bill");
    assert_eq!(read(file, "").text(), "Questions about your bill");
}

#[test]
fn glyph_names_that_are_numbers_are_characters() {
    for prefix in ["a", "c", "C"] {
        let file = type3(0.001, 11.0, 500, |code| format!("{prefix}{code}"), "Ideology of the old");
        assert_eq!(read(file, "").text(), "Ideology of the old", "{prefix}");
    }
    let file = type3(0.001, 11.0, 500, |code| format!("G{code:02X}"), "Ideology of the old");
    assert_eq!(read(file, "").text(), "Ideology of the old");
}

#[test]
fn letters_of_unknown_meaning_are_counted_with_their_page() {
    let mut file = PdfFile::new();
    let letter = file.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << /mystery {letter} 0 R >> /Encoding << /Differences [65 /mystery] >> /FirstChar 65 /LastChar 65 /Widths [500] >>"
    ));
    file.page = format!("/Resources << /Font << /F1 3 0 R /F3 {font} 0 R >> >>");
    file.draw("BT /F1 10 Tf 72 700 Td (Known) Tj /F3 10 Tf (AAA) Tj ET");
    let done = read(file.bytes(), "").result.expect("a document that can be read");
    let warning = done.warnings.first().expect("a warning");
    assert_eq!((warning.kind, warning.count, warning.pages.as_slice()), (WarningKind::UnmappedLetters, 3, &[1][..]));
}

#[test]
fn characters_of_a_collection_need_no_map_of_their_own() {
    let mut file = PdfFile::new();
    let descriptor = file.object("<< /Type /FontDescriptor /FontName /Ryumin /Flags 4 >>");
    let descendant = file.object(format!(
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor {descriptor} 0 R >>"
    ));
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin /Encoding /90ms-RKSJ-H /DescendantFonts [{descendant} 0 R] >>"
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    // Shift_JIS of 会議室.
    file.draw("BT /F1 12 Tf 72 700 Td <89ef8b638eba> Tj ET");
    assert_eq!(read(file.bytes(), "").text(), "会議室");
}
