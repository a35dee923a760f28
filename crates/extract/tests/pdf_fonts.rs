//! Letters whose font says little of what they are: each is read, or counted as unknown.

use extract::WarningKind;

use crate::fixtures::read;
use crate::pdf_file::PdfFile;

/// A page of one Type 3 font, whose letter of each code is named `name(code)`.
fn type3(matrix: f32, size: f32, width: u32, name: impl Fn(u8) -> String, text: &str) -> Vec<u8> {
    type3_page(matrix, width, name, &format!("BT /F1 {size} Tf 72 700 Td ({text}) Tj ET"))
}

/// A page that has this Type 3 font as `/F1`, and Helvetica as `/F2`.
fn type3_page(matrix: f32, width: u32, name: impl Fn(u8) -> String, content: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    let letter =
        file.stream("", format!("{width} 0 0 0 {width} {width} d1 0 0 {width} {width} re f"));
    let names: String = (32..127).map(|code| format!("/{} ", name(code))).collect();
    let letters: String = (32..127).map(|code| format!("/{} {letter} 0 R ", name(code))).collect();
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [{matrix} 0 0 {matrix} 0 0] /CharProcs << {letters} >> /Encoding << /Differences [32 {names}] >> /FirstChar 32 /LastChar 126 /Widths [{}] >>",
        format!("{width} ").repeat(95)
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R /F2 3 0 R >> >>");
    file.draw(content);
    file.bytes()
}

#[test]
fn a_font_in_printer_dots_is_as_large_as_its_letters() {
    let file = type3(1.0, 0.24, 25, |code| format!("g{code}"), "Questions about your bill");
    assert_eq!(read(file, "").text(), "Questions about your bill");
}

#[test]
fn a_gap_beside_a_font_that_seems_much_larger_is_a_blank() {
    // Signs as wide as they are high look like letters of twice that height; the figure's font
    // measures the gap.
    let page = "BT /F2 10 Tf 72 700 Td (5) Tj ET BT /F1 10 Tf 79.4 700 Td (ab) Tj ET";
    let file = type3_page(0.012, 84, |code| format!("a{code}"), page);
    assert_eq!(read(file, "").text(), "5 ab");
}

#[test]
fn glyph_names_that_are_numbers_are_characters() {
    for prefix in ["a", "c", "C"] {
        let file = type3(0.001, 11.0, 500, |code| format!("{prefix}{code}"), "Ideology of the old");
        assert_eq!(read(file, "").text(), "Ideology of the old", "{prefix}");
    }
    let file = type3(0.001, 11.0, 500, |code| code.to_string(), "Ideology of the old");
    assert_eq!(read(file, "").text(), "Ideology of the old");
    // Numbers from nought on count the drawings.
    let file = type3(0.001, 11.0, 500, |code| (code - 32).to_string(), "Ideology of the old");
    assert_ne!(read(file, "").text(), "Ideology of the old");
    let file = type3(0.001, 11.0, 500, |code| format!("G{code:02X}"), "Ideology of the old");
    assert_eq!(read(file, "").text(), "Ideology of the old");
}

#[test]
fn numbered_glyphs_of_newer_tex_are_read_by_its_encoding() {
    let mut file = PdfFile::new();
    let letter = file.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
    let codes = [16, 17, 28, 65, 101, 116, 225];
    let names: String = codes.iter().map(|code| format!("{code} /a{code} ")).collect();
    let letters: String = codes.iter().map(|code| format!("/a{code} {letter} 0 R ")).collect();
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << {letters} >> /Encoding << /Differences [{names}] >> /FirstChar 0 /LastChar 255 /Widths [{}] >>",
        "500 ".repeat(256)
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    file.draw("BT /F1 11 Tf 72 700 Td (\\020A\\034t\\341\\021) Tj ET");
    assert_eq!(read(file.bytes(), "").text(), "“Afitá”");
}

#[test]
fn glyph_names_that_are_the_codes_in_other_ways_are_characters() {
    let text = "Section 2 of 16, see [No. 7]";
    // The byte itself, written as the number that names may hold.
    let file = type3(0.001, 11.0, 500, |code| format!("#{code:02X}"), text);
    assert_eq!(read(file, "").text(), text);
    // A letter that counts 36s, and a digit to that base.
    let thirty_six = |code: u8| {
        let digit = char::from_digit(u32::from(code % 36), 36).unwrap().to_ascii_uppercase();
        format!("{}{digit}", char::from(b'A' + code / 36))
    };
    assert_eq!(read(type3(0.001, 11.0, 500, thirty_six, text), "").text(), text);
}

