//! What the readers leave out, at a limit or because they cannot read it, ends in a warning: it is
//! counted, with its page.

use std::fmt::Write as _;

use extract::WarningKind;

use crate::fixtures::{Reading, TABLE, read};
use crate::parts::{paragraph, word};
use crate::pdf_file::{PdfFile, put};
use crate::pdf_forms::annotated;
use crate::pdf_pages::tagged;

/// A document that holds more than is read, what is warned of, how often, and on which pages.
struct Case {
    name: &'static str,
    reading: Reading,
    kind: WarningKind,
    count: u64,
    pages: &'static [u32],
}

fn case(
    name: &'static str,
    reading: Reading,
    kind: WarningKind,
    count: u64,
    pages: &'static [u32],
) -> Case {
    Case { name, reading, kind, count, pages }
}

fn pdf(file: Vec<u8>) -> Reading {
    read(file, "")
}

fn drawn(content: &str) -> Reading {
    let mut file = PdfFile::new();
    file.draw(put(12.0, 72.0, 800.0, "An ordinary line") + content);
    pdf(file.bytes())
}

fn field(entries: &str) -> Reading {
    pdf(annotated(&format!("/Subtype /Widget /T (n) {entries}"), "/NeedAppearances true"))
}

/// Three letters whose text has 500 KB each.
fn long_texts() -> String {
    let text = "word ".repeat(100_000);
    let mut content = String::new();
    for at in 0..3 {
        let letter = put(10.0, 72.0, 700.0 - 100.0 * at as f32, "x");
        write!(content, "/Span << /ActualText ({text}) >> BDC {letter} EMC ").unwrap();
    }
    content
}

/// Forms inside forms, deeper than they are followed.
fn nested_forms() -> Reading {
    let mut file = PdfFile::new();
    let font = "/Font << /F1 3 0 R >>";
    let entries = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources <<";
    let mut form = file
        .stream(&format!("{entries} {font} >>"), "BT /F1 10 Tf 72 700 Td (The innermost) Tj ET");
    for _ in 0..30 {
        form = file.stream(&format!("{entries} /XObject << /X {form} 0 R >> >>"), "/X Do");
    }
    file.page = format!("/Resources << {font} /XObject << /X {form} 0 R >> >>");
    file.draw("BT /F1 10 Tf 72 750 Td (Before) Tj ET /X Do");
    pdf(file.bytes())
}

/// A page with this many notes of 32 000 letters, of which nothing draws one.
fn long_notes(count: usize) -> Reading {
    let mut file = PdfFile::new();
    let notes: String = (0..count)
        .map(|at| {
            let y = 20 * at;
            let note = file.object(format!(
                "<< /Type /Annot /Subtype /FreeText /Rect [50 {y} 500 {}] /Contents ({}) >>",
                y + 15,
                "abcd efgh ".repeat(3200)
            ));
            format!("{note} 0 R ")
        })
        .collect();
    file.page += &format!(" /Annots [{notes}]");
    file.draw(put(12.0, 72.0, 800.0, "An ordinary line"));
    pdf(file.bytes())
}

fn wide_tagged_table() -> Reading {
    let mut content = String::new();
    for mark in 0..600 {
        let (x, y) = (20.0 + 20.0 * (mark % 25) as f32, 780.0 - 20.0 * (mark / 25) as f32);
        let text = put(6.0, x, y, &format!("c{mark}"));
        write!(content, "/P << /MCID {mark} >> BDC {text} EMC ").unwrap();
    }
    pdf(tagged(&content, |_, page| {
        let cells: String =
            (0..600).map(|mark| format!("<< /S /TD /Pg {page} 0 R /K {mark} >> ")).collect();
        format!("<< /S /Table /K [<< /S /TR /K [{cells}] >>] >>")
    }))
}

/// An XFA form whose data has two values for a field that stands once, and one for none.
fn xfa_with_more_values() -> Reading {
    let xml = "<xdp><template><field name=\"n\"><caption><value><text>Boat</text></value></caption></field></template>\
        <datasets><data><f><n>Vinga 7</n><n>Vinga 8</n><m>Styrsö</m></f></data></datasets></xdp>";
    let mut file = PdfFile::new();
    file.draw(put(10.0, 72.0, 700.0, "Please wait..."));
    let packets = file.stream("", xml);
    file.catalog = format!("/AcroForm << /Fields [] /XFA {packets} 0 R >> /NeedsRendering true");
    pdf(file.bytes())
}

