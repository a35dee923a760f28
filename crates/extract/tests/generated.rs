//! Generated documents of the kinds whose other tests are single files: numbers, parts of an Office
//! file, mail, detection, hidden text, and the edges, columns and tables of PDF pages.

use extract::{Format, WarningKind, detect};
use proptest::prelude::*;

use crate::fixtures::{Reading, archive, docx, line, pdf, pptx, read};
use crate::numbers::{level, numbered};
use crate::parts::{paragraph, word};
use crate::pdf_file::put;
use crate::pdf_pages::tagged;

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zåäö]{3,9}", 2..8)
}

fn count_of(reading: &Reading, kind: WarningKind) -> u64 {
    let warnings = &reading.result.as_ref().expect("a document that can be read").warnings;
    warnings.iter().find(|warning| warning.kind == kind).map_or(0, |warning| warning.count)
}

fn roman(mut number: u32) -> String {
    const SIGNS: [(u32, &str); 9] = [
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            out.push_str(sign);
            number -= value;
        }
    }
    out
}

/// Table with a header, row by row, of which some cells are empty.
fn cells() -> impl Strategy<Value = Vec<Vec<Option<u32>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::of(100_u32..999), 3), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn items_of_any_list_have_the_numbers_that_are_shown(start in 1_u32..80, count in 1_usize..20, small_roman in any::<bool>()) {
        let shown = |at: usize| {
            let number = start + u32::try_from(at).unwrap();
            if small_roman { roman(number) } else { number.to_string() }
        };
        let expected: Vec<String> = (0..count).map(|at| format!("{}. item{at}", shown(at))).collect();
        let (html_type, word_format) = if small_roman { ("i", "lowerRoman") } else { ("1", "decimal") };
        let items: String = (0..count).map(|at| format!("<li>item{at}</li>")).collect();
        let page = read(format!("<html><ol start={start} type={html_type}>{items}</ol>"), "");
        prop_assert_eq!(page.text(), expected.join("\n"));
        let names: Vec<String> = (0..count).map(|at| format!("item{at}")).collect();
        let items: Vec<(u8, u8, &str)> = names.iter().map(|name| (1, 0, name.as_str())).collect();
        let levels = level(0, word_format, "%1.")
            .replace(r#"<w:start w:val="1"/>"#, &format!(r#"<w:start w:val="{start}"/>"#));
        prop_assert_eq!(numbered(&levels, "", &items), expected.join("\n"));
    }

    #[test]
    fn a_raised_number_is_never_read_as_further_digits(base in 2_u32..999, power in 2_u32..99) {
        const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        let digit = |c: char| RAISED[c.to_digit(10).unwrap() as usize];
        let expected: String = base.to_string() + &power.to_string().chars().map(digit).collect::<String>();
        let page = read(format!("<html><p>It is {base}<sup>{power}</sup> at most"), "");
        prop_assert_eq!(page.text(), format!("It is {expected} at most"));
        let body = format!(
            r#"<w:p><w:r><w:t>It is {base}</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>{power}</w:t></w:r></w:p>"#
        );
        prop_assert_eq!(word(&body, &[], &[]).text(), format!("It is {expected}"));
    }

    #[test]
    fn each_part_of_a_word_document_is_read_once(heads in words(), notes in words(), boxes in words()) {
        // Different from each other, and from the body.
        let text = |kind: &str, at: usize, word: &str| format!("{kind}{at} {word}");
        let all = |kind: &str, words: &[String]| -> Vec<String> {
            words.iter().enumerate().map(|(at, word)| text(kind, at, word)).collect()
        };
        let (heads, notes, boxes) = (all("head", &heads), all("note", &notes), all("box", &boxes));
        let head = format!("<w:hdr>{}</w:hdr>", heads.iter().map(|text| paragraph(text)).collect::<String>());
        let note: String = notes.iter().map(|text| format!("<w:footnote>{}</w:footnote>", paragraph(text))).collect();
        let note = format!("<w:footnotes>{note}</w:footnotes>");
        let boxed: String = boxes
            .iter()
            .map(|text| format!("<w:p><w:r><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict></w:r></w:p>", paragraph(text)))
            .collect();
        let reading = word(
            &(paragraph("The letter.") + &boxed),
            &[("a", "header", "header1.xml"), ("b", "header", "header2.xml"), ("c", "footnotes", "footnotes.xml")],
            &[("word/header1.xml", &head), ("word/header2.xml", &head), ("word/footnotes.xml", &note)],
        );
        let read = reading.text();
        for text in heads.iter().chain(&notes).chain(&boxes) {
            prop_assert_eq!(read.matches(text.as_str()).count(), 1, "{}: {}", text, read);
        }
    }

    #[test]
    fn a_mail_gives_its_subject_its_text_and_the_number_of_its_attachments(
        subject in words(), body in words(), attached in 0_usize..6, in_base64 in any::<bool>(),
    ) {
        use std::fmt::Write as _;
        let (subject, body) = (subject.join(" "), body.join(" "));
        let quoted = |text: &str| text.bytes().fold(String::new(), |mut out, byte| {
            write!(out, "={byte:02X}").unwrap();
            out
        });
        let (encoding, encoded) = if in_base64 {
            ("base64", base64(body.as_bytes()))
        } else {
            // Soft breaks keep the lines short.
            let lines: Vec<String> = body.chars().map(|c| quoted(&c.to_string())).collect();
            ("quoted-printable", lines.chunks(9).map(<[String]>::concat).collect::<Vec<_>>().join("=\r\n"))
        };
        let files: String = (0..attached)
            .map(|at| format!("--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=\"file{at}.zip\"\r\n\r\nxyz\r\n"))
            .collect();
        let mail = format!(
            "From: eva@example.org\r\nTo: bo@example.org\r\nSubject: =?utf-8?Q?{}?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: {encoding}\r\n\r\n{encoded}\r\n{files}--b--\r\n",
            quoted(&subject)
        );
        let reading = read(mail, "x.eml");
        prop_assert_eq!(reading.title(), Some(subject.as_str()));
        prop_assert!(reading.text().contains(&body), "{} / {}", body, reading.text());
        prop_assert_eq!(count_of(&reading, WarningKind::SkippedAttachments), attached as u64);
        let named = (0..attached).all(|at| reading.text().contains(&format!("file{at}.zip")));
        prop_assert!(named, "{}", reading.text());
    }

    #[test]
    fn a_document_is_told_by_its_content_under_any_name(name in "[a-z]{1,8}\\.(pdf|docx|pptx|txt|html|csv|md|eml|xls|jpg)") {
        for (bytes, format) in [
            (pdf(&[line(12.0, 72.0, 700.0, "Text")]), Format::Pdf),
            (docx(&paragraph("Text"), &[]), Format::Docx),
            (pptx(&[("<p:sp/>", None)]), Format::Pptx),
        ] {
            prop_assert_eq!(detect(&bytes, &name, None).unwrap(), format, "{}", name);
        }
        let unknown = archive(&[("a.bin", b"\0\x01\x02")]);
        prop_assert!(detect(&unknown, &name, None).is_err());
    }

    #[test]
    fn hidden_text_is_counted_letter_by_letter_and_the_rest_is_read(
        parts in prop::collection::vec(("[a-z]{4,9}", prop::option::of(0_usize..4)), 2..10),
    ) {
        const HIDING: [&str; 4] = ["hidden", "style='display:none'", "style='visibility:hidden'", "style='opacity:0'"];
        let mut page = "<html><body><p>before</p>".to_owned();
        let (mut seen, mut hidden) = (vec!["before".to_owned()], 0);
        for (at, (text, hiding)) in parts.iter().enumerate() {
            let text = format!("{text}{at}");
            match hiding {
                Some(way) => {
                    page += &format!("<p {}>{text}</p>", HIDING[*way]);
                    hidden += text.len() as u64;
                }
                None => {
                    page += &format!("<p>{text}</p>");
                    seen.push(text);
                }
            }
        }
        let reading = read(page, "");
        prop_assert_eq!(reading.text(), seen.join("\n\n"));
        prop_assert_eq!(count_of(&reading, WarningKind::HiddenText), hidden);
    }

    #[test]
    fn numbers_at_the_edge_that_differ_from_page_to_page_stay(
        numbers in prop::collection::hash_set(1000_u32..9999, 3..7), amount in 100_u32..999,
    ) {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        let pages: Vec<String> = numbers
            .iter()
            .map(|number| {
                let body: String =
                    (0..6).map(|at| line(10.0, 72.0, 600.0 - 14.0 * at as f32, "the report was read by the secretary")).collect();
                line(10.0, 72.0, 810.0, &format!("Invoice {number}"))
                    + &body
                    + &line(10.0, 72.0, 40.0, &format!("To pay {} kr", number + amount))
            })
            .collect();
        let text = read(pdf(&pages), "").text();
        for number in numbers {
            prop_assert!(text.contains(&format!("Invoice {number}")), "{}", text);
            prop_assert!(text.contains(&format!("To pay {} kr", number + amount)), "{}", text);
        }
    }

    #[test]
    fn two_columns_of_prose_are_read_one_after_the_other(lines in 5_usize..25, gutter in 30.0_f32..80.0) {
        let column = |x: f32, mark: &str| -> String {
            (0..lines)
                .map(|at| put(10.0, x, 760.0 - 12.0 * at as f32, &format!("{mark}{at} and went through the list of")))
                .collect()
        };
        let text = read(pdf(&[column(50.0, "L") + &column(220.0 + gutter, "R")]), "").text();
        let place = |mark: String| text.find(&mark);
        let last = place(format!("L{}", lines - 1));
        prop_assert!(last.is_some() && last < place("R0".to_owned()), "{}", text);
    }

    #[test]
    fn cells_of_a_tagged_table_keep_their_columns_whichever_are_empty(rows in cells()) {
        let names = ["Service", "Fee", "Days"];
        let mut content = String::new();
        let mut mark = 0;
        let mut structure = Vec::new();
        let mut add = |y: f32, text: Option<String>| {
            text.map(|text| {
                content.push_str(&format!(
                    "/P << /MCID {mark} >> BDC {}EMC\n",
                    put(10.0, 72.0 + 90.0 * (mark % 5) as f32, y, &text)
                ));
                mark += 1;
                mark - 1
            })
        };
        structure.push(("TH", names.map(|name| add(780.0, Some(name.to_owned()))).to_vec()));
        for (at, row) in rows.iter().enumerate() {
            let y = 750.0 - 20.0 * at as f32;
            structure.push(("TD", row.iter().map(|cell| add(y, cell.map(|cell| cell.to_string()))).collect()));
        }
        let file = tagged(&content, |_, page| {
            let cell = |kind: &str, mark: Option<i32>| match mark {
                Some(mark) => format!("<< /S /{kind} /Pg {page} 0 R /K {mark} >> "),
                None => format!("<< /S /{kind} >> "),
            };
            let row = |(kind, cells): &(&str, Vec<Option<i32>>)| {
                let cells: String = cells.iter().map(|mark| cell(kind, *mark)).collect();
                format!("<< /S /TR /K [{cells}] >> ")
            };
            format!("<< /S /Table /K [{}] >>", structure.iter().map(row).collect::<String>())
        });
        let text = read(file, "").text();
        for row in rows.iter().filter(|row| row.iter().any(Option::is_some)) {
            let filled = row.iter().zip(names).filter_map(|(cell, name)| Some(format!("{name}: {}", (*cell)?)));
            let expected = filled.collect::<Vec<_>>().join("; ");
            prop_assert!(text.lines().any(|line| line == expected), "{} / {}", expected, text);
        }
    }
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let value = (0..3)
            .fold(0_usize, |value, at| value << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let sign = SIGNS[value >> (18 - 6 * at) & 63] as char;
            out.push(if at <= chunk.len() { sign } else { '=' });
        }
    }
    out
}
