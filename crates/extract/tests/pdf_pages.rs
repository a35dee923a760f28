//! Nothing of a page or a file is lost without a word: furniture, columns, tags, forms, scans,
//! attachments.

use extract::WarningKind;

use crate::fixtures::{TABLE, line, pdf, read};
use crate::pdf_file::{PdfFile, put};

const PROSE: &[&str] = &[
    "the committee met in the small hall",
    "and went through the list of matters",
    "before it closed the day with a vote",
    "on the plan for the coming year and",
    "the report was read by the secretary",
    "who also kept the minutes of it all",
];

fn column(x: f32, top: f32, mark: &str) -> String {
    PROSE
        .iter()
        .enumerate()
        .map(|(at, text)| put(10.0, x, top - 12.0 * at as f32, &format!("{mark} {text}")))
        .collect()
}

fn pages(count: usize, page: impl Fn(usize) -> String) -> Vec<u8> {
    pdf(&(1..=count).map(page).collect::<Vec<_>>())
}

pub(crate) fn warnings(bytes: Vec<u8>) -> Vec<(WarningKind, u64, Vec<u32>)> {
    let done = read(bytes, "").result.expect("a document that can be read");
    done.warnings.into_iter().map(|warning| (warning.kind, warning.count, warning.pages)).collect()
}

#[test]
fn what_differs_from_page_to_page_is_no_furniture() {
    let file = pages(4, |page| {
        line(10.0, 72.0, 810.0, &format!("Invoice 2026-00{page}"))
            + &column(72.0, 600.0, "")
            + &line(10.0, 72.0, 40.0, &format!("To pay: {}17 kr", page * 3))
    });
    let text = read(file, "").text();
    for page in 1..=4 {
        assert!(
            text.contains(&format!("Invoice 2026-00{page}"))
                && text.contains(&format!("To pay: {}17 kr", page * 3)),
            "{text}"
        );
    }
}

#[test]
fn a_number_at_the_edge_that_counts_no_pages_is_kept() {
    let text = read(
        pages(4, |page| {
            column(72.0, 600.0, "")
                + &line(10.0, 300.0, 30.0, ["1984", "1789", "1066", "1523"][page - 1])
        }),
        "",
    )
    .text();
    assert!(["1984", "1789", "1066", "1523"].iter().all(|year| text.contains(year)), "{text}");
}

#[test]
fn a_table_that_goes_on_keeps_the_names_of_its_columns() {
    let file = pages(4, |page| {
        let row = |y: f32, cells: [String; 3]| -> String {
            cells
                .iter()
                .enumerate()
                .map(|(at, cell)| line(10.0, 72.0 + 150.0 * at as f32, y, cell))
                .collect()
        };
        let mut content = row(800.0, ["Station".into(), "Rain".into(), "Wind".into()]);
        for at in 0..12 {
            let number = 12 * (page - 1) + at;
            content += &row(
                785.0 - 15.0 * at as f32,
                [format!("Post {number}"), format!("{number} mm"), format!("{number}.4")],
            );
        }
        content
    });
    let text = read(file, "").text();
    assert!(text.contains("Station: Post 45; Rain: 45 mm; Wind: 45.4"), "{text}");
}

#[test]
fn a_title_of_many_lines_over_two_columns_hides_no_gutter() {
    let title: String = (0..7)
        .map(|at| {
            put(
                12.0,
                120.0,
                800.0 - 15.0 * at as f32,
                "A long line of names that runs over both of the columns",
            )
        })
        .collect();
    let text =
        read(pdf(&[title + &column(60.0, 680.0, "L") + &column(320.0, 680.0, "R")]), "").text();
    assert!(
        text.find("L who also") < text.find("R the committee") && !text.contains(" | "),
        "{text}"
    );
}

#[test]
fn two_columns_of_sentences_are_no_table() {
    let content = line(10.0, 60.0, 700.0, "Left")
        + &line(10.0, 320.0, 700.0, "Right")
        + &column(60.0, 688.0, "")
        + &column(320.0, 688.0, "");
    let reading = read(pdf(&[content]), "");
    assert!(reading.blocks().iter().all(|(kind, _)| *kind != TABLE), "{}", reading.text());
}

/// Lines of prose, as many as are asked for.
fn prose(x: f32, top: f32, lines: usize, mark: &str) -> String {
    let lines = PROSE.iter().cycle().take(lines).enumerate();
    lines
        .map(|(at, text)| put(10.0, x, top - 12.0 * at as f32, &format!("{mark}{at} {text}")))
        .collect()
}

