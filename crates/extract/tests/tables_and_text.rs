//! CSV and plain text.

use crate::fixtures::{CODE, H1, H2, LI, P, TABLE, read};

#[test]
fn each_row_of_a_csv_names_its_columns() {
    let table = "Name;Town;Note\nAnna;Lund;\"likes; semicolons\"\nBo;;\n";
    assert_eq!(
        read(table, "x.csv").blocks(),
        [(TABLE, "Name: Anna; Town: Lund; Note: likes; semicolons\nName: Bo")]
    );
}

#[test]
fn a_csv_of_numbers_only_has_no_header() {
    assert_eq!(read("1,2\n3,4\n", "x.csv").blocks(), [(TABLE, "1 | 2\n3 | 4")]);
}

#[test]
fn tabs_separate_as_well_as_commas() {
    assert_eq!(read("A\tB\n1,5\t2\n", "x.tsv").blocks(), [(TABLE, "A: 1,5; B: 2")]);
}

#[test]
fn a_long_table_is_divided_between_rows() {
    let rows: String = (0..2000).map(|n| format!("{n},value {n}\n")).collect();
    let reading = read(format!("Id,Value\n{rows}"), "x.csv");
    assert!(reading.pages.len() > 2);
    let lines: Vec<String> =
        reading.blocks().iter().flat_map(|(_, text)| text.lines().map(str::to_owned)).collect();
    assert_eq!(lines.len(), 2000);
    assert!(lines.iter().all(|line| line.starts_with("Id: ") && line.contains("; Value: value ")));
}

#[test]
fn paragraphs_lists_and_preformatted_lines_are_told_apart() {
    let text = "OPENING HOURS\n\nThe hall is open from nine in the morning until the evening bell\nrings, on all days.\n\n\
        Bring with you:\n- a card\n- a coat,\n  if it rains\n\nRoses are red\nViolets are blue\n\nA title\n=======\n\n1) first\n2) second\n";
    assert_eq!(
        read(text, "x.txt").blocks(),
        [
            (H2, "OPENING HOURS"),
            (
                P,
                "The hall is open from nine in the morning until the evening bell rings, on all days."
            ),
            (P, "Bring with you:"),
            (LI, "- a card"),
            (LI, "- a coat, if it rains"),
            (CODE, "Roses are red\nViolets are blue"),
            (H1, "A title"),
            (LI, "1) first"),
            (LI, "2) second"),
        ]
    );
}

#[test]
fn a_text_without_pages_is_divided_into_stretches_of_a_size_that_is_good_to_show() {
    let text = "Words that go on without an end. ".repeat(6000);
    let reading = read(text.clone(), "x.txt");
    assert!(reading.meta.as_ref().is_some_and(|meta| !meta.paged));
    assert!(reading.pages.len() > 5);
    assert!(
        reading
            .pages
            .iter()
            .all(|page| page.blocks.iter().all(|block| block.text.len() <= 32 * 1024))
    );
    assert_eq!(reading.text().split_whitespace().count(), text.split_whitespace().count());
}

#[test]
fn what_postgres_can_not_hold_and_nobody_can_see_is_dropped() {
    let reading = read(
        "Soft\u{ad}hyphen, zero\u{200b}width, non\u{a0}breaking, \u{fb01}ne, a\u{30a}ngstrom, esc\u{1b}ape",
        "x.txt",
    );
    assert_eq!(reading.text(), "Softhyphen, zerowidth, non breaking, fine, ångstrom, escape");
}

#[test]
fn a_file_of_blanks_has_no_text() {
    assert_eq!(read("  \n\n \t ", "x.txt").code(), extract::Code::NoText);
}
