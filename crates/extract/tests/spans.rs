//! Tables with merged cells: each value under its column and in each of its rows, and the same in
//! all formats.

use proptest::prelude::*;

use crate::fixtures::{TABLE, docx, pptx, read};

/// A table of values; a value that is equal to the one above or before it is one cell with it.
#[derive(Debug, Clone)]
struct MergedTable {
    /// By row and column the number of the cell.
    cells: Vec<Vec<usize>>,
}

fn merged() -> impl Strategy<Value = MergedTable> {
    (2_usize..6, 2_usize..6).prop_flat_map(|(rows, columns)| {
        let joins = prop::collection::vec(prop::collection::vec(0_u8..6, columns), rows);
        joins.prop_map(move |joins| {
            let mut cells = vec![vec![0; columns]; rows];
            for row in 0..rows {
                for column in 0..columns {
                    let down = row > 0 && joins[row][column] == 0;
                    // A cell across columns begins past the first, whose spans are labels.
                    let is_single = |cell: usize| {
                        cells.iter().flatten().filter(|&&other| other == cell).count() == 1
                    };
                    let across = column > 1
                        && joins[row][column] == 1
                        && is_single(cells[row][column - 1])
                        && !down;
                    cells[row][column] = if down && column_is_own(&cells, row - 1, column) {
                        cells[row - 1][column]
                    } else if across {
                        cells[row][column - 1]
                    } else {
                        row * columns + column + 1
                    };
                }
            }
            MergedTable { cells }
        })
    })
}

/// True where the cell covers this column only, so that it may go on below.
fn column_is_own(cells: &[Vec<usize>], row: usize, column: usize) -> bool {
    cells[row].iter().filter(|&&cell| cell == cells[row][column]).count() == 1
}