#[test]
fn columns_that_also_hold_a_table_are_read_one_after_the_other() {
    // The right column begins with the rows of a table, beside the first lines of the left one.
    let rows = (0..7).flat_map(|row| (0..4).map(move |cell| (row, cell)));
    let table: String = rows
        .map(|(row, cell)| {
            put(
                10.0,
                320.0 + 60.0 * cell as f32,
                700.0 - 12.0 * row as f32,
                &format!("{row}.{cell}"),
            )
        })
        .collect();
    let text =
        read(pdf(&[prose(60.0, 700.0, 20, "L") + &table + &prose(320.0, 604.0, 12, "R")]), "")
            .text();
    assert!(text.find("L19 ") < text.find("0.0") && text.find("6.3") < text.find("R0 "), "{text}");
    assert!(
        text.contains("L10 who also kept the minutes of it all") || text.contains("L11 who also"),
        "{text}"
    );
}

#[test]
fn a_figure_beside_prose_is_no_table_with_it() {
    let labels: String = (0..20)
        .map(|at| put(6.0, 340.0, 697.0 - 9.3 * at as f32, &format!("{at}-shape")))
        .collect();
    let reading = read(pdf(&[prose(60.0, 700.0, 18, "L") + &labels]), "");
    assert!(reading.blocks().iter().all(|(kind, _)| *kind != TABLE), "{}", reading.text());
    assert!(reading.text().find("L17 ") < reading.text().find("0-shape"), "{}", reading.text());
}

#[test]
fn a_word_that_is_divided_within_a_cell_is_made_whole() {
    let rows = ["Roads", "Parks", "Water"].iter().enumerate();
    let table: String = rows
        .map(|(at, name)| {
            let y = 700.0 - 40.0 * at as f32;
            put(10.0, 60.0, y, name)
                + &put(10.0, 200.0, y, "local govern-")
                + &put(10.0, 200.0, y - 12.0, "ment")
        })
        .collect();
    let text = read(pdf(&[table]), "").text();
    assert_eq!(
        text,
        "Roads | local government\nParks | local government\nWater | local government"
    );
}

#[test]
fn a_table_whose_last_column_is_prose_stays_a_table() {
    let mut content = String::new();
    for row in 0..6 {
        let y = 700.0 - 40.0 * row as f32;
        for (x, cell) in [
            (60.0, format!("{row}.")),
            (100.0, "Bankura".into()),
            (180.0, format!("{row}6")),
            (230.0, "Closed".into()),
        ] {
            content += &put(10.0, x, y - 12.0, &cell);
        }
        content += &prose(300.0, y, 3, &format!("N{row}"));
    }
    let text = read(pdf(&[content]), "").text();
    assert!(text.find("N00 ") < text.find("16") && text.find("N10 ") < text.find("26"), "{text}");
}

/// A tagged page: elements of the structure under one table or none, each content with its number.
pub(crate) fn tagged(content: &str, structure: impl Fn(&mut PdfFile, usize) -> String) -> Vec<u8> {
    let mut file = PdfFile::new();
    let page = file.draw(content);
    let kids = structure(&mut file, page);
    let root = file.object(format!("<< /Type /StructTreeRoot /K [{kids}] >>"));
    file.catalog = format!("/MarkInfo << /Marked true >> /StructTreeRoot {root} 0 R");
    file.bytes()
}

fn marked(mark: usize, y: f32, text: &str) -> String {
    format!("/P << /MCID {mark} >> BDC {}EMC\n", put(10.0, 72.0 + 10.0 * mark as f32, y, text))
}

#[test]
fn an_empty_cell_of_a_tagged_table_keeps_its_column() {
    let content: String =
        [(0, "Service"), (1, "Fee"), (2, "Remark"), (3, "Permit"), (4, "houses only")]
            .iter()
            .map(|(mark, text)| marked(*mark, 700.0 - 20.0 * *mark as f32, text))
            .collect();
    let file = tagged(&content, |_, page| {
        let cell = |kind: &str, mark: usize| format!("<< /S /{kind} /Pg {page} 0 R /K {mark} >> ");
        let head = cell("TH", 0) + &cell("TH", 1) + &cell("TH", 2);
        let row = cell("TD", 3) + "<< /S /TD >> " + &cell("TD", 4);
        format!("<< /S /Table /K [<< /S /TR /K [{head}] >> << /S /TR /K [{row}] >>] >>")
    });
    let text = read(file, "").text();
    assert!(text.contains("Service: Permit; Remark: houses only"), "{text}");
}

