//! Forms of PDF files, and what is attached: fields, comments, XFA, scanned pages, files inside.

use extract::{Code, WarningKind};

use crate::fixtures::read;
use crate::pdf_file::{PdfFile, put};
use crate::pdf_pages::warnings;

/// A page with one widget or annotation of these entries.
pub(crate) fn annotated(entries: &str, form: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    let annotation = file.object(format!("<< /Type /Annot /Rect [200 690 400 710] {entries} >>"));
    file.page += &format!(" /Annots [{annotation} 0 R]");
    file.catalog = format!("/AcroForm << /Fields [{annotation} 0 R] {form} >>");
    file.draw(put(10.0, 72.0, 696.0, "Case number:"));
    file.bytes()
}

#[test]
fn the_value_of_a_field_without_appearance_stands_beside_its_label() {
    let field = "/Subtype /Widget /FT /Tx /T (n) /V (Answer 8812)";
    assert_eq!(
        read(annotated(field, "/NeedAppearances true"), "").text(),
        "Case number: Answer 8812"
    );
    let note = "/Subtype /FreeText /Contents (Answer 8812)";
    assert_eq!(read(annotated(note, ""), "").text(), "Case number: Answer 8812");
}

#[test]
fn a_list_of_which_nothing_is_drawn_is_read_with_all_its_entries() {
    let list = |flags: u32| {
        format!("/Subtype /Widget /FT /Ch /T (n) /Ff {flags} /Opt [(North) [(s) (South)]]")
    };
    let text = read(annotated(&list(0), ""), "").text();
    assert!(text.contains("North") && text.contains("South"), "{text}");
    let text = read(annotated(&(list(0) + " /V ()"), ""), "").text();
    assert!(text.contains("North"), "{text}");
    // A closed one shows what is chosen.
    assert_eq!(read(annotated(&list(1 << 17), ""), "").text(), "Case number:");
}

#[test]
fn the_caption_of_a_button_that_nothing_draws_is_read() {
    let button = |flags: u32| {
        format!("/Subtype /Widget /FT /Btn /T (n) /Ff {flags} /MK << /CA (Send it) >>")
    };
    assert_eq!(read(annotated(&button(1 << 16), ""), "").text(), "Case number: Send it");
    // Of a check box it is the shape of its mark.
    assert_eq!(read(annotated(&button(0), ""), "").text(), "Case number:");
}

#[test]
fn hidden_fields_and_passwords_are_not_read() {
    for entries in ["/F 2 /V (Answer 8812)", "/Ff 8192 /V (Answer 8812)"] {
        let text = read(annotated(&format!("/Subtype /Widget /FT /Tx {entries}"), ""), "").text();
        assert!(!text.contains("8812"), "{text}");
    }
}

#[test]
fn a_comment_is_counted_and_not_read() {
    let file = annotated("/Subtype /Text /Contents (please check)", "");
    assert_eq!(warnings(file), [(WarningKind::SkippedComments, 1, vec![1])]);
}

fn xfa(xml: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    file.draw(put(10.0, 72.0, 700.0, "Please wait..."));
    let packets = file.stream("", xml);
    file.catalog = format!("/AcroForm << /Fields [] /XFA {packets} 0 R >> /NeedsRendering true");
    file.bytes()
}

#[test]
fn an_xfa_form_is_read_instead_of_the_notice_to_wait() {
    let text = read(xfa("<xdp><template><subform><draw><value><text>Application</text></value></draw><field name=\"n\"><caption><value><text>Boat</text></value></caption></field></subform></template><datasets><data><f><n>Vinga 7</n></f></data></datasets></xdp>"), "").text();
    assert_eq!(text, "Application\n\nBoat: Vinga 7");
}

#[test]
fn an_xfa_form_without_text_fails_and_says_what_it_is() {
    let failure = read(xfa("<xdp><template/></xdp>"), "").result.unwrap_err();
    assert!(failure.code == Code::UnsupportedType && failure.detail.contains("XFA"), "{failure}");
}

fn with_files(catalog: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    file.draw(put(10.0, 72.0, 700.0, "For the best experience open this in another program"));
    file.catalog =
        format!("/Names << /EmbeddedFiles << /Names [(a) << >> (b) << >>] >> >> {catalog}");
    file.bytes()
}

#[test]
fn files_inside_a_document_are_counted() {
    assert_eq!(warnings(with_files("")), [(WarningKind::SkippedAttachments, 2, vec![])]);
}

#[test]
fn a_collection_of_files_is_refused_by_name() {
    let failure = read(with_files("/Collection << >>"), "").result.unwrap_err();
    assert!(
        failure.code == Code::UnsupportedType && failure.detail.contains("2 files"),
        "{failure}"
    );
}
