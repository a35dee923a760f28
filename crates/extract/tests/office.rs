//! Word and PowerPoint documents.

use extract::Code;

use crate::fixtures::{H1, H2, LI, P, TABLE, archive, docx, pptx, read};

fn paragraph(style: &str, text: &str) -> String {
    format!(
        r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>"#
    )
}

const STYLES: &[u8] = br#"<w:styles xmlns:w="w"><w:style w:styleId="Rubrik1"><w:name w:val="heading 1"/></w:style>
    <w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="Rubrik2"/></w:style>
    <w:style w:styleId="Rubrik2"><w:name w:val="heading 2"/><w:basedOn w:val="Mine"/></w:style></w:styles>"#;
const NUMBERING: &[u8] = br#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl>
    <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>"#;
const PARTS: &[u8] = br#"<Relationships><Relationship Id="a" Type="x/styles" Target="styles.xml"/><Relationship Id="b" Type="x/numbering" Target="/word/numbering.xml"/>
    <Relationship Id="c" Type="x/attachedTemplate" Target="http://169.254.169.254/template.dotx" TargetMode="External"/></Relationships>"#;

fn word(body: &str) -> Vec<u8> {
    docx(
        body,
        &[
            ("word/styles.xml", STYLES),
            ("word/numbering.xml", NUMBERING),
            ("word/_rels/document.xml.rels", PARTS),
        ],
    )
}

#[test]
fn headings_are_known_by_their_style_in_any_language() {
    let body = paragraph("Rubrik1", "Rules")
        + &paragraph("Mine", "Fees")
        + &paragraph("Normal", "Ten &amp; five &#8364;.");
    let reading = read(word(&body), "");
    assert_eq!(reading.blocks(), [(H1, "Rules"), (H2, "Fees"), (P, "Ten & five €.")]);
    assert_eq!(reading.title(), Some("Rules"));
}

#[test]
fn numbered_lists_count_as_word_shows_them() {
    let item = |level: u8, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let body =
        item(0, "one") + &item(1, "inner") + &item(1, "next") + &item(0, "two") + &item(1, "again");
    assert_eq!(
        read(word(&body), "").blocks(),
        [(LI, "3. one"), (LI, "  a) inner"), (LI, "  b) next"), (LI, "4. two"), (LI, "  a) again")]
    );
}

#[test]
fn a_table_with_a_header_row_gives_rows_that_stand_alone() {
    let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    let row = |a: &str, b: &str| format!("<w:tr>{}{}</w:tr>", cell(a), cell(b));
    let look = r#"<w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>"#;
    let body = format!("<w:tbl>{look}{}{}</w:tbl>", row("Item", "Fee"), row("Tag", "150"));
    assert_eq!(read(word(&body), "").blocks(), [(TABLE, "Item: Tag; Fee: 150")]);
}

#[test]
fn deleted_text_and_fallbacks_are_left_out() {
    let body = "<w:p><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>\
        <mc:AlternateContent><mc:Choice><w:r><w:t> once</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t> twice</w:t></w:r></mc:Fallback></mc:AlternateContent>\
        <w:r><w:instrText>PAGE</w:instrText><w:tab/><w:t>end</w:t></w:r></w:p>";
    assert_eq!(read(word(body), "").text(), "Kept once end");
}

#[test]
fn an_external_relationship_is_never_followed() {
    let relations = r#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="http://127.0.0.1/document.xml" TargetMode="External"/></Relationships>"#;
    let bytes = archive(&[
        ("[Content_Types].xml", b"wordprocessingml.document.main+xml"),
        ("_rels/.rels", relations.as_bytes()),
    ]);
    assert_eq!(read(bytes, "").code(), Code::BrokenFile);
    assert!(read(word(&paragraph("x", "Text beside an external template.")), "").result.is_ok());
}

#[test]
fn entities_that_a_document_defines_are_not_expanded() {
    let bytes = archive(&[
        ("[Content_Types].xml", b"wordprocessingml.document.main+xml"),
        ("_rels/.rels", br#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="d.xml"/></Relationships>"#),
        ("d.xml", br#"<!DOCTYPE d [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]><w:document><w:p><w:t>x&b;y</w:t></w:p></w:document>"#),
    ]);
    assert_eq!(read(bytes, "").text(), "xy");
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_a_bomb() {
    let blanks = vec![b' '; 40 * 1024 * 1024];
    assert_eq!(
        read(docx("", &[("word/_rels/document.xml.rels", &blanks)]), "").code(),
        Code::ZipBomb
    );
}

#[test]
fn a_member_whose_name_climbs_out_of_the_archive_is_no_path() {
    let more: [(&str, &[u8]); 3] = [
        ("../../../../tmp/climbed", b"out"),
        ("/tmp/climbed", b"out"),
        ("word\\..\\..\\climbed", b"out"),
    ];
    assert_eq!(
        read(docx(&paragraph("x", "Text of the document."), &more), "").text(),
        "Text of the document."
    );
    let relations = r#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="../../../../etc/passwd"/></Relationships>"#;
    let bytes = archive(&[
        ("[Content_Types].xml", b"wordprocessingml.document.main+xml"),
        ("_rels/.rels", relations.as_bytes()),
    ]);
    assert_eq!(read(bytes, "").code(), Code::BrokenFile);
}

#[test]
fn a_word_document_without_its_main_part_or_cut_in_half_is_broken() {
    let whole = word(&paragraph("x", "Text"));
    assert_eq!(read(&whole[..whole.len() / 2], "").code(), Code::BrokenFile);
    assert_eq!(read(word("<w:p><w:r><w:t>unclosed"), "").text(), "");
    assert_eq!(read(word(""), "").code(), Code::NoText);
}

#[test]
fn a_slide_is_a_page_with_its_title_first_and_its_notes_last() {
    let shape = |role: &str, paragraphs: &str| {
        format!(r#"<p:sp><p:nvPr>{role}</p:nvPr><p:txBody>{paragraphs}</p:txBody></p:sp>"#)
    };
    let words = |properties: &str, text: &str| {
        format!("<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>")
    };
    let body = shape(
        r#"<p:ph idx="1"/>"#,
        &(words("", "First point") + &words(r#"<a:pPr lvl="1"/>"#, "Detail")),
    );
    let slide = body
        + &shape(r#"<p:ph type="title"/>"#, &words("", "The plan"))
        + &shape(r#"<p:ph type="sldNum"/>"#, &words("", "1"));
    let table = r#"<p:graphicFrame><a:tbl><a:tblPr firstRow="1"/><a:tr><a:tc><a:p><a:r><a:t>A</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>B</a:t></a:r></a:p></a:tc></a:tr>
        <a:tr><a:tc><a:p><a:r><a:t>1</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>2</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:graphicFrame>"#;
    let notes = shape(r#"<p:ph type="body"/>"#, &words("", "Say hello."));
    let reading = read(pptx(&[(&slide, Some(&notes)), ("", None), (table, None)]), "");
    assert_eq!(
        reading.blocks(),
        [
            (H1, "The plan"),
            (LI, "- First point"),
            (LI, "  - Detail"),
            (P, "Notes: Say hello."),
            (TABLE, "A: 1; B: 2")
        ]
    );
    let meta = reading.meta.unwrap();
    assert_eq!(
        (meta.title.as_deref(), meta.page_count, meta.paged),
        (Some("The plan"), Some(3), true)
    );
    assert_eq!(reading.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2, 3]);
}
