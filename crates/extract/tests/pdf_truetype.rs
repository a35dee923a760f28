//! Symbolic TrueType fonts without a map: their own tables of characters say what their codes are.

use crate::fixtures::read;
use crate::pdf_file::PdfFile;

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A table of one character, which is glyph 1: format 4 of the platform Windows, format 6 of the
/// Macintosh.
fn characters((platform, encoding, code): (u16, u16, u16)) -> (u16, u16, Vec<u8>) {
    let table = match platform {
        3 => words(&[
            4,
            32,
            0,
            4,
            4,
            1,
            0,
            code,
            0xffff,
            0,
            code,
            0xffff,
            1_u16.wrapping_sub(code),
            1,
            0,
            0,
        ]),
        _ => words(&[6, 12, 0, code, 1, 1]),
    };
    (platform, encoding, table)
}

/// A font of one triangle, with these tables of characters.
fn font(tables: &[(u16, u16, u16)]) -> Vec<u8> {
    let mut cmap = words(&[0, tables.len() as u16]);
    let mut at = 4 + 8 * tables.len() as u32;
    let tables: Vec<_> = tables.iter().map(|table| characters(*table)).collect();
    for (platform, encoding, table) in &tables {
        cmap.extend(words(&[*platform, *encoding]));
        cmap.extend(at.to_be_bytes());
        at += table.len() as u32;
    }
    cmap.extend(tables.into_iter().flat_map(|(_, _, table)| table));
    let glyph = words(&[1, 0, 0, 500, 500, 2, 0]).into_iter().chain([1, 1, 1]);
    let mut glyph: Vec<u8> = glyph.chain(words(&[0, 500, 0, 0, 0, 500])).collect();
    glyph.resize(32, 0);
    let mut head = words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, 1000]);
    head.resize(54, 0);
    let mut hhea = words(&[1, 0, 800, 0xff38, 0, 500]);
    hhea.resize(34, 0);
    hhea.extend(words(&[2]));
    let mut maxp = words(&[1, 0, 2]);
    maxp.resize(32, 0);
    let parts: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", glyph),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", words(&[500, 0, 500, 0])),
        (b"loca", words(&[0, 0, 16])),
        (b"maxp", maxp),
    ];
    let mut file = words(&[1, 0, 7, 64, 2, 48]);
    let mut place = 12 + 16 * 7;
    for (name, part) in &parts {
        file.extend(*name);
        for number in [0, place, part.len() as u32] {
            file.extend(number.to_be_bytes());
        }
        place += part.len() as u32;
    }
    file.extend(parts.into_iter().flat_map(|(_, part)| part));
    file
}

/// What a page reads that shows `code` in a symbolic font with these tables.
fn shown(code: u8, tables: &[(u16, u16, u16)]) -> String {
    let mut file = PdfFile::new();
    let program = file.stream("", font(tables));
    let descriptor = file.object(format!(
        "<< /Type /FontDescriptor /FontName /Odd /Flags 4 /FontFile2 {program} 0 R >>"
    ));
    let font = file.object(format!(
        "<< /Type /Font /Subtype /TrueType /BaseFont /Odd /FontDescriptor {descriptor} 0 R /FirstChar 0 /LastChar 255 /Widths [{}] >>",
        "500 ".repeat(256)
    ));
    file.page = format!("/Resources << /Font << /F1 {font} 0 R >> >>");
    file.draw(format!("BT /F1 12 Tf 72 700 Td <{code:02x}> Tj ET"));
    read(file.bytes(), "").text()
}

#[test]
fn codes_in_the_private_area_are_read_as_windows_reads_them() {
    assert_eq!(shown(0x41, &[(3, 0, 0xf041)]), "A");
    assert_eq!(shown(0xe5, &[(3, 0, 0xf0e5)]), "å");
}

#[test]
fn a_table_of_unicode_says_more_than_the_code() {
    assert_eq!(shown(0x21, &[(1, 0, 0x21), (3, 1, 0x416)]), "Ж");
}

#[test]
fn a_macintosh_table_alone_leaves_the_code_as_it_is() {
    assert_eq!(shown(0x42, &[(1, 0, 0x42)]), "B");
}