fn wide_markdown_table() -> Reading {
    let row = |cell: &str| format!("|{}\n", format!(" {cell} |").repeat(600));
    read(row("name") + &row("---") + &row("value"), "x.md")
}

/// A mail of parts of this kind, each with the text `text`.
fn mail(parts: usize, headers: &str) -> Reading {
    let part = format!("--b\r\n{headers}\r\n\r\nA line of text.\r\n");
    read(
        format!(
            "From: eva@example.org\r\nTo: bo@example.org\r\nSubject: Parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
            part.repeat(parts)
        ),
        "x.eml",
    )
}

fn mail_to_many() -> Reading {
    let people: Vec<String> = (0..2100).map(|at| format!("p{at}@example.org")).collect();
    read(
        format!(
            "From: eva@example.org\r\nTo: {}\r\nSubject: News\r\n\r\nA line of text.\r\n",
            people.join(",\r\n ")
        ),
        "x.eml",
    )
}

fn headers_without_end() -> Reading {
    let names: Vec<String> = (0..1010).map(|at| format!("h{at}")).collect();
    let lines: Vec<(&str, &str, &str)> =
        names.iter().map(|name| (name.as_str(), "header", "header1.xml")).collect();
    word(&paragraph("The letter."), &lines, &[("word/header1.xml", "<w:hdr/>")])
}

fn drawing(kind: &str, xml: &str) -> Reading {
    let shown = match kind {
        "chart" => r#"<c:chart r:id="d"/>"#,
        _ => r#"<dgm:relIds r:dm="d"/>"#,
    };
    let body =
        format!("{}<w:p><w:r><w:drawing>{shown}</w:drawing></w:r></w:p>", paragraph("Before."));
    word(&body, &[("d", kind, "d.xml")], &[("word/d.xml", xml)])
}

