//! What kind of file an Office document is: templates, shows, macros, odd names of parts, old
//! containers.

use extract::Code;

use crate::fixtures::{archive, docx, read};
use crate::parts::paragraph;

#[test]
fn templates_shows_and_files_with_macros_are_read() {
    let office = |part: &str, content_type: &str, content: &str| {
        let types = format!(
            r#"<Types><Override PartName="/{part}" ContentType="application/{content_type}"/><Override PartName="/x/s.xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/></Types>"#
        );
        let relations = format!(
            r#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="{part}"/></Relationships>"#
        );
        archive(&[
            ("[Content_Types].xml", types.as_bytes()),
            ("_rels/.rels", relations.as_bytes()),
            (part, content.as_bytes()),
        ])
    };
    let text = format!("<w:document><w:body>{}</w:body></w:document>", paragraph("Text."));
    for kind in ["document", "template"] {
        let content_type =
            format!("vnd.openxmlformats-officedocument.wordprocessingml.{kind}.main+xml");
        assert_eq!(read(office("word/document.xml", &content_type, &text), "").text(), "Text.");
        let content_type = format!("vnd.ms-word.{kind}.macroEnabled.main+xml");
        assert_eq!(read(office("word/document2.xml", &content_type, &text), "").text(), "Text.");
    }
    for content_type in [
        "vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        "vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        "vnd.ms-powerpoint.template.macroEnabled.main+xml",
    ] {
        let bytes = office("ppt/presentation.xml", content_type, "<p:presentation/>");
        assert_eq!(extract::detect(&bytes, "", None), Ok(extract::Format::Pptx), "{content_type}");
    }
}

#[test]
fn names_of_parts_are_compared_as_office_compares_them() {
    let text = format!("<w:document><w:body>{}</w:body></w:document>", paragraph("Text."));
    let types = r#"<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let relations = r#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="/Word/Document.xml"/></Relationships>"#;
    for name in ["word\\document.xml", "WORD/document.XML", "/word/document.xml"] {
        let bytes = archive(&[
            ("[content_types].xml", types.as_bytes()),
            ("_rels\\.rels", relations.as_bytes()),
            (name, text.as_bytes()),
        ]);
        assert_eq!(read(bytes, "").text(), "Text.", "{name}");
    }
}

#[test]
fn old_containers_are_named_by_what_they_hold_and_advice_fits_the_kind() {
    let container = |stream: &str| {
        let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        read([b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), name].concat(), "x").result.unwrap_err()
    };
    for (stream, words, hint) in [
        ("__properties_version1.0", "Outlook", "EML"),
        ("WordDocument", ".doc", "DOCX"),
        ("PowerPoint Document", ".ppt", "PPTX"),
        ("Workbook", ".xls", "CSV"),
    ] {
        let failure = container(stream);
        assert!(
            failure.code == Code::UnsupportedType
                && failure.detail.contains(words)
                && failure.hint.contains(hint),
            "{failure}"
        );
    }
    for (empty, name) in [
        (docx("", &[]), "a.docx"),
        (b" \n".to_vec(), "a.txt"),
        (b"<html><body></body></html>".to_vec(), "a.html"),
        (b",\n,\n".to_vec(), "a.csv"),
    ] {
        let failure = read(empty, name).result.unwrap_err();
        assert!(failure.code == Code::NoText && !failure.hint.contains("OCR"), "{failure}");
    }
}

#[test]
fn texts_that_speak_of_other_kinds_stay_texts() {
    for text in [
        "A PDF begins with %PDF-1.7 and a comment.\n",
        "%PDF-1.4 is the first line of a PDF, says the manual; then come its objects, one after the other.\n",
        "RIFF is the mark of sound files.\n",
        "GIF89a files hold pictures that move.\n",
        "x = 1\n%PDF- stands in the log of the server\n",
        "OggS and ID3 are marks, too.\n",
    ] {
        assert_eq!(read(text, "x.txt").text(), text.trim(), "{text}");
    }
}
