//! Web pages and Markdown: all that their readers see, nothing that they do not.

use extract::WarningKind;
use proptest::prelude::*;

use crate::fixtures::{CODE, H1, H2, LI, P, TABLE, read};

fn text(body: &str) -> String {
    read(format!("<!DOCTYPE html><html><body>{body}</body></html>"), "").text()
}

fn warned(source: &str, name: &str, kind: WarningKind) -> u64 {
    let warnings = read(source, name).result.unwrap().warnings;
    warnings.iter().find(|warning| warning.kind == kind).map_or(0, |warning| warning.count)
}

#[test]
fn a_card_is_not_the_page_and_a_second_main_part_is_read() {
    let long = "A sentence about the opening hours of the hall, which are long. ".repeat(3);
    let page =
        text(&format!("<h1>Hours</h1><p>{long}<article><p>News: {long}</article><p>Prices</p>"));
    assert!(page.contains("Hours") && page.contains("News") && page.contains("Prices"), "{page}");
    let page = text(&format!(
        "<main><p>First. {long}</main><nav>Menu</nav><div role=main><p>Second. {long}</div><footer>Imprint</footer>"
    ));
    assert!(
        page.contains("First.")
            && page.contains("Second.")
            && !page.contains("Menu")
            && !page.contains("Imprint"),
        "{page}"
    );
}

#[test]
fn what_stands_beside_the_main_part_is_read_where_it_says_something_and_counted_where_not() {
    let long = "A sentence about the opening hours of the hall, which are long. ".repeat(3);
    let page = format!(
        "<header><p>Case 2026/12, 3 March</p></header><main><h1>Hours</h1><p>{long}</main><aside>Length 412 metres</aside><aside><a href=/x>More pages of ours</a></aside>"
    );
    let read = text(&page);
    assert!(
        read.contains("Case 2026/12")
            && read.contains("412 metres")
            && !read.contains("More pages"),
        "{read}"
    );
    assert_eq!(warned(&format!("<html>{page}"), "", WarningKind::SkippedNavigation), 18);
}

#[test]
fn questions_in_buttons_and_answers_that_open_are_read() {
    let page = "<h3><button aria-expanded=false aria-controls=a>How do I appeal?</button></h3><div id=a hidden><p>In writing.</p></div>\
        <button class=accordion>Where is the yard?</button><div class=panel style='display:none'>Behind the depot.</div>\
        <details><summary>When?</summary>On Sundays.</details>";
    assert_eq!(
        text(page),
        "How do I appeal?\n\nIn writing.\n\nWhere is the yard?\n\nBehind the depot.\n\nWhen?\n\nOn Sundays."
    );
}

#[test]
fn what_styles_hide_is_left_out_and_counted() {
    let sheet = "<style>/* .a{} */ .gone, #off { color: red; display: none } p.faint{opacity:0}\
        .menu .deep > span {visibility:hidden} @media print { .paper { display:none } } .tiny{font-size:0px}\
        .far{position:absolute;left:-9999px} .gone.back{display:block} a:hover{display:none} body{margin:0}</style>";
    let body = "<p>seen</p><p class='x gone'>planted 1</p><div id=off>planted 2</div><p class=faint>planted 3</p>\
        <div class=menu><i class=deep><span>planted 4</span></i></div><p class=paper>on the screen</p><p class=tiny>planted 5</p>\
        <p class=far>planted 6</p><p class='gone back'>shown again</p><p style='DISPLAY : NONE !important'>planted 7</p>\
        <p style='color:transparent'>planted 8</p><a>a link</a><template>planted 9</template><dialog>planted 10</dialog>";
    let page = text(&format!("{sheet}{body}"));
    assert!(!page.contains("planted"), "{page}");
    for seen in ["seen", "on the screen", "shown again", "a link"] {
        assert!(page.contains(seen), "{seen}: {page}");
    }
    assert_eq!(warned(&format!("<html>{sheet}{body}"), "", WarningKind::HiddenText), 8 * 9 + 10);
}

#[test]
fn cells_hold_what_is_seen_in_them_and_glue_no_words() {
    let page = "<table><tr><th><h4>Item</h4><th>Note<tr><td>a<p>b</p>c<td>x<script>var y</script><style>.z{}</style>\
        <span hidden>secret</span><ul><li>one<li>two</ul><a href='https://example.org/q'>more</a>\
        <tr><td>d<br>e<td><svg><title>Logo</title><path/></svg><b>f</b>g</table>";
    assert_eq!(
        read(format!("<html>{page}"), "").blocks(),
        [(TABLE, "Item: a b c; Note: x one two more (https://example.org/q)\nItem: d e; Note: fg")]
    );
}

#[test]
fn drawings_give_their_text_and_not_their_title_nor_the_pages() {
    let page = "<html><body><svg><title>Icon</title><text x=1>North 12</text><text>South 9</text></svg><h1>Report</h1>";
    assert_eq!(read(page, "").blocks(), [(P, "North 12"), (P, "South 9"), (H1, "Report")]);
    assert_eq!(read(page, "").title(), Some("Report"));
}

#[test]
fn header_cells_are_known_however_they_are_marked() {
    for head in [
        "<thead><tr><td>Item<td>Days</thead>",
        "<tr><th>Item<th>Days",
        "<tr><td><b>Item</b><td><strong>Days</strong>",
    ] {
        assert_eq!(
            text(&format!("<table>{head}<tr><td>Book<td>28</table>")),
            "Item: Book; Days: 28",
            "{head}"
        );
    }
    assert_eq!(
        text("<table><tr><td><th>2023<th>2024<tr><th>North<td>5<td>6</table>"),
        "North; 2023: 5; 2024: 6"
    );
    assert_eq!(
        text("<table><tr><th>Name<td>Anna<tr><th>Town<td>Lund</table>"),
        "Name | Anna\nTown | Lund"
    );
}

