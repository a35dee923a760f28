//! HTML and Markdown: structure in, blocks out.

use crate::fixtures::{CODE, H1, H2, H3, LI, P, TABLE, read};

#[test]
fn a_web_page_gives_its_main_text_and_nothing_of_its_frame() {
    let page = "<!doctype html><html lang=sv-SE><title> A  page </title><nav><a>Home</a></nav><script>var x = 'no';</script>\
        <main><h1>Title</h1><p>First <b>bold</b> line,\n broken.<p>Second one that has no end tag and is long enough.\
        <ul><li>One<li>Two<ol start=3><li>Inner</ol></ul><pre>a\n  b</pre>\
        <div hidden>Hidden</div></main><footer>Imprint</footer>";
    let reading = read(page, "");
    assert_eq!(reading.title(), Some("A page"));
    assert_eq!(
        reading.blocks(),
        [
            (H1, "Title"),
            (P, "First bold line, broken."),
            (P, "Second one that has no end tag and is long enough."),
            (LI, "- One"),
            (LI, "- Two"),
            (LI, "  3. Inner"),
            (CODE, "a\n  b"),
        ]
    );
    assert_eq!(reading.result.unwrap().language.as_deref(), Some("sv"));
}

#[test]
fn rows_of_a_table_with_a_header_stand_alone() {
    let page = "<html><table><caption>Fees</caption><tr><th>Item<th>Days<tr><td>Book<td>28<tr><td>Film<td></table>\
        <table><tr><td>Opens<td>9</tr></table>";
    assert_eq!(
        read(page, "").blocks(),
        [(P, "Fees"), (TABLE, "Item: Book; Days: 28\nItem: Film"), (TABLE, "Opens | 9")]
    );
}

#[test]
fn tables_that_only_lay_out_a_page_are_text() {
    let page = "<html><table><tr><td><h2>Left</h2>Some words</td><td><table><tr><td>a<td>b</table></td></tr></table>";
    assert_eq!(read(page, "").blocks(), [(H2, "Left"), (P, "Some words"), (TABLE, "a | b")]);
}

#[test]
fn the_charset_that_a_page_names_is_believed_unless_it_is_utf8_all_the_same() {
    let old = b"<html><meta charset=iso-8859-5><p>\xbf\xe0\xd8\xd2\xd5\xe2".to_vec();
    assert_eq!(read(old, "").text(), "Привет");
    let lying = "<html><meta charset=iso-8859-1><p>Räksmörgås".as_bytes().to_vec();
    assert_eq!(read(lying, "").text(), "Räksmörgås");
}

#[test]
fn markdown_keeps_headings_lists_tables_and_code() {
    let text = "---\ntitle: \"The title\"\n---\n# One\nText with `code` and\na [link](x).\n\n1. first\n2. second\n   - inner\n\n   more\n\n\
        ### Deep\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```rust\nfn a() {}\n\nlet b;\n```\n\n> Quoted.\n\n<div>Some <i>HTML</i></div>\n";
    let reading = read(text, "x.md");
    assert_eq!(reading.title(), Some("The title"));
    assert_eq!(
        reading.blocks(),
        [
            (H1, "One"),
            (P, "Text with code and a link."),
            (LI, "1. first"),
            (LI, "2. second"),
            (LI, "  - inner"),
            (LI, "more"),
            (H3, "Deep"),
            (TABLE, "A: 1; B: 2"),
            (CODE, "fn a() {}\n\nlet b;"),
            (P, "Quoted."),
            (P, "Some HTML"),
        ]
    );
}

#[test]
fn the_first_heading_is_the_title_where_nothing_else_is() {
    assert_eq!(read("# *Our* rules\n", "x.md").title(), Some("Our rules"));
    assert_eq!(read("<html><body><h1>Our rules</h1>", "").title(), Some("Our rules"));
}

#[test]
fn a_page_nested_beyond_reason_is_refused_and_a_deep_one_is_read() {
    let nest = |depth: usize| format!("<html>{}text", "<div>".repeat(depth));
    assert_eq!(read(nest(300), "").text(), "text");
    assert_eq!(read(nest(20_000), "").code(), extract::Code::BrokenFile);
}
