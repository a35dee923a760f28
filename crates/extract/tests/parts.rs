//! Word and PowerPoint: text in all parts of the file, text that is not there any more, and odd but
//! sound files.

use extract::WarningKind;

use crate::fixtures::{H1, H2, LI, P, Reading, TABLE, docx, pptx, read};

fn run(text: &str) -> String {
    format!(r#"<w:r><w:t xml:space="preserve">{text}</w:t></w:r>"#)
}

pub(crate) fn paragraph(text: &str) -> String {
    format!("<w:p>{}</w:p>", run(text))
}

pub(crate) fn relations(lines: &[(&str, &str, &str)]) -> String {
    let line = |(id, kind, target): &(&str, &str, &str)| {
        let mode = if target.contains(':') { r#" TargetMode="External""# } else { "" };
        format!(r#"<Relationship Id="{id}" Type="x/{kind}" Target="{target}"{mode}/>"#)
    };
    format!("<Relationships>{}</Relationships>", lines.iter().map(line).collect::<String>())
}

pub(crate) fn word(body: &str, lines: &[(&str, &str, &str)], parts: &[(&str, &str)]) -> Reading {
    let relations = relations(lines);
    let mut members: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    members.push(("word/_rels/document.xml.rels", relations.as_bytes()));
    read(docx(body, &members), "a.docx")
}

fn warned(reading: &Reading, kind: WarningKind) -> u64 {
    let warnings = &reading.result.as_ref().unwrap().warnings;
    warnings.iter().find(|warning| warning.kind == kind).map_or(0, |warning| warning.count)
}

#[test]
fn headers_and_footers_are_read_once_and_page_numbers_not() {
    let field = |name: &str| {
        format!(
            r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> {name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{}<w:r><w:fldChar w:fldCharType="end"/></w:r>"#,
            run("7")
        )
    };
    let head = format!(
        "<w:hdr>{}<w:p>{}{}{}{}</w:p></w:hdr>",
        paragraph("Dnr 2026/12"),
        run("Sida "),
        field("PAGE"),
        run(" av "),
        field("NUMPAGES")
    );
    let foot = format!("<w:ftr>{}</w:ftr>", paragraph("Handläggare: Eva Lind"));
    let reading = word(
        &paragraph("The letter."),
        &[
            ("a", "header", "header1.xml"),
            ("b", "header", "header2.xml"),
            ("c", "footer", "footer1.xml"),
        ],
        &[("word/header1.xml", &head), ("word/header2.xml", &head), ("word/footer1.xml", &foot)],
    );
    assert_eq!(
        reading.blocks(),
        [(P, "Dnr 2026/12"), (P, "The letter."), (P, "Handläggare: Eva Lind")]
    );
}

#[test]
fn a_damaged_header_costs_the_header_only() {
    let reading = word(
        &paragraph("The letter."),
        &[("a", "header", "header1.xml")],
        &[("word/header1.xml", "<w:hdr></oops")],
    );
    assert_eq!(reading.text(), "The letter.");
    assert_eq!(warned(&reading, WarningKind::SkippedParts), 1);
}

#[test]
fn text_boxes_of_all_ages_are_read_once() {
    let boxed = |text: &str| format!("<w:txbxContent>{}</w:txbxContent>", paragraph(text));
    let old = format!(
        "<w:p><w:r><w:pict><v:textbox>{}</v:textbox></w:pict></w:r></w:p>",
        boxed("old box")
    );
    let twice = format!(
        "<w:p><w:r><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
        boxed("new box"),
        boxed("new box")
    );
    let only_fallback = format!(
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing/></mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
        boxed("kept box")
    );
    let art =
        r#"<w:p><w:r><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r></w:p>"#;
    assert_eq!(
        word(&format!("{old}{twice}{only_fallback}{art}"), &[], &[]).text(),
        "old box\n\nnew box\n\nkept box\n\nDRAFT"
    );
}

#[test]
fn documents_inside_a_document_are_read() {
    let chunk = r#"<w:altChunk r:id="c"/>"#;
    let of = |name: &str, content: &str| {
        word(
            &format!("{}{chunk}", paragraph("Before.")),
            &[("c", "aFChunk", name)],
            &[(&format!("word/{name}"), content)],
        )
    };
    assert_eq!(
        of("a.html", "<html><h2>Pump</h2><p>Changed in May.").blocks(),
        [(P, "Before."), (H2, "Pump"), (P, "Changed in May.")]
    );
    let page = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>From a page.</p>\r\n--x--\r\n";
    assert_eq!(of("a.mht", page).text(), "Before.\n\nFrom a page.");
    assert_eq!(of("a.txt", "Plain words.").text(), "Before.\n\nPlain words.");
    assert_eq!(warned(&of("a.rtf", "{\\rtf1 x}"), WarningKind::SkippedParts), 1);
}

#[test]
fn diagrams_and_charts_are_read_where_they_stand() {
    let point = |id: u8, text: &str| {
        format!(
            r#"<dgm:pt modelId="{id}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"#
        )
    };
    let line = |from: u8, to: u8, order: u8| {
        format!(r#"<dgm:cxn srcId="{from}" destId="{to}" srcOrd="{order}"/>"#)
    };
    let diagram = format!(
        r#"<dgm:dataModel><dgm:ptLst><dgm:pt modelId="0" type="doc"/>{}{}{}</dgm:ptLst><dgm:cxnLst>{}{}{}</dgm:cxnLst></dgm:dataModel>"#,
        point(1, "second"),
        point(2, "first"),
        point(3, "below the first"),
        line(0, 2, 0),
        line(0, 1, 1),
        line(2, 3, 0)
    );
    let values = |name: &str, values: &[&str]| {
        let points: String = values
            .iter()
            .enumerate()
            .map(|(at, value)| format!(r#"<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>"#))
            .collect();
        format!("<c:{name}><c:strRef><c:strCache>{points}</c:strCache></c:strRef></c:{name}>")
    };
    let series = |name: &str, numbers: &[&str]| {
        format!(
            "<c:ser>{}{}{}</c:ser>",
            values("tx", &[name]),
            values("cat", &["May", "June"]),
            values("val", numbers)
        )
    };
    let chart = format!(
        "<c:chartSpace><c:chart><c:title><a:t>Visitors</a:t></c:title><c:plotArea>{}{}</c:plotArea></c:chart></c:chartSpace>",
        series("2023", &["5", "6"]),
        series("2024", &["7", "8"])
    );
    let body = format!(
        r#"{}<w:p><w:r><w:drawing><dgm:relIds r:dm="d"/></w:drawing></w:r></w:p><w:p><w:r><w:drawing><c:chart r:id="c"/></w:drawing></w:r></w:p>"#,
        paragraph("Before.")
    );
    let reading = word(
        &body,
        &[("d", "diagramData", "diagrams/d.xml"), ("c", "chart", "charts/chart1.xml")],
        &[("word/diagrams/d.xml", &diagram), ("word/charts/chart1.xml", &chart)],
    );
    assert_eq!(
        reading.blocks(),
        [
            (P, "Before."),
            (LI, "- first"),
            (LI, "  - below the first"),
            (LI, "- second"),
            (P, "Visitors"),
            (TABLE, "May; 2023: 5; 2024: 7\nJune; 2023: 6; 2024: 8")
        ]
    );
}

#[test]
fn hidden_deleted_and_placeholder_text_is_left_out_and_counted() {
    let hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t> seen</w:t></w:r>";
    let deleted = "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>";
    let mark = "<w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>";
    let field = |properties: &str, text: &str| {
        format!(
            "<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>",
            paragraph(text)
        )
    };
    let body = format!(
        "<w:p>{mark}{}{hidden}{deleted}</w:p>{}{}",
        run("Text"),
        field("<w:showingPlcHdr/>", "Click here"),
        field("", "Filled")
    );
    let reading = word(&body, &[], &[]);
    assert_eq!(reading.text(), "Text seen\n\nFilled");
    assert_eq!(
        (warned(&reading, WarningKind::HiddenText), warned(&reading, WarningKind::SkippedComments)),
        (6, 1)
    );
    let joined = format!(
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>{}",
        run("One "),
        paragraph("sentence.")
    );
    assert_eq!(word(&joined, &[], &[]).text(), "One sentence.");
}

#[test]
fn styles_hide_text_too() {
    let styles = r#"<w:styles><w:style w:styleId="H"><w:name w:val="Hidden"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"#;
    let body = format!(
        r#"<w:p>{}<w:r><w:rPr><w:rStyle w:val="H"/></w:rPr><w:t>secret</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="H"/></w:pPr>{}</w:p>"#,
        run("Seen"),
        run("secret")
    );
    assert_eq!(
        word(&body, &[("s", "styles", "styles.xml")], &[("word/styles.xml", styles)]).text(),
        "Seen"
    );
}

#[test]
fn comments_are_counted_and_not_read() {
    let comments = format!(
        r#"<w:comments><w:comment w:id="1">{}</w:comment><w:comment w:id="2">{}</w:comment></w:comments>"#,
        paragraph("why?"),
        paragraph("because")
    );
    let reading = word(
        &paragraph("Text."),
        &[("c", "comments", "comments.xml")],
        &[("word/comments.xml", &comments)],
    );
    assert_eq!(
        (reading.text().as_str(), warned(&reading, WarningKind::SkippedComments)),
        ("Text.", 2)
    );
}

#[test]
fn links_of_word_say_where_they_lead() {
    let field = format!(
        r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://example.org/b" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{}<w:r><w:fldChar w:fldCharType="end"/></w:r>"#,
        run("there")
    );
    let body = format!(
        r#"<w:p>{}<w:hyperlink r:id="l">{}</w:hyperlink>{}{field}<w:hyperlink w:anchor="x">{}</w:hyperlink></w:p>"#,
        run("Apply "),
        run("here"),
        run(" or "),
        run(" below")
    );
    assert_eq!(
        word(&body, &[("l", "hyperlink", "https://example.org/a")], &[]).text(),
        "Apply here (https://example.org/a) or there (https://example.org/b) below"
    );
}

#[test]
fn a_table_that_frames_a_text_is_read_as_the_text() {
    let heading =
        r#"<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Policy</w:t></w:r></w:p>"#;
    let cell = |content: &str| format!("<w:tc>{content}</w:tc>");
    let inner =
        format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell(&paragraph("a")), cell(&paragraph("b")));
    let one = format!(
        "<w:tbl><w:tr>{}</w:tr></w:tbl>",
        cell(&(heading.to_owned() + &paragraph("First.") + &inner))
    );
    assert_eq!(word(&one, &[], &[]).blocks(), [(H1, "Policy"), (P, "First."), (TABLE, "a | b")]);
    let two = format!(
        "<w:tbl><w:tr>{}{}</w:tr></w:tbl>",
        cell(&(heading.to_owned() + &paragraph("Left."))),
        cell(&paragraph("Right."))
    );
    assert_eq!(word(&two, &[], &[]).blocks(), [(H1, "Policy"), (P, "Left."), (P, "Right.")]);
}

#[test]
fn two_columns_of_names_and_values_are_no_header_and_rows() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph(text));
    let row = |a: &str, b: &str| format!("<w:tr>{}{}</w:tr>", cell(a), cell(b));
    let look = r#"<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblLook w:firstRow="1"/></w:tblPr>"#;
    let form = format!("<w:tbl>{look}{}{}</w:tbl>", row("Name", "Eva Lind"), row("Town", "Umeå"));
    assert_eq!(word(&form, &[], &[]).text(), "Name | Eva Lind\nTown | Umeå");
}

#[test]
fn pictures_say_their_description_or_are_counted() {
    let picture = |described: &str| {
        format!(
            r#"<w:r><w:drawing><wp:inline><wp:docPr {described}/><pic:pic/></wp:inline></w:drawing></w:r>"#
        )
    };
    let body = format!(
        "<w:p>{}{}</w:p><w:p>{}</w:p>",
        run("Map:"),
        picture(r#"descr="the north side""#),
        picture("")
    );
    let reading = word(&body, &[], &[]);
    assert_eq!(
        (reading.text().as_str(), warned(&reading, WarningKind::PicturesWithoutText)),
        ("Map: the north side", 1)
    );
}

fn shape(left: u32, top: u32, text: &str) -> String {
    format!(
        r#"<p:sp><p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="100" cy="50"/></a:xfrm></p:spPr><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"#
    )
}

fn slide(shapes: &str) -> String {
    read(pptx(&[(shapes, None)]), "").text().replace("\n\n", " ")
}

#[test]
fn shapes_are_read_as_they_stand_and_not_as_they_were_drawn() {
    assert_eq!(slide(&(shape(0, 200, "c") + &shape(0, 0, "a") + &shape(0, 100, "b"))), "a b c");
    assert_eq!(slide(&(shape(300, 5, "c") + &shape(0, 0, "a") + &shape(150, 0, "b"))), "a b c");
    // Columns that were drawn one after the other stay so.
    let columns = shape(0, 0, "left")
        + &shape(0, 100, "under left")
        + &shape(200, 0, "right")
        + &shape(200, 100, "under right");
    assert_eq!(slide(&columns), "left under left right under right");
    let group = format!(
        r#"<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="100"/><a:ext cx="100" cy="100"/></a:xfrm></p:grpSpPr>{}{}</p:grpSp>"#,
        shape(0, 60, "c"),
        shape(0, 0, "b")
    );
    assert_eq!(slide(&(group + &shape(0, 0, "a"))), "a b c");
}

#[test]
fn hidden_shapes_are_left_out_and_feet_of_slides_are_read_once() {
    let hidden = r#"<p:sp><p:cNvPr id="1" name="x" hidden="1"/><a:p><a:r><a:t>secret</a:t></a:r></a:p></p:sp>"#;
    let foot = r#"<p:sp><p:nvPr><p:ph type="ftr"/></p:nvPr><a:p><a:r><a:t>Dnr 2026/12</a:t></a:r></a:p></p:sp>"#;
    let one = format!("{}{hidden}{foot}", shape(0, 0, "Text"));
    let reading = read(pptx(&[(&one, None), (&one, None)]), "");
    assert_eq!(reading.text(), "Text\n\nDnr 2026/12\nText");
    assert_eq!(warned(&reading, WarningKind::HiddenText), 12);
}
