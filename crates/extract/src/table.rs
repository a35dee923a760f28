//! How a table reads as text: so that each row can be understood, found and quoted by itself.
//!
//! With a header, a row is `Item: Book; Days: 28; Fee: 2 kr`, and empty cells are left out; without
//! one, it is
//! `Book |  | 2 kr`, and empty cells keep their place. One line per row; a line feed inside a cell becomes a blank.
//! Names of columns that are empty in every row, as in a form, stand in a line before the rows.

use crate::{clean, limits};

/// Characters of a column's name that stand before its value in each row.
const MAX_NAME: usize = 120;

/// A table that is being read, row by row.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Vec<String>>,
    /// Whether the first row names the columns.
    pub(crate) headed: bool,
}

impl Table {
    /// Columns past the limit that hold a value; the text leaves them out.
    pub(crate) fn skipped_columns(&self) -> u64 {
        let filled = |row: &Vec<String>| {
            row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |at| at + 1)
        };
        let widest = self.rows.iter().map(filled).max().unwrap_or(0);
        widest.saturating_sub(limits::MAX_COLUMNS) as u64
    }

    /// The table as text; empty where no cell holds any.
    pub(crate) fn text(&self) -> String {
        let mut rows = self.rows.as_slice();
        let mut text = Text::default();
        if self.headed
            && let [header, rest @ ..] = rows
        {
            text = Text::under(header, &used_columns(header.len(), rest.iter().map(Vec::as_slice)));
            rows = rest;
        }
        rows.iter().for_each(|row| text.row(row));
        // Where all rows say the names once more, they were no names.
        if text.out.is_empty() {
            self.rows.iter().for_each(|row| text.push(&line(None, row)));
        }
        text.out
    }
}

/// The text of a table, row by row.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) out: String,
    header: Option<Header>,
}

/// The names of a table's columns.
#[derive(Debug)]
struct Header {
    names: Vec<String>,
    /// As they stand before values.
    labels: Vec<String>,
}

impl Text {
    /// The text of a table with these names of columns; `used` says which of them hold a value in
    /// any row. Names of the others are said first, as nothing else would say them.
    pub(crate) fn under(names: &[String], used: &[bool]) -> Self {
        let names: Vec<String> = names.iter().map(|name| clean::flowing(name)).collect();
        let is_short = |name: &String| name.chars().count() <= MAX_NAME;
        let all_said =
            names.iter().zip(used).all(|(name, used)| name.is_empty() || (*used && is_short(name)));
        let mut text = Self::default();
        if !all_said {
            text.push(&line(None, &names));
        }
        let labels = names.iter().map(|name| name.chars().take(MAX_NAME).collect()).collect();
        text.header = Some(Header { names, labels });
        text
    }

    /// Adds a row. One that says the names once more, as on the next page, is left out.
    pub(crate) fn row(&mut self, row: &[String]) {
        // More than this is no document; the output refuses it.
        if self.out.len() > limits::MAX_TEXT_BYTES {
            return;
        }
        let repeats = |names: &[String]| {
            row.len() == names.len()
                && row.iter().zip(names).all(|(cell, name)| clean::flowing(cell) == *name)
        };
        match &self.header {
            Some(header) if repeats(&header.names) => {}
            Some(header) => {
                let line = line(Some(&header.labels), row);
                self.push(&line);
            }
            None => self.push(&line(None, row)),
        }
    }

    /// Adds a line that belongs to no column.
    pub(crate) fn push(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(line);
    }
}

/// Which of the first `width` columns hold a value in any row.
pub(crate) fn used_columns<'a>(
    width: usize,
    rows: impl Iterator<Item = &'a [String]>,
) -> Vec<bool> {
    let mut used = vec![false; width];
    for row in rows {
        used.iter_mut().zip(row).for_each(|(used, cell)| *used |= !cell.trim().is_empty());
    }
    used
}

/// One row as a line of text.
pub(crate) fn line(header: Option<&[String]>, row: &[String]) -> String {
    let cells = row.iter().take(limits::MAX_COLUMNS).map(|cell| clean::flowing(cell));
    let Some(names) = header else {
        let cells: Vec<String> = cells.collect();
        let filled = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        return cells.get(..filled).unwrap_or_default().join(" | ");
    };
    let mut out = String::new();
    for (column, cell) in cells.enumerate().filter(|(_, cell)| !cell.is_empty()) {
        if !out.is_empty() {
            out.push_str("; ");
        }
        // A cell that repeats its column's name is that column's title, merged down.
        let name = names.get(column).filter(|name| !name.is_empty() && **name != cell);
        if let Some(name) = name {
            out.push_str(name);
            out.push_str(": ");
        }
        out.push_str(&cell);
    }
    out
}
