//! Makes documents and reads them back.

use std::io::{Cursor, Write};

use extract::{Block, BlockKind, Code, Done, Event, Failure, Meta, Page, page_text};

/// All that an extraction said.
pub(crate) struct Reading {
    pub(crate) meta: Option<Meta>,
    pub(crate) pages: Vec<Page>,
    pub(crate) result: Result<Done, Failure>,
}

pub(crate) fn read(bytes: impl Into<Vec<u8>>, filename: &str) -> Reading {
    let (mut meta, mut pages) = (None, Vec::new());
    let result = extract::extract(bytes.into(), filename, None, &mut |event| match event {
        Event::Meta(said) => meta = Some(said),
        Event::Page(page) => pages.push(page),
        Event::Done(_) | Event::Failed(_) => {}
    });
    Reading { meta, pages, result }
}

impl Reading {
    pub(crate) fn blocks(&self) -> Vec<(BlockKind, &str)> {
        self.pages
            .iter()
            .flat_map(|page| &page.blocks)
            .map(|block| (block.kind, block.text.as_str()))
            .collect()
    }

    pub(crate) fn text(&self) -> String {
        self.pages.iter().map(|page| page_text(&page.blocks).text).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn title(&self) -> Option<&str> {
        self.meta.as_ref().and_then(|meta| meta.title.as_deref())
    }

    pub(crate) fn code(&self) -> Code {
        self.result.as_ref().expect_err("this document should have been refused").code
    }
}

pub(crate) fn page_of(blocks: Vec<Block>) -> Page {
    Page { number: 1, blocks }
}

pub(crate) fn block(kind: BlockKind, text: &str) -> Block {
    Block::new(kind, text).expect("a block with text")
}

pub(crate) const H1: BlockKind = BlockKind::Heading { level: 1 };
pub(crate) const H2: BlockKind = BlockKind::Heading { level: 2 };
pub(crate) const H3: BlockKind = BlockKind::Heading { level: 3 };
pub(crate) const P: BlockKind = BlockKind::Paragraph;
pub(crate) const LI: BlockKind = BlockKind::ListItem;
pub(crate) const TABLE: BlockKind = BlockKind::Table;
pub(crate) const CODE: BlockKind = BlockKind::Code;

/// A file of this project.
pub(crate) fn file(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path)
        .unwrap_or_else(|fault| panic!("expected the file {}: {fault}", path.display()))
}

/// A ZIP archive of these members.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(*name, options).expect("a member begins");
        zip.write_all(content).expect("a member is written");
    }
    zip.finish().expect("the archive ends").into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/MAIN" ContentType="application/vnd.openxmlformats-officedocument.KIND.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="MAIN"/></Relationships>"#;

/// A Word document with this body and these further members.
pub(crate) fn docx(body: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let types =
        TYPES.replace("MAIN", "word/document.xml").replace("KIND", "wordprocessingml.document");
    let relations = RELATIONS.replace("MAIN", "word/document.xml");
    let body = format!(
        r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    let mut members = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("word/document.xml", body.as_bytes()),
    ];
    members.extend_from_slice(more);
    archive(&members)
}

/// A presentation of these slides (the content of each slide's shape tree), with notes where given.
pub(crate) fn pptx(slides: &[(&str, Option<&str>)]) -> Vec<u8> {
    let names = r#"xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut members: Vec<(String, String)> = vec![
        (
            "[Content_Types].xml".into(),
            TYPES
                .replace("MAIN", "ppt/presentation.xml")
                .replace("KIND", "presentationml.presentation"),
        ),
        ("_rels/.rels".into(), RELATIONS.replace("MAIN", "ppt/presentation.xml")),
    ];
    let (mut ids, mut relations) = (String::new(), String::new());
    for (at, (shapes, notes)) in slides.iter().enumerate() {
        ids.push_str(&format!(r#"<p:sldId id="{}" r:id="s{at}"/>"#, 256 + at));
        relations.push_str(&format!(
            r#"<Relationship Id="s{at}" Type="{kind}/slide" Target="slides/slide{at}.xml"/>"#
        ));
        members.push((
            format!("ppt/slides/slide{at}.xml"),
            format!("<p:sld {names}>{shapes}</p:sld>"),
        ));
        if let Some(notes) = notes {
            let to_notes = format!(
                r#"<Relationships><Relationship Id="n" Type="{kind}/notesSlide" Target="../notesSlides/n{at}.xml"/></Relationships>"#
            );
            members.push((format!("ppt/slides/_rels/slide{at}.xml.rels"), to_notes));
            members.push((
                format!("ppt/notesSlides/n{at}.xml"),
                format!("<p:notes {names}>{notes}</p:notes>"),
            ));
        }
    }
    members.push((
        "ppt/presentation.xml".into(),
        format!("<p:presentation {names}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"),
    ));
    members.push((
        "ppt/_rels/presentation.xml.rels".into(),
        format!("<Relationships>{relations}</Relationships>"),
    ));
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    archive(&members)
}

/// A PDF whose pages draw what `pages` say in the language of content streams. Fonts: `/F1`
/// Helvetica, `/F2` Courier.
pub(crate) fn pdf(pages: &[String]) -> Vec<u8> {
    let mut objects =
        vec![String::new(), "<< /Type /Catalog /Pages 2 0 R >>".to_owned(), String::new()];
    objects.push(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    );
    objects.push(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    );
    objects.push("<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\nA\nendstream".to_owned());
    let mut kids = String::new();
    for content in pages {
        kids.push_str(&format!("{} 0 R ", objects.len()));
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /I 5 0 R >> >> >>",
            objects.len() + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    objects[2] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len());
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate().skip(1) {
        offsets.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let table = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len()).as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len())
            .as_bytes(),
    );
    out
}

/// Draws a line of text of a PDF page: font size, place from the lower left corner, text.
pub(crate) fn line(size: f32, x: f32, y: f32, text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n")
}
