//! Tables of separated values: the separator, the names of columns, and stray quotation marks.

use extract::WarningKind;
use proptest::prelude::*;

use crate::fixtures::{P, TABLE, read};

fn text(table: &str, name: &str) -> String {
    read(table, name).text()
}

#[test]
fn the_separator_is_the_one_that_divides_all_records_alike() {
    assert_eq!(
        text("Vara;Pris, kr\nSko;349,50\nVäst;89,90\n", "x.csv"),
        "Vara: Sko; Pris, kr: 349,50\nVara: Väst; Pris, kr: 89,90"
    );
    assert_eq!(
        text("Name,Tags\nAnna,a;b\nBo,c;d\n", "x.csv"),
        "Name: Anna; Tags: a;b\nName: Bo; Tags: c;d"
    );
    assert_eq!(
        text("Town\nLund, in the south\nKiruna, in the north\nVisby\n", "x.csv"),
        "Town\nLund, in the south\nKiruna, in the north\nVisby"
    );
    assert_eq!(text("a|b, c\nd|e, f\n", "x.csv"), "a: d; b, c: e, f");
    assert_eq!(
        text("Belopp\n349,50\n12,00\n7,25\n", "x.csv"),
        "Belopp: 349,50\nBelopp: 12,00\nBelopp: 7,25"
    );
}

#[test]
fn the_separator_that_excel_names_is_believed_and_not_read() {
    for first in ["sep=;", "SEP=;", "\"sep=;\""] {
        assert_eq!(
            text(&format!("{first}\r\nName;Sum\r\nAnna;1,5\r\n"), "x.csv"),
            "Name: Anna; Sum: 1,5"
        );
    }
    assert_eq!(text("sep=^\na^b\nc^d\n", "x.csv"), "a: c; b: d");
}

#[test]
fn titles_over_a_table_are_paragraphs_and_notes_under_it_are_kept() {
    let table = "\"Population by region\"\n\"Source: the office\"\n\nregion,2023,2024\nBorgby,1,2\nSandvik,3,4\n\n\"Preliminary numbers\"\n";
    assert_eq!(
        read(table, "x.csv").blocks(),
        [
            (P, "Population by region"),
            (P, "Source: the office"),
            (
                TABLE,
                "region: Borgby; 2023: 1; 2024: 2\nregion: Sandvik; 2023: 3; 2024: 4\nregion: Preliminary numbers"
            )
        ]
    );
}

#[test]
fn years_and_empty_corners_name_columns_and_numbers_do_not() {
    assert_eq!(
        text(",2022,2023\nNorth,5,6\nSouth,7,8\n", "x.csv"),
        "North; 2022: 5; 2023: 6\nSouth; 2022: 7; 2023: 8"
    );
    assert_eq!(text("North,5,6\nSouth,7,8\n", "x.csv"), "North | 5 | 6\nSouth | 7 | 8");
    assert_eq!(
        text("North,1999,2001\nSouth,1998,2003\n", "x.csv"),
        "North | 1999 | 2001\nSouth | 1998 | 2003"
    );
    assert_eq!(
        text("Code,Name,Name\n1,a,b\n2,c,d\n", "x.csv"),
        "Code: 1; Name: a; Name: b\nCode: 2; Name: c; Name: d"
    );
}

#[test]
fn a_quotation_mark_without_its_partner_swallows_nothing() {
    assert_eq!(
        text("Part\tSize\n\"Bolt\t5 cm\nNut\t3 cm\n", "x.tsv"),
        "Part: \"Bolt; Size: 5 cm\nPart: Nut; Size: 3 cm"
    );
    assert_eq!(
        text("Part,Size\nBolt,5\" wide\nNut,\"3\"\" wide\"\n", "x.csv"),
        "Part: Bolt; Size: 5\" wide\nPart: Nut; Size: 3\" wide"
    );
}

#[test]
fn columns_past_the_limit_are_counted() {
    let row = (0..600).map(|n| format!("v{n}")).collect::<Vec<_>>().join(";");
    let reading = read(format!("{row}\n{row}x\n"), "x.csv");
    let warnings = reading.result.unwrap().warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.kind == WarningKind::SkippedColumns && warning.count == 88),
        "{warnings:?}"
    );
}

#[test]
fn stray_quotation_marks_without_number_are_read_in_linear_work() {
    let table = "\"a,b\n".repeat(200_000);
    assert!(text(&table, "x.csv").len() > table.len() / 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_that_a_program_writes_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a-zåäö]{1,6}( [a-z]{1,5})?(, [a-z]{1,5})?|[0-9]{1,4},[0-9]{2}", 3), 2..8),
        separator in prop::sample::select(vec![';', '\t', '|', ',']),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let quoted = |cell: &str| if cell.contains(separator) { format!("\"{cell}\"") } else { cell.to_owned() };
        let join = |cells: &[String]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(&separator.to_string());
        let head = ["Alpha".to_owned(), "Beta".to_owned(), "Gamma".to_owned()];
        let lines: Vec<String> = std::iter::once(join(&head)).chain(rows.iter().map(|row| join(row))).collect();
        let expected: Vec<String> =
            rows.iter().map(|row| format!("Alpha: {}; Beta: {}; Gamma: {}", row[0], row[1], row[2])).collect();
        prop_assert_eq!(text(&lines.join(line_end), "x.csv"), expected.join("\n"));
    }
}