impl MergedTable {
    fn expected(&self) -> String {
        let line = |row: &Vec<usize>| {
            let cells = row
                .iter()
                .enumerate()
                .map(|(column, cell)| format!("Column {column}: value {cell}"));
            cells.collect::<Vec<_>>().join("; ")
        };
        self.cells.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Columns and rows that the cell whose upper left corner is here covers; nothing elsewhere.
    fn corner(&self, row: usize, column: usize) -> Option<(usize, usize)> {
        let cell = self.cells[row][column];
        let above = row > 0 && self.cells[row - 1][column] == cell;
        let before = column > 0 && self.cells[row][column - 1] == cell;
        let columns = self.cells[row].iter().filter(|&&other| other == cell).count();
        let rows = self.cells.iter().filter(|row| row.contains(&cell)).count();
        (!above && !before).then_some((columns, rows))
    }

    fn columns(&self) -> usize {
        self.cells[0].len()
    }

    fn each(
        &self,
        mut cell: impl FnMut(usize, usize, Option<(usize, usize)>) -> String,
    ) -> Vec<String> {
        let rows = 0..self.cells.len();
        rows.map(|row| {
            (0..self.columns()).map(|column| cell(row, column, self.corner(row, column))).collect()
        })
        .collect()
    }

    fn html(&self) -> String {
        let head: String =
            (0..self.columns()).map(|column| format!("<th>Column {column}")).collect();
        let rows = self.each(|row, column, corner| match corner {
            Some((columns, rows)) => {
                format!(
                    "<td colspan={columns} rowspan={rows}>value {}</td>",
                    self.cells[row][column]
                )
            }
            None => String::new(),
        });
        let rows: String = rows.iter().map(|cells| format!("<tr>{cells}</tr>")).collect();
        format!("<html><table><tr>{head}</tr>{rows}</table>")
    }

    fn docx(&self) -> Vec<u8> {
        let cell = |properties: &str, text: &str| {
            format!(
                "<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"
            )
        };
        let head: String =
            (0..self.columns()).map(|column| cell("", &format!("Column {column}"))).collect();
        let rows = self.each(|row, column, corner| {
            let text = format!("value {}", self.cells[row][column]);
            match corner {
                Some((columns, rows)) => {
                    let merge = if rows > 1 { r#"<w:vMerge w:val="restart"/>"# } else { "" };
                    cell(&format!(r#"<w:gridSpan w:val="{columns}"/>{merge}"#), &text)
                }
                None if row > 0 && self.cells[row - 1][column] == self.cells[row][column] => {
                    cell("<w:vMerge/>", "")
                }
                None => String::new(),
            }
        });
        let rows: String = rows.iter().map(|cells| format!("<w:tr>{cells}</w:tr>")).collect();
        let marked = "<w:trPr><w:tblHeader/></w:trPr>";
        docx(&format!("<w:tbl><w:tr>{marked}{head}</w:tr>{rows}</w:tbl>"), &[])
    }

    fn pptx(&self) -> Vec<u8> {
        let cell = |properties: &str, text: &str| {
            format!(
                "<a:tc {properties}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"
            )
        };
        let head: String =
            (0..self.columns()).map(|column| cell("", &format!("Column {column}"))).collect();
        let rows = self.each(|row, column, corner| {
            let text = format!("value {}", self.cells[row][column]);
            match corner {
                Some((columns, rows)) => {
                    cell(&format!(r#"gridSpan="{columns}" rowSpan="{rows}""#), &text)
                }
                None if row > 0 && self.cells[row - 1][column] == self.cells[row][column] => {
                    cell(r#"vMerge="1""#, "")
                }
                None => cell(r#"hMerge="1""#, ""),
            }
        });
        let rows: String = rows.iter().map(|cells| format!("<a:tr>{cells}</a:tr>")).collect();
        let table = format!(r#"<a:tbl><a:tblPr firstRow="1"/><a:tr>{head}</a:tr>{rows}</a:tbl>"#);
        pptx(&[(&format!("<p:graphicFrame>{table}</p:graphicFrame>"), None)])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merged_cells_read_the_same_in_web_pages_word_and_powerpoint(table in merged()) {
        let expected = table.expected();
        for reading in [read(table.html(), "a.html"), read(table.docx(), "a.docx"), read(table.pptx(), "a.pptx")] {
            prop_assert_eq!(reading.blocks(), [(TABLE, expected.as_str())]);
        }
    }
}

#[test]
fn a_header_of_two_rows_names_each_column_by_both() {
    let page = "<html><table><tr><th rowspan=2>Region<th colspan=2>Sales<tr><th>2024<th>2023<tr><td>North<td>4<td>3";
    assert_eq!(read(page, "").blocks(), [(TABLE, "Region: North; Sales 2024: 4; Sales 2023: 3")]);
}

#[test]
fn a_label_over_the_first_columns_is_said_once_and_a_value_under_each_of_its_columns() {
    let page = "<html><table><tr><th>Day<th>Room<th>Open<th>Close<tr><td colspan=2>All days<td>8<td>9\
        <tr><td>Sunday<td>Hall<td colspan=2>shut</table>";
    let rows = "Day: All days; Open: 8; Close: 9\nDay: Sunday; Room: Hall; Open: shut; Close: shut";
    assert_eq!(read(page, "").blocks(), [(TABLE, rows)]);
}

#[test]
fn a_row_of_one_cell_across_the_table_is_a_title() {
    let page = "<html><table><tr><th>Item<th>Days<tr><td colspan=2>Media<tr><td>Book<td>28</table>";
    assert_eq!(read(page, "").blocks(), [(TABLE, "Media\nItem: Book; Days: 28")]);
}

#[test]
fn empty_cells_keep_their_place_where_no_header_names_the_columns() {
    let page = "<html><table><tr><td>Borgby<td><td>3.4<td><tr><td><td>1<td>2<td>5</table>";
    assert_eq!(read(page, "").text(), "Borgby |  | 3.4\n | 1 | 2 | 5");
}

#[test]
fn a_table_all_of_whose_rows_are_alike_is_not_lost() {
    let cells = |tag: &str| format!("<tr><{tag}>5</{tag}><{tag}>kr</{tag}></tr>");
    let text = read(format!("<table>{}{}</table>", cells("th"), cells("td")), "a.html").text();
    assert_eq!(text, "5 | kr\n5 | kr");
    assert_eq!(read("| 5 | kr |\n|---|---|\n| 5 | kr |\n", "a.md").text(), "5 | kr\n5 | kr");
}

#[test]
fn names_of_columns_that_are_empty_in_all_rows_are_said_first() {
    let page = "<html><table><tr><th>Check<th>Passed<tr><td>Exit sign<td></table>";
    assert_eq!(read(page, "").text(), "Check | Passed\nCheck: Exit sign");
    let form = "<html><table><tr><th>Name<th>Date<tr><td><td><tr><td><td></table>";
    assert_eq!(read(form, "").text(), "Name | Date");
}

#[test]
fn spans_beyond_all_measure_are_bounded() {
    let cell = "<tr><td rowspan=65534 colspan=1000>a long value that would come again and again</td><td>x</td></tr>";
    let reading = read(format!("<html><table>{}</table>", cell.repeat(3000)), "");
    let text = reading.text();
    assert!(text.len() < 32 * 1024 * 1024, "{}", text.len());
    assert!(text.contains("a long value"));
    let row = format!(
        "<w:tr>{}</w:tr>",
        r#"<w:tc><w:tcPr><w:gridSpan w:val="999999"/></w:tcPr><w:p><w:r><w:t>v</w:t></w:r></w:p></w:tc>"#.repeat(40)
    );
    assert!(
        read(docx(&format!("<w:tbl>{}</w:tbl>", row.repeat(500)), &[]), "").text().len()
            < 32 * 1024 * 1024
    );
}

#[test]
fn cells_before_the_first_column_and_deleted_rows_of_word_are_known() {
    let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    let head = format!(
        "<w:tr><w:trPr><w:tblHeader/></w:trPr>{}{}{}</w:tr>",
        cell("A"),
        cell("B"),
        cell("C")
    );
    let short = format!(
        r#"<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{}{}</w:tr>"#,
        cell("b"),
        cell("c")
    );
    let gone = format!(
        r#"<w:tr><w:trPr><w:del w:id="1" w:author="x"/></w:trPr>{}</w:tr>"#,
        cell("deleted")
    );
    let reading = read(docx(&format!("<w:tbl>{head}{short}{gone}</w:tbl>"), &[]), "");
    assert_eq!(reading.text(), "A | B | C\nB: b; C: c");
}
