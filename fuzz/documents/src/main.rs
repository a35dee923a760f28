//! Arbitrary bytes into the document parsers: what comes out must hold what the worker and the
//! citations rely on.
#![no_main]
#![expect(clippy::expect_used, reason = "a finding is a panic")]

use std::{
    io::{Cursor, Write},
    sync::LazyLock,
};

use extract::{ChunkOptions, Chunker, Event, Page, page_text, slice_chars};
use libfuzzer_sys::fuzz_target;

/// What is fuzzed: `./stack fuzz` runs this program once for each.
static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("TESSERA_FUZZ").expect("TESSERA_FUZZ: a target"));

fuzz_target!(|data: &[u8]| {
    match TARGET.as_str() {
        "pdf" => read(data.to_vec(), "x.pdf"),
        "html" => read(data.to_vec(), "x.html"),
        "markdown" => read(data.to_vec(), "x.md"),
        "text" => read(data.to_vec(), "x.txt"),
        "csv" => read(data.to_vec(), "x.csv"),
        // Damaged archives; and, as their checksums keep a fuzzer out, the members of whole ones.
        "archive" => read(data.to_vec(), "x"),
        "docx" => read(office(data, &DOCX), "x.docx"),
        "pptx" => read(office(data, &PPTX), "x.pptx"),
        other => panic!("there is no target {other:?}"),
    }
});

/// The members of an archive that are fuzzed, and those that make it one of its kind.
struct Office {
    members: [&'static str; 5],
    kind: &'static str,
}

static DOCX: Office = Office {
    members: [
        "word/document.xml",
        "word/styles.xml",
        "word/numbering.xml",
        "word/footnotes.xml",
        "word/_rels/document.xml.rels",
    ],
    kind: "wordprocessingml.document",
};

static PPTX: Office = Office {
    members: [
        "ppt/slides/slide1.xml",
        "ppt/notesSlides/notesSlide1.xml",
        "ppt/presentation.xml",
        "ppt/_rels/presentation.xml.rels",
        "ppt/slides/_rels/slide1.xml.rels",
    ],
    kind: "presentationml.presentation",
};

/// The fuzzer's bytes, cut at form feeds, as the members of an archive.
fn office(data: &[u8], office: &Office) -> Vec<u8> {
    let main = if office.kind.starts_with('w') { office.members[0] } else { office.members[2] };
    let types = format!(
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{}.main+xml"/></Types>"#,
        office.kind
    );
    let relations = format!(
        r#"<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="{main}"/></Relationships>"#
    );
    let fixed = [("[Content_Types].xml", types.as_bytes()), ("_rels/.rels", relations.as_bytes())];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in
        fixed.into_iter().chain(office.members.into_iter().zip(data.split(|byte| *byte == 0x0c)))
    {
        zip.start_file(name, options).expect("a member begins");
        zip.write_all(content).expect("a member is written");
    }
    zip.finish().expect("the archive ends").into_inner()
}

/// Ends of words: as short as tokens get.
fn words(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = text.match_indices(char::is_whitespace).map(|(at, _)| at).collect();
    ends.push(text.len());
    ends
}

fn read(bytes: Vec<u8>, name: &str) {
    let (mut last, mut pages) = (None, Vec::new());
    let result = extract::extract(bytes, name, None, &mut |event| match event {
        Event::Page(page) => pages.push(page),
        other => last = Some(other),
    });
    let expected = match &result {
        Ok(done) => Event::Done(done.clone()),
        Err(failure) => Event::Failed(failure.clone()),
    };
    assert_eq!(last, Some(expected), "the last event says what came of it");
    if let Err(failure) = &result {
        assert!(!failure.detail.is_empty() && failure.detail.len() < 2_000, "{failure:?}");
    }
    let mut chunker = Chunker::new(&words, ChunkOptions::default(), Some("A title"));
    let mut number = 0;
    for page in &pages {
        assert!(page.number > number, "pages come in order");
        number = page.number;
        check(page, &mut chunker);
    }
}

fn check(page: &Page, chunker: &mut Chunker<'_>) {
    for block in &page.blocks {
        assert!(!block.text.trim().is_empty(), "a block has text");
        assert!(!block.text.contains('\0'), "Postgres takes no zero byte");
    }
    let text = page_text(&page.blocks).text;
    let mut covered = 0;
    for chunk in chunker.page(page) {
        assert_eq!(
            slice_chars(&text, chunk.char_start, chunk.char_end),
            chunk.text,
            "a passage stands where it says"
        );
        assert!(
            slice_chars(&text, covered, chunk.char_start).trim().is_empty(),
            "nothing is left out"
        );
        assert!(chunk.char_end > covered, "passages go forward");
        covered = chunk.char_end;
    }
    assert!(
        slice_chars(&text, covered, usize::MAX).trim().is_empty(),
        "nothing is left out at the end"
    );
}
