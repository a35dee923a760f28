//! Damaged documents end in a failure or in text, never in a panic; limits hold.

use extract::{Code, Event};
use proptest::prelude::*;

use crate::fixtures::{archive, docx, file, line, pdf, pptx, read};

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    vec![
        ("a.pdf", pdf(&[line(12.0, 72.0, 700.0, "Some text"), line(9.0, 72.0, 100.0, "and more")])),
        ("b.pdf", file("tests/files/encrypted.pdf")),
        ("c.pdf", file("tests/files/owner-only.pdf")),
        ("d.pdf", file("../../demo/handbook.pdf")),
        ("e.docx", docx(table, &[])),
        ("f.docx", file("../../demo/annual-meeting-2025.docx")),
        ("g.pptx", pptx(&[("<p:sp><a:p><a:t>x</a:t></a:p></p:sp>", None)])),
        ("h.html", file("../../demo/energy.html")),
        ("i.md", file("../../demo/common-rooms.md")),
        ("j.csv", file("../../demo/maintenance-plan.csv")),
    ]
}

/// One change to a file's bytes.
#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    use prop::sample::Index;
    prop_oneof![
        8 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
        2 => (any::<Index>(), "(<<|>>|\\[|99999999999|-1|<a>|</|\"|,|;|\n|BT|Tf|0 0 R|&#x0;){1,4}").prop_map(|(at, text)| Change::Insert(at, text.into_bytes())),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    match change {
        Change::Flip(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Change::Repeat(from, to) => {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let part = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(from..from, part);
        }
        Change::Insert(at, text) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, text.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_document_is_read_or_refused_and_the_last_event_says_which(
        which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..12),
    ) {
        let samples = samples();
        let (name, mut bytes) = samples[which.index(samples.len())].clone();
        for change in &changes {
            apply(&mut bytes, change);
        }
        let mut last = None;
        let result = extract::extract(bytes, name, None, &mut |event| last = Some(event));
        match result {
            Ok(done) => prop_assert_eq!(last, Some(Event::Done(done))),
            Err(failure) => prop_assert_eq!(last, Some(Event::Failed(failure))),
        }
    }

    #[test]
    fn any_bytes_and_any_name_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600), name in "\\PC{0,20}") {
        let _ = read(bytes, &name);
    }

    #[test]
    fn any_order_of_tags_is_a_page(
        page in "(</?(table|tr|td|caption|p|b|a|i|template|form|select|option|frameset|svg|math|li|ol|h1|body|html|head|pre|br)>|text | ){0,80}",
    ) {
        let reading = read(format!("<html>{page}"), "");
        prop_assert!(reading.result.is_ok() || reading.code() == Code::NoText);
    }

    #[test]
    fn any_text_as_any_markup_is_answered(text in "\\PC{0,400}", name in "x\\.(html|md|csv|txt)") {
        let _ = read(text, &name);
    }
}

#[test]
fn a_pdf_of_too_many_pages_is_refused_before_they_are_read() {
    let mut pages = pdf(&[String::new()]);
    let text = String::from_utf8(pages.clone()).unwrap();
    let kid =
        text.split("/Kids [").nth(1).and_then(|rest| rest.split(" R").next()).unwrap().to_owned();
    // 20,001 direct page dictionaries in one tree.
    let kids = "<< /Type /Page /MediaBox [0 0 9 9] >> ".repeat(20_001);
    pages = text.replace(&format!("/Kids [{kid} R ]"), &format!("/Kids [{kids}]")).into_bytes();
    assert_eq!(read(pages, "").code(), Code::TooManyPages);
}

#[test]
fn a_text_beyond_the_limit_is_refused_and_not_kept_in_memory() {
    let mut sent = 0;
    let bytes = "word ".repeat(14 * 1024 * 1024).into_bytes();
    let result = extract::extract(bytes, "x.txt", None, &mut |event| {
        sent += usize::from(matches!(event, Event::Page(_)))
    });
    assert_eq!(result.unwrap_err().code, Code::TooMuchText);
    assert!(sent > 1000);
}

#[test]
fn a_page_of_a_thousand_scattered_numbers_is_laid_out_in_bounded_work() {
    let mut page = String::new();
    for row in 0..90 {
        for column in 0..24 {
            page += &line(5.0, 20.0 + 23.0 * column as f32, 820.0 - 9.0 * row as f32, "a b c 1 2");
        }
    }
    let reading = read(pdf(&[page]), "");
    assert_eq!(reading.text().matches("a b c 1 2").count(), 90 * 24);
}

#[test]
fn a_page_of_nothing_but_headings_is_divided_in_linear_work() {
    let heading =
        extract::Block::new(extract::BlockKind::Heading { level: 2 }, "A heading like all others")
            .unwrap();
    let page = extract::Page { number: 1, blocks: vec![heading; 40_000] };
    let words = |text: &str| {
        text.match_indices(' ').map(|(at, _)| at).chain([text.len()]).collect::<Vec<_>>()
    };
    let chunks = extract::Chunker::new(&words, extract::ChunkOptions::default(), None).page(&page);
    assert!(chunks.len() > 300);
}

#[test]
fn a_failure_repeats_neither_text_of_the_document_nor_long_names_of_its_parts() {
    let text = "the-wages-of-anna ".repeat(500);
    let failure =
        |bytes: Vec<u8>| extract::extract(bytes, "a.docx", None, &mut |_: Event| {}).unwrap_err();
    for body in
        [format!("<w:p></w:p></w:body></w:document></{text}>"), format!("<w:p/><!-- {text}")]
    {
        let broken = failure(docx(&body, &[]));
        assert!(
            broken.code == Code::BrokenFile && !broken.detail.contains("wages"),
            "{}",
            broken.detail
        );
        assert!(broken.detail.len() < 300, "{}", broken.detail);
    }
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    let types = format!(r#"<Types><Override PartName="/{text}" ContentType="{kind}"/></Types>"#);
    let target =
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    let relations = format!(
        r#"<Relationships><Relationship Id="r" Type="{target}" Target="{text}"/></Relationships>"#
    );
    let missing = failure(archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
    ]));
    assert!(missing.code == Code::BrokenFile && missing.detail.len() < 300, "{}", missing.detail);
}
