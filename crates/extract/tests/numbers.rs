//! Numbers that people see: of headings and list items, fractions and powers.

use crate::fixtures::{H1, H2, LI, P, docx, pptx, read};

pub(crate) fn numbered(levels: &str, nums: &str, items: &[(u8, u8, &str)]) -> String {
    let numbering = format!(
        r#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{nums}</w:numbering>"#
    );
    let item = |(list, level, text): &(u8, u8, &str)| {
        format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let relations =
        br#"<Relationships><Relationship Id="b" Type="x/numbering" Target="numbering.xml"/></Relationships>"#;
    let body: String = items.iter().map(item).collect();
    read(
        docx(
            &body,
            &[
                ("word/numbering.xml", numbering.as_bytes()),
                ("word/_rels/document.xml.rels", relations),
            ],
        ),
        "",
    )
    .text()
}

pub(crate) fn level(at: u8, format: &str, text: &str) -> String {
    format!(
        r#"<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{text}"/></w:lvl>"#
    )
}

#[test]
fn word_lists_show_the_text_of_their_levels() {
    let levels = level(0, "upperRoman", "Kap. %1")
        + &level(1, "decimal", "§ %2")
        + &level(2, "lowerLetter", "%3)");
    let items = [
        (1, 0, "one"),
        (1, 1, "two"),
        (1, 1, "three"),
        (1, 2, "four"),
        (1, 0, "five"),
        (1, 1, "six"),
    ];
    assert_eq!(
        numbered(&levels, "", &items),
        "Kap. I one\n  § 1 two\n  § 2 three\n    a) four\nKap. II five\n  § 1 six"
    );
}

#[test]
fn word_lists_show_the_numbers_above_and_in_digits_where_they_say_so() {
    let legal = r#"<w:lvl w:ilvl="1"><w:start w:val="1"/><w:isLgl/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2."/></w:lvl>"#;
    let levels = level(0, "upperRoman", "%1.") + legal;
    assert_eq!(
        numbered(&levels, "", &[(1, 0, "a"), (1, 1, "b"), (1, 0, "c"), (1, 1, "d")]),
        "I. a\n  1.1. b\nII. c\n  2.1. d"
    );
}

#[test]
fn lists_of_one_definition_count_on_and_begin_again_where_they_say_so() {
    let on = r#"<w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num>"#;
    let again = r#"<w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>"#;
    let items = [(1, 0, "a"), (1, 0, "b"), (2, 0, "c"), (3, 0, "d"), (3, 0, "e")];
    assert_eq!(
        numbered(&level(0, "decimal", "%1."), &format!("{on}{again}"), &items),
        "1. a\n2. b\n3. c\n5. d\n6. e"
    );
}

#[test]
fn letters_past_z_and_levels_without_a_number_are_as_word_shows_them() {
    let items: Vec<(u8, u8, &str)> = vec![(1, 0, "x"); 28];
    let text = numbered(&level(0, "lowerLetter", "%1)"), "", &items);
    assert!(text.ends_with("z) x\naa) x\nbb) x"), "{text}");
    assert_eq!(numbered(&level(0, "none", "Bilaga"), "", &[(1, 0, "x")]), "Bilaga x");
    assert_eq!(numbered(&level(0, "none", ""), "", &[(1, 0, "x")]), "x");
    assert_eq!(numbered(&level(0, "decimalZero", "%1"), "", &[(1, 0, "x")]), "01 x");
}

#[test]
fn numbered_headings_keep_their_number_and_the_title_goes_without() {
    let styles = br#"<w:styles xmlns:w="w"><w:style w:styleId="R1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:styleId="R2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>"#;
    let linked = |at: u8, style: &str, text: &str| {
        format!(
            r#"<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="{style}"/><w:lvlText w:val="{text}"/></w:lvl>"#
        )
    };
    let numbering = format!(
        r#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7">{}{}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>"#,
        linked(0, "R1", "%1"),
        linked(1, "R2", "%1.%2")
    );
    let relations = br#"<Relationships><Relationship Id="a" Type="x/styles" Target="styles.xml"/><Relationship Id="b" Type="x/numbering" Target="numbering.xml"/></Relationships>"#;
    let heading = |style: &str, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let body = heading("R1", "Trips") + &heading("R2", "Cars") + &heading("R2", "Trains");
    let reading = read(
        docx(
            &body,
            &[
                ("word/styles.xml", styles),
                ("word/numbering.xml", numbering.as_bytes()),
                ("word/_rels/document.xml.rels", relations),
            ],
        ),
        "",
    );
    assert_eq!(reading.blocks(), [(H1, "1 Trips"), (H2, "1.1 Cars"), (H2, "1.2 Trains")]);
    assert_eq!(reading.title(), Some("Trips"));
}

#[test]
fn web_lists_count_as_browsers_show_them() {
    let list = |attributes: &str, items: &str| {
        read(format!("<html><ol {attributes}>{items}</ol>"), "").text()
    };
    assert_eq!(list("type=a start=26", "<li>x<li>y"), "z. x\naa. y");
    assert_eq!(list("type=i", "<li>x<li value=4>y<li>z"), "i. x\niv. y\nv. z");
    assert_eq!(list("reversed", "<li>x<li>y<li>z"), "3. x\n2. y\n1. z");
    assert_eq!(list("style='list-style-type: upper-alpha'", "<li><p>x</p><li>y"), "A. x\nB. y");
    assert_eq!(list("start=0", "<li>x<li>y"), "0. x\n1. y");
}

#[test]
fn numbered_points_of_a_slide_count_by_level_and_begin_again() {
    let point = |properties: &str, text: &str| {
        format!("<a:p><a:pPr {properties}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>")
    };
    let number = |level: u8, kind: &str, text: &str| {
        point(&format!(r#"lvl="{level}"><a:buAutoNum type="{kind}"/>"#), text)
    };
    let points = number(0, "arabicPeriod", "a")
        + &number(1, "alphaLcParenR", "b")
        + &number(1, "alphaLcParenR", "c")
        + &number(0, "arabicPeriod", "d")
        + &number(1, "alphaLcParenR", "e")
        + &point("><a:buNone/>", "between")
        + &point(r#"><a:buAutoNum type="romanUcPeriod" startAt="3"/>"#, "f");
    let slide = format!(
        r#"<p:sp><p:nvPr><p:ph type="body"/></p:nvPr><p:txBody>{points}</p:txBody></p:sp>"#
    );
    let reading = read(pptx(&[(&slide, None)]), "");
    assert_eq!(
        reading.blocks(),
        [
            (LI, "1. a"),
            (LI, "  a) b"),
            (LI, "  b) c"),
            (LI, "2. d"),
            (LI, "  a) e"),
            (P, "between"),
            (LI, "III. f")
        ]
    );
}

#[test]
fn raised_and_lowered_text_and_fractions_keep_their_value_in_web_pages_and_markdown() {
    for (source, text) in [
        ("10<sup>6</sup> N", "10⁶ N"),
        ("All members<sup>2</sup> vote", "All members² vote"),
        ("CO<sub>2</sub> and x<sub>max</sub>", "CO2 and x_max"),
        ("the 1<sup>st</sup> day", "the 1st day"),
        ("2<sup>n+1</sup>", "2^(n+1)"),
        ("<sup>3</sup>&frasl;<sub>8</sub> cup", "3/8 cup"),
        ("10<sup>-3</sup> m", "10⁻³ m"),
    ] {
        assert_eq!(read(format!("<html><p>{source}</p>"), "").text(), text);
        assert_eq!(read(format!("{source}\n"), "x.md").text(), text);
    }
    let formula = "<html><p>Share 2<math><mfrac><mn>3</mn><mn>8</mn></mfrac></math> and <math><msup><mi>x</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msup><mo>=</mo><msqrt><mn>2</mn></msqrt></math></p>";
    assert_eq!(read(formula, "").text(), "Share 2 3/8 and x^(n+1)=√(2)");
}

#[test]
fn equations_and_raised_runs_of_word_and_powerpoint_keep_their_value() {
    let text = |text: &str| format!("<m:r><m:t>{text}</m:t></m:r>");
    let fraction = format!(
        "<m:oMath><m:f><m:num>{}</m:num><m:den>{}</m:den></m:f></m:oMath>",
        text("a+b"),
        text("2")
    );
    let nested = format!(
        "<m:oMath><m:sSup><m:e><m:d><m:e>{}</m:e></m:d></m:e><m:sup>{}</m:sup></m:sSup><m:rad><m:deg/><m:e>{}</m:e></m:rad></m:oMath>",
        text("x"),
        text("12"),
        text("5")
    );
    let run = |align: &str, text: &str| {
        format!(r#"<w:r><w:rPr><w:vertAlign w:val="{align}"/></w:rPr><w:t>{text}</w:t></w:r>"#)
    };
    let body = format!(
        "<w:p><w:r><w:t>Share 1</w:t></w:r>{fraction}<w:r><w:t> and </w:t></w:r>{nested}<w:r><w:t>, 10</w:t></w:r>{}<w:r><w:t> H</w:t></w:r>{}</w:p>",
        run("superscript", "6"),
        run("subscript", "2")
    );
    assert_eq!(read(docx(&body, &[]), "").text(), "Share 1 (a+b)/2 and (x)¹²√(5), 10⁶ H2");
    let slide = r#"<p:sp><a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r><a:r><a:t> N</a:t></a:r></a:p></p:sp>"#;
    assert_eq!(read(pptx(&[(slide, None)]), "").text(), "10⁶ N");
}