#[test]
fn drawings_that_are_numbered_in_the_order_of_their_use_are_counted() {
    let font = |count: usize| {
        let mut file = PdfFile::new();
        let letter = file.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
        let names: String = (0..count).map(|code| format!("/a{code} ")).collect();
        let letters: String = (0..count).map(|code| format!("/a{code} {letter} 0 R ")).collect();
        let font = file.object(format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << {letters} >> /Encoding << /Differences [0 {names}] >> /FirstChar 0 /LastChar 255 /Widths [{}] >>",
            "500 ".repeat(256)
        ));
        file.page = format!("/Resources << /Font << /F1 {font} 0 R /F2 4 0 R >> >>");
        file.draw("BT /F2 11 Tf 72 730 Td (Seen) Tj /F1 11 Tf 0 -30 Td (Waskpn) Tj ET");
        read(file.bytes(), "").text()
    };
    assert_eq!(font(120), "Seen");
    // The whole font is numbered by its codes.
    assert!(font(128).contains("Waskpn") && font(256).contains("Waskpn"));
}

#[test]
fn signs_of_a_font_that_names_its_codes_are_counted_and_not_guessed() {
    // The minus of such fonts is at nought; their small letters are bars and brackets.
    for (codes, text) in [
        (&[(0, "A0"), (98, "CQ"), (106, "CY")][..], "j\\000b"),
        (&[(102, "CU"), (103, "CV")], "fg"),
    ] {
        let mut file = PdfFile::new();
        let letter = file.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
        let names: String = codes.iter().map(|(code, name)| format!("{code} /{name} ")).collect();
        let letters: String =
            codes.iter().map(|(_, name)| format!("/{name} {letter} 0 R ")).collect();
        let font = file.object(format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << {letters} >> /Encoding << /Differences [{names}] >> /FirstChar 0 /LastChar 255 /Widths [{}] >>",
            "500 ".repeat(256)
        ));
        file.page = format!("/Resources << /Font << /F1 {font} 0 R /F2 4 0 R >> >>");
        file.draw(format!("BT /F2 11 Tf 72 730 Td (Sets) Tj /F1 11 Tf 0 -30 Td ({text}) Tj ET"));
        let reading = read(file.bytes(), "");
        assert_eq!(reading.text(), "Sets");
        assert_eq!(reading.result.unwrap().warnings[0].kind, WarningKind::UnmappedLetters);
    }
}

#[test]
fn unnamed_drawings_whose_codes_are_scattered_letters_are_these_letters() {
    let font = |codes: &[u8]| {
        let mut file = PdfFile::new();
        let letter = file.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
        // Names in the order of the codes, as some programs give them: B0, B1 and so on, of which
        // none is a number.
        let name = |at: usize| format!("Q{}", char::from(b'A' + at as u8));
        let names: String =
            codes.iter().enumerate().map(|(at, code)| format!("{code} /{} ", name(at))).collect();
        let letters: String =
            (0..codes.len()).map(|at| format!("/{} {letter} 0 R ", name(at))).collect();
        let font = file.object(format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << {letters} >> /Encoding << /BaseEncoding /WinAnsiEncoding /Differences [{names}] >> /FirstChar 0 /LastChar 255 /Widths [{}] >>",
            "500 ".repeat(256)
        ));
        file.page = format!("/Resources << /Font << /F1 {font} 0 R /F2 4 0 R >> >>");
        let text: String = codes.iter().map(|code| char::from(*code)).collect();
        file.draw(format!("BT /F2 11 Tf 72 730 Td (Over it) Tj /F1 11 Tf 0 -30 Td ({text}) Tj ET"));
        read(file.bytes(), "").text()
    };
    assert!(font(b"acehimt").contains("acehimt"));
    // Codes in a row were given as the letters came.
    assert!(!font(b"abcdefg").contains("abcdefg"));
}

#[test]
fn a_map_that_is_the_identity_says_that_codes_are_characters() {
    let mut file = PdfFile::new();
    let descriptor = file.object("<< /Type /FontDescriptor /FontName /Arial /Flags 32 >>");
    let descendant = file.object(format!(
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Arial /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} 0 R >>"
    ));
    let font = file.object(format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Arial /Encoding /Identity-H /ToUnicode /Identity-H /DescendantFonts [{descendant} 0 R] >>"
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    file.draw("BT /F1 12 Tf 72 700 Td <00410072006900e5> Tj ET");
    assert_eq!(read(file.bytes(), "").text(), "Ariå");
}

#[test]
fn narrow_gaps_between_drawings_in_thousandths_are_blanks() {
    // Its box is higher than its letters; gaps are measured by the size all the same.
    let file = type3(
        0.001,
        10.0,
        500,
        |code| format!("a{code}"),
        "12) Tj 11.3 0 Td (13) Tj 11.3 0 Td (14",
    );
    let file =
        String::from_utf8(file).expect("a plain file").replace("[0 0 0 0]", "[0 -300 900 1100]");
    assert_eq!(read(file.into_bytes(), "").text(), "12 13 14");
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
    assert_eq!(
        (warning.kind, warning.count, warning.pages.as_slice()),
        (WarningKind::UnmappedLetters, 3, &[1][..])
    );
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