#[test]
fn a_merged_cell_of_a_tagged_table_is_true_of_each_of_its_rows() {
    let content: String =
        [(0, "Zone"), (1, "Line"), (2, "A"), (3, "Bus 1"), (4, "Bus 2"), (5, "B"), (6, "Bus 3")]
            .iter()
            .map(|(mark, text)| marked(*mark, 700.0 - 20.0 * *mark as f32, text))
            .collect();
    let file = tagged(&content, |_, page| {
        let cell = |kind: &str, mark: usize| format!("<< /S /{kind} /Pg {page} 0 R /K {mark} >> ");
        let tall = format!("<< /S /TD /Pg {page} 0 R /K 2 /A << /O /Table /RowSpan 2 >> >> ");
        let rows = [
            cell("TH", 0) + &cell("TH", 1),
            tall + &cell("TD", 3),
            cell("TD", 4),
            cell("TD", 5) + &cell("TD", 6),
        ];
        let rows: String = rows.iter().map(|cells| format!("<< /S /TR /K [{cells}] >> ")).collect();
        format!("<< /S /Table /K [{rows}] >>")
    });
    let text = read(file, "").text();
    let expected = "Zone: A; Line: Bus 1\nZone: A; Line: Bus 2\nZone: B; Line: Bus 3";
    assert!(text.contains(expected), "{text}");
}

/// A page that draws on a layer, as marked content and as a form, whose layer has these entries in
/// the configuration.
fn layered(configuration: &str) -> Vec<u8> {
    let mut file = PdfFile::new();
    let layer = file.object("<< /Type /OCG /Name (Draft) >>");
    let entries = format!(
        "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /OC {layer} 0 R /Resources << /Font << /F1 3 0 R >> >>"
    );
    let form = file.stream(&entries, put(10.0, 72.0, 640.0, "Formed"));
    file.page = format!(
        "/Resources << /Font << /F1 3 0 R >> /Properties << /L {layer} 0 R >> /XObject << /X {form} 0 R >> >>"
    );
    file.catalog = format!(
        "/OCProperties << /OCGs [{layer} 0 R] /D << {} >> >>",
        configuration.replace("LAYER", &format!("{layer} 0 R"))
    );
    let marked = format!("/OC /L BDC {}EMC\n", put(10.0, 72.0, 670.0, "Layered"));
    file.draw(put(10.0, 72.0, 700.0, "Plain") + &marked + "/X Do\n");
    file.bytes()
}

#[test]
fn a_layer_that_is_switched_off_is_counted_and_not_read() {
    for off in ["/OFF [LAYER]", "/BaseState /OFF"] {
        let file = layered(off);
        assert_eq!(read(file.clone(), "").text(), "Plain", "{off}");
        assert_eq!(warnings(file), [(WarningKind::HiddenText, 13, vec![1])], "{off}");
    }
    for on in ["", "/BaseState /OFF /ON [LAYER]"] {
        let text = read(layered(on), "").text();
        assert!(text.contains("Layered") && text.contains("Formed"), "{on}: {text}");
    }
}

#[test]
fn a_stamp_without_a_tag_is_read_where_it_stands() {
    let mut content = String::new();
    for (mark, text) in PROSE.iter().enumerate() {
        content += &marked(mark, 700.0 - 20.0 * mark as f32, text);
    }
    content += &put(9.0, 400.0, 780.0, "Ref 118");
    let file = tagged(&content, |_, page| {
        (0..PROSE.len()).map(|mark| format!("<< /S /P /Pg {page} 0 R /K {mark} >> ")).collect()
    });
    let text = read(file, "").text();
    assert!(text.starts_with("Ref 118") && text.contains(PROSE[5]), "{text}");
}

#[test]
fn columns_inside_one_element_of_the_structure_are_read_one_after_the_other() {
    let content = format!(
        "/P << /MCID 0 >> BDC {}{}EMC",
        column(60.0, 700.0, "L"),
        column(320.0, 700.0, "R")
    );
    let file = tagged(&content, |_, page| format!("<< /S /P /Pg {page} 0 R /K 0 >>"));
    let text = read(file, "").text();
    assert!(text.find("L who also") < text.find("R the committee"), "{text}");
}

#[test]
fn scanned_pages_behind_a_page_of_text_are_named() {
    let scan = "595 0 0 842 0 0 cm /I Do".to_owned();
    let file = pdf(&[line(10.0, 72.0, 700.0, "Text"), scan.clone(), String::new(), scan]);
    assert_eq!(warnings(file), [(WarningKind::PagesWithoutText, 2, vec![2, 4])]);
}