#[test]
fn addresses_of_links_are_said_once_and_only_where_they_lead_somewhere() {
    let page = "<p>Use <a href='https://example.org/apply'>the form</a>, <a href='mailto:desk@example.org?subject=x'>write</a>, \
        see <a href='https://example.org/'>example.org</a>, <a href='#top'>up</a>, <a href='/x'>here</a>, <a href='javascript:x()'>run</a> \
        or <a href='tel:+46812345'>08-123 45</a>.</p><h2><a href='https://example.org/news'>News</a></h2>";
    assert_eq!(
        read(format!("<html>{page}"), "").blocks(),
        [
            (
                P,
                "Use the form (https://example.org/apply), write (desk@example.org), see example.org, up, here, run or 08-123 45."
            ),
            (H2, "News"),
            (P, "https://example.org/news"),
        ]
    );
    assert_eq!(
        text("<a href='https://example.org/card'><div>Card</div></a>"),
        "Card\n\nhttps://example.org/card"
    );
}

#[test]
fn pictures_say_their_description_or_are_counted() {
    assert_eq!(
        text("<p>Map: <img src=a alt='the north side'> and <img src=b alt=''>more</p>"),
        "Map: the north side and more"
    );
    assert_eq!(warned("<html><p>x<img src=a><img src=b>", "", WarningKind::PicturesWithoutText), 2);
}

#[test]
fn open_elements_by_the_hundred_are_read_and_counted_and_by_the_thousand_refused() {
    let fonts = |count: usize| {
        format!(
            "<html><body>{}<b>last",
            (0..count).map(|n| format!("<font color={n}>x<br>")).collect::<String>()
        )
    };
    assert!(read(fonts(600), "").text().ends_with("last"));
    assert!(warned(&fonts(600), "", WarningKind::FlattenedNesting) > 0);
    // Each paragraph opens all fonts again: the work would grow with the square of the page.
    let bomb = format!(
        "{}</p>{}",
        fonts(2000).replacen("<body>", "<body><p>", 1),
        "<p>x</p>".repeat(4000)
    );
    assert_eq!(read(bomb, "").code(), extract::Code::BrokenFile);
}

#[test]
fn form_fields_and_foreign_content_are_counted() {
    let page = "<html><p>Name <input value=x> <select><option>a</select><textarea>b</textarea><iframe src=x></iframe><button type=submit>Send</button></p>";
    assert_eq!(read(page, "").text(), "Name");
    assert_eq!(warned(page, "", WarningKind::UnreadFormFields), 3);
    assert_eq!(warned(page, "", WarningKind::SkippedParts), 1);
}

#[test]
fn markdown_keeps_addresses_front_matter_and_inline_html() {
    let source = "+++\ntitle = 'The rules'\ndescription = \"For guests\"\n+++\n# [Hall](https://example.org/hall) {#id}\n\
        See [the form][f], <https://example.org/x> and <a href=\"https://example.org/y\">this</a>. ![A map](a.png) x<sup>2</sup>\n\n\
        [f]: https://example.org/f\n\n- a <br> b\n";
    let reading = read(source, "x.md");
    assert_eq!(reading.title(), Some("The rules"));
    assert_eq!(
        reading.blocks(),
        [
            (P, "description: For guests"),
            (H1, "Hall"),
            (P, "https://example.org/hall"),
            (
                P,
                "See the form (https://example.org/f), https://example.org/x and this (https://example.org/y). A map x²"
            ),
            (LI, "- a b"),
        ]
    );
    let nested = "---\ntitle: A\nauthors:\n  - Eva\n  - Bo\n---\nText\n";
    assert_eq!(
        read(nested, "x.md").blocks(),
        [(CODE, "title: A\nauthors:\n  - Eva\n  - Bo"), (P, "Text")]
    );
    let hidden = "Seen.\n\n<div style=\"display:none\">planted</div>\n";
    assert_eq!(read(hidden, "x.md").text(), "Seen.");
}

#[test]
fn marks_that_a_description_leaves_open_end_with_its_picture() {
    let source = "[![a <sup>](x.png)](https://example.com/y)\n\n![a <sup>b](x.png) is shown.\n";
    let text = read(source, "x.md").text();
    assert!(text.contains("https://example.com/y"), "{text}");
    assert!(text.contains("b is shown."), "{text}");
    assert_eq!(warned(source, "x.md", WarningKind::PicturesWithoutText), 0, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_in_any_nest_of_visible_elements_is_read_and_words_stay_apart(
        elements in prop::collection::vec(prop::sample::select(vec![
            "div", "p", "section", "article", "aside", "span", "b", "li", "blockquote", "button", "dd", "center", "font", "h3", "figure",
        ]), 1..12),
    ) {
        let mut page = "<html><body>before ".to_owned();
        for (at, element) in elements.iter().enumerate() {
            page += &format!("<{element}>word{at} ");
        }
        let found = read(page, "").text();
        for at in 0..elements.len() {
            prop_assert!(found.split_whitespace().any(|word| word == format!("word{at}")), "word{at}: {found}");
        }
    }

    #[test]
    fn any_style_sheet_is_read(sheet in "([.#a-z>, *]{0,12}|\\{|\\}|display:none|;|@media|/\\*|\\*/){0,30}") {
        let reading = read(format!("<html><style>{sheet}</style><b id=a class=b>text"), "");
        prop_assert!(reading.result.is_ok() || reading.code() == extract::Code::NoText);
    }
}
