//! The type is told by content, whatever the file is called.

use extract::{Code, Format, detect};

use crate::fixtures::{archive, docx, file, line, pdf, pptx, read};

fn format(bytes: &[u8], filename: &str) -> Format {
    detect(bytes, filename, None).expect("a known kind")
}

#[test]
fn an_empty_file_is_told_as_such() {
    assert_eq!(read(Vec::new(), "report.pdf").code(), Code::EmptyFile);
}

#[test]
fn a_pdf_is_a_pdf_under_any_name() {
    let pdf = pdf(&["".to_owned()]);
    assert_eq!(format(&pdf, "notes.txt"), Format::Pdf);
    let mut with_rubbish_before = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    with_rubbish_before.extend_from_slice(&pdf);
    assert_eq!(format(&with_rubbish_before, "x"), Format::Pdf);
}

#[test]
fn office_documents_are_told_apart_by_what_is_in_the_archive() {
    assert_eq!(format(&docx("", &[]), "slides.pptx"), Format::Docx);
    assert_eq!(format(&pptx(&[]), "text.docx"), Format::Pptx);
}

#[test]
fn an_image_called_pdf_is_refused_by_name() {
    let failure =
        detect(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "scan.pdf", Some("application/pdf")).unwrap_err();
    assert_eq!(failure.code, Code::UnsupportedType);
    assert!(failure.detail.contains("a PNG image"), "{failure}");
    assert!(failure.hint.contains("PDF"), "{failure}");
}

#[test]
fn kinds_that_are_not_read_get_a_hint_that_helps() {
    let sheet = archive(&[("[Content_Types].xml", b"...spreadsheetml.sheet.main+xml...")]);
    assert!(read(sheet, "a.xlsx").result.unwrap_err().hint.contains("CSV"));
    let old_word = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";
    assert!(read(&old_word[..], "a.doc").result.unwrap_err().hint.contains("DOCX"));
    assert_eq!(read(archive(&[("a.txt", b"text")]), "a.zip").code(), Code::UnsupportedType);
    assert_eq!(read(&b"\x7fELF\x02\x01\x01\0\0\0\0\0"[..], "a.txt").code(), Code::UnsupportedType);
    assert_eq!(read(&b"{\\rtf1\\ansi Hello}"[..], "a.rtf").code(), Code::UnsupportedType);
}

#[test]
fn an_office_document_with_a_password_is_encrypted_not_unknown() {
    let mut locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(locked, "a.docx").code(), Code::Encrypted);
}

#[test]
fn names_choose_only_among_kinds_of_text() {
    assert_eq!(format(b"a,b\n1,2\n", "x.csv"), Format::Csv);
    assert_eq!(format(b"a,b\n1,2\n", "x.txt"), Format::Text);
    assert_eq!(format(b"plain words", "x.md"), Format::Markdown);
    assert_eq!(format(b"# A title\n\nText\n\n## A part\n", "x"), Format::Markdown);
    assert_eq!(format(b"#!/bin/sh\n# a comment\necho\n", "x"), Format::Text);
    assert_eq!(format(b"<!-- a remark --><!DOCTYPE HTML><p>x", "x.txt"), Format::Html);
    assert_eq!(format(b"BMW makes cars", "x"), Format::Text);
    assert_eq!(detect(b"a;b\n", "", Some("text/csv; charset=utf-8")).unwrap(), Format::Csv);
}

#[test]
fn text_without_utf8_is_read_in_the_encoding_it_has() {
    for bytes in [
        "Städerna i söder är små och många.".as_bytes().to_vec(),
        b"St\xe4derna i s\xf6der \xe4r sm\xe5 och m\xe5nga.".to_vec(),
        [
            b"\xff\xfe".to_vec(),
            "Städerna i söder är små och många."
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ]
        .concat(),
        "Städerna i söder är små och många.".encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ] {
        assert_eq!(read(bytes, "x.txt").text(), "Städerna i söder är små och många.");
    }
}

#[test]
fn random_bytes_are_no_text() {
    let noise: Vec<u8> =
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(read(noise, "x.txt").code(), Code::UnsupportedType);
}

#[test]
fn a_pdf_that_encrypts_its_attachments_only_is_read() {
    let word = "00".repeat(32);
    let encrypt = format!(
        "/ID [<00> <00>] /Encrypt << /Filter /Standard /V 4 /R 4 /Length 128 /P -1028 /O <{word}> /U <{word}> \
         /EncryptMetadata false /CF << /StdCF << /CFM /AESV2 /Length 16 /AuthEvent /EFOpen >> >> /EFF /StdCF FILTERS >>"
    );
    let file = |filters: &str| {
        let plain = String::from_utf8(pdf(&[line(12.0, 72.0, 700.0, "Fees of the office")]))
            .expect("ASCII");
        let trailer = format!("/Root 1 0 R {}", encrypt.replace("FILTERS", filters));
        plain.replace("/Root 1 0 R", &trailer).into_bytes()
    };
    assert_eq!(read(file("/StmF /Identity /StrF /Identity"), "a.pdf").text(), "Fees of the office");
    assert_eq!(read(file("/StmF /StdCF /StrF /Identity"), "a.pdf").code(), Code::Encrypted);
}

#[test]
fn a_password_protected_pdf_is_encrypted_and_one_that_is_only_restricted_is_read() {
    assert_eq!(read(file("tests/files/encrypted.pdf"), "a.pdf").code(), Code::Encrypted);
    assert!(
        read(file("tests/files/owner-only.pdf"), "a.pdf")
            .text()
            .contains("Everybody may read this")
    );
}
