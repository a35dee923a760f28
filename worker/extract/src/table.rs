//! How a table reads as text: so that each row can be understood, found and quoted by itself.
//!
//! With a header, a row is `Item: Book; Days: 28; Fee: 2 kr`; without one, `Book | 28 | 2 kr`. Empty cells are left
//! out. One line per row; a line feed inside a cell becomes a blank.

use crate::{clean, limits};

/// A table that is being read, row by row.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Vec<String>>,
    /// Whether the first row names the columns.
    pub(crate) headed: bool,
}

impl Table {
    /// The table as text; empty where no cell holds any.
    pub(crate) fn text(&self) -> String {
        let mut rows = self.rows.iter();
        let header = if self.headed && self.rows.len() > 1 { rows.next() } else { None };
        let lines: Vec<String> = rows.map(|row| line(header.map(Vec::as_slice), row)).collect();
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Columns of the widest row.
    pub(crate) fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// One row as a line of text.
pub(crate) fn line(header: Option<&[String]>, row: &[String]) -> String {
    let mut out = String::new();
    for (column, cell) in row.iter().enumerate().take(limits::MAX_COLUMNS) {
        let cell = clean::flowing(cell);
        if cell.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_str(if header.is_some() { "; " } else { " | " });
        }
        let name = header.and_then(|names| names.get(column)).map(|name| clean::flowing(name));
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            out.push_str(&name);
            out.push_str(": ");
        }
        out.push_str(&cell);
    }
    out
}