fn diagram(points: usize) -> Reading {
    let points: String = (0..points)
        .map(|at| {
            format!(r#"<dgm:pt modelId="{at}"><dgm:t><a:p><a:t>p{at}</a:t></a:p></dgm:t></dgm:pt>"#)
        })
        .collect();
    drawing("diagramData", &format!("<dgm:dataModel>{points}</dgm:dataModel>"))
}

/// A chart of so many series, each with a value at each of these points.
fn chart(series: usize, points: &[usize]) -> Reading {
    let mut all = String::new();
    for number in 0..series {
        let mut values = String::new();
        for at in points {
            write!(values, r#"<c:pt idx="{at}"><c:v>{}</c:v></c:pt>"#, at * 10).unwrap();
        }
        write!(all, "<c:ser><c:tx><c:v>s{number}</c:v></c:tx><c:val>{values}</c:val></c:ser>")
            .unwrap();
    }
    drawing("chart", &format!("<c:chart>{all}</c:chart>"))
}

fn cases_of_pdf() -> Vec<Case> {
    use WarningKind::{
        HiddenText, SkippedAttachments, SkippedColumns, UnreadFormFields, UnreadablePages,
    };
    let lines = |count: usize| "one line\n".repeat(count);
    let entries = "(entry) ".repeat(1200);
    let chosen = format!("/FT /Ch /V [{entries}]");
    let no_place = "<< /Type /Annot /Subtype /FreeText /Contents (nowhere) >>";
    let mut without_place = PdfFile::new();
    without_place.page += &format!(" /Annots [{no_place}]");
    without_place.draw(put(12.0, 72.0, 800.0, "An ordinary line"));
    vec![
        case("text of a page", drawn(&long_texts()), UnreadablePages, 1, &[1]),
        case("forms in forms", nested_forms(), UnreadablePages, 1, &[1]),
        case("letters of notes", long_notes(13), UnreadablePages, 1, &[1]),
        case("notes for which no letter is left", long_notes(14), UnreadFormFields, 2, &[1]),
        case("tiny letters", drawn(&put(0.2, 72.0, 700.0, "tiny")), HiddenText, 4, &[1]),
        case("giant letters", drawn(&put(5000.0, 72.0, 700.0, "giant")), HiddenText, 5, &[1]),
        case("columns of a tagged table", wide_tagged_table(), SkippedColumns, 88, &[1]),
        case("lines", field(&format!("/FT /Tx /V ({})", lines(1500))), UnreadFormFields, 1, &[1]),
        case(
            "a line",
            field(&format!("/FT /Tx /V ({})", "word ".repeat(8000))),
            UnreadFormFields,
            1,
            &[1],
        ),
        case("entries", field(&format!("/FT /Ch /Opt [{entries}]")), UnreadFormFields, 1, &[1]),
        case("chosen entries", field(&chosen), UnreadFormFields, 1, &[1]),
        case("a note without a place", pdf(without_place.bytes()), UnreadFormFields, 1, &[1]),
        case("values of an XFA form", xfa_with_more_values(), UnreadFormFields, 2, &[1]),
        case(
            "an attached file on the page",
            pdf(annotated("/Subtype /FileAttachment /FS (a.xls)", "")),
            SkippedAttachments,
            1,
            &[1],
        ),
    ]
}

fn cases_of_other_formats() -> Vec<Case> {
    use WarningKind::{PicturesWithoutText, SkippedAttachments, SkippedColumns, SkippedParts};
    let attached =
        "Content-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip";
    vec![
        case("columns in Markdown", wide_markdown_table(), SkippedColumns, 88, &[]),
        case(
            "pictures in Markdown",
            read(
                "# Map\n\nSee the map. ![](map.png) ![The roads](r.png) [![](b.svg)](x)\n",
                "x.md",
            ),
            PicturesWithoutText,
            2,
            &[],
        ),
        case("recipients", mail_to_many(), SkippedParts, 100, &[]),
        case("bodies", mail(2030, "Content-Type: text/plain"), SkippedParts, 30, &[]),
        case("attachments", mail(2030, attached), SkippedAttachments, 2030, &[]),
        case("headers of Word", headers_without_end(), SkippedParts, 10, &[]),
        case("points of a diagram", diagram(20_100), SkippedParts, 1, &[]),
        case("points of a chart", chart(1, &Vec::from_iter(0..20_100)), SkippedParts, 1, &[]),
        case("series of a chart", chart(600, &[0, 1]), SkippedColumns, 89, &[]),
    ]
}

#[test]
fn what_is_left_out_is_counted_with_its_page() {
    let mut faults = Vec::new();
    for Case { name, reading, kind, count, pages } in
        cases_of_pdf().into_iter().chain(cases_of_other_formats())
    {
        let done = match &reading.result {
            Ok(done) => done,
            Err(failure) => panic!("{name}: {failure}"),
        };
        let found = done.warnings.iter().find(|warning| warning.kind == kind);
        if found.map(|warning| (warning.count, warning.pages.as_slice())) != Some((count, pages)) {
            faults.push(format!(
                "{name}: expected {kind:?} {count} {pages:?}, got {:?}",
                done.warnings
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_stands_within_the_limits_is_read_without_a_warning() {
    let whole = [
        field(&format!("/FT /Tx /V ({})", "one line\n".repeat(900))),
        field(&format!("/FT /Ch /Opt [{}]", "(entry) ".repeat(900))),
        drawn(&put(0.5, 72.0, 700.0, "small")),
        diagram(19_000),
        chart(500, &[0, 1]),
    ];
    for reading in whole {
        assert_eq!(reading.result.unwrap().warnings, []);
    }
}

#[test]
fn warnings_are_counted_page_by_page() {
    let mut file = PdfFile::new();
    let plain = file.page.clone();
    file.draw(put(12.0, 72.0, 800.0, "One") + &put(0.1, 72.0, 700.0, "abc"));
    let comment = |at: usize| {
        format!("<< /Type /Annot /Subtype /Text /Rect [9 9 20 20] /Contents (c{at}) >>")
    };
    file.page = format!("{plain} /Annots [{} {}]", comment(1), comment(2));
    file.draw(put(12.0, 72.0, 800.0, "Two"));
    file.page = format!("{plain} /Annots [{}]", comment(3));
    file.draw(put(12.0, 72.0, 800.0, "Three") + &put(0.1, 72.0, 700.0, "abcde"));
    let warnings = pdf(file.bytes()).result.unwrap().warnings;
    let found: Vec<_> = warnings
        .iter()
        .map(|it| (it.kind, it.count, it.pages.as_slice(), it.page_counts.as_slice()))
        .collect();
    assert_eq!(
        found,
        [
            (WarningKind::HiddenText, 8, &[1, 3][..], &[3, 5][..]),
            (WarningKind::SkippedComments, 3, &[2, 3][..], &[2, 1][..]),
        ]
    );
}

#[test]
fn points_of_a_chart_without_a_value_end_none_of_those_after_them() {
    let reading = chart(2, &[0, 3, 9]);
    let table = "s0: 0; s1: 0\ns0: 30; s1: 30\ns0: 90; s1: 90";
    assert!(reading.blocks().contains(&(TABLE, table)), "{}", reading.text());
}
