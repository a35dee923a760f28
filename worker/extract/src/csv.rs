//! Tables of values separated by commas, semicolons, tabs or bars.

use crate::document::{BlockKind, Meta};
use crate::failure::Failure;
use crate::output::Output;
use crate::{Format, charset, table};

/// Bytes of rows that make one block.
const BLOCK_BYTES: usize = 4096;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let text = charset::decode(bytes, None);
    out.meta(Meta { format: Format::Csv, title: None, page_count: None, paged: false });
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut header: Option<Vec<String>> = None;
    let mut first = true;
    let mut lines = String::new();
    for record in reader.records() {
        let record = record.map_err(|fault| Failure::broken(format!("The table can't be read: {fault}.")))?;
        let row: Vec<String> = record.iter().map(str::to_owned).collect();
        if std::mem::take(&mut first) && names_columns(&row) {
            header = Some(row);
            continue;
        }
        let line = table::line(header.as_deref(), &row);
        if lines.len() + line.len() > BLOCK_BYTES {
            out.push(BlockKind::Table, &std::mem::take(&mut lines))?;
        }
        if !line.is_empty() {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    match header {
        // A table of a header only still says what it is about.
        Some(header) if lines.is_empty() => out.push(BlockKind::Table, &table::line(None, &header)),
        _ => out.push(BlockKind::Table, &lines),
    }
}

/// The separator that divides the first lines into the same number of cells, more than one; a comma where none does.
fn delimiter(text: &str) -> u8 {
    let count = |separator: u8| {
        let mut reader = ::csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let widths: Vec<usize> = reader.records().take(20).flatten().map(|record| record.len()).collect();
        let widest = widths.first().copied().unwrap_or(0);
        let alike = widths.iter().filter(|&&width| width == widest).count();
        if widest > 1 { alike * 1000 / widths.len().max(1) * 100 + widest.min(99) } else { 0 }
    };
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

/// A first row of words, all different and none of them a number, names the columns.
fn names_columns(row: &[String]) -> bool {
    let cells: Vec<&str> = row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let named = cells.iter().all(|cell| cell.len() <= 120 && cell.chars().any(char::is_alphabetic));
    let distinct = cells.iter().collect::<std::collections::HashSet<_>>().len() == cells.len();
    !cells.is_empty() && cells.len() * 2 >= row.len() && named && distinct
}
