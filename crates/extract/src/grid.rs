//! A table whose cells may span columns and rows: each value is put under all the columns and into
//! all the rows that it belongs to, within bounds.

use crate::limits;
use crate::table::{Text, line, used_columns};

/// Cells that spans may add to a table, and
const MAX_ADDED_CELLS: usize = 200_000;

/// bytes of text that they may repeat; past them spans are read as plain cells.
const MAX_ADDED_BYTES: usize = 4 * 1024 * 1024;

/// Cells with their text, row by row, as wide as they are shown.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    rows: Vec<Row>,
    /// By column: the cell that reaches down into the next rows, and how many.
    reaching: Vec<Option<(usize, String)>>,
    added_cells: usize,
    added_bytes: usize,
    /// Columns past the limit, in the widest row.
    pub(crate) skipped_columns: u64,
}

#[derive(Debug, Default)]
struct Row {
    cells: Vec<String>,
    /// Cells that are written in the document; the others repeat them.
    written: usize,
    /// Columns of the widest of them.
    span: usize,
    skipped: u64,
}

impl Grid {
    /// Begins a row.
    pub(crate) fn row(&mut self) {
        self.end_row();
        self.rows.push(Row::default());
        self.fill();
    }

    /// Adds a cell of `columns` and `rows` to the row.
    pub(crate) fn cell(&mut self, text: &str, columns: usize, rows: usize) {
        self.fill();
        let columns = self.allowed(columns, text.len());
        let is_first_row = self.rows.len() == 1;
        let Some(row) = self.rows.last_mut() else { return };
        row.written += 1;
        row.span = row.span.max(columns);
        // What spans the first columns of a row is its label; elsewhere the value holds for each
        // column.
        let repeats = is_first_row || !row.cells.is_empty();
        for at in 0..columns {
            let column = row.cells.len();
            if column >= limits::MAX_COLUMNS {
                row.skipped += (columns - at) as u64;
                break;
            }
            let text = if at == 0 || repeats { text } else { "" };
            row.cells.push(text.to_owned());
            if rows > 1 {
                if self.reaching.len() <= column {
                    self.reaching.resize(column + 1, None);
                }
                if let Some(place) = self.reaching.get_mut(column) {
                    *place = Some((rows - 1, text.to_owned()));
                }
            }
        }
    }

    /// Adds a cell that goes on from the one above it.
    pub(crate) fn cell_from_above(&mut self, columns: usize) {
        let before = self.rows.len().checked_sub(2).and_then(|above| self.rows.get(above));
        let column = self.rows.last().map_or(0, |row| row.cells.len());
        let text = before.and_then(|above| above.cells.get(column)).cloned().unwrap_or_default();
        let columns = self.allowed(columns, text.len());
        let text = if self.added_bytes > MAX_ADDED_BYTES { String::new() } else { text };
        self.added_bytes = self.added_bytes.saturating_add(text.len());
        self.cell(&text, columns, 1);
    }

    /// Adds columns that have no cell.
    pub(crate) fn skip(&mut self, columns: usize) {
        for _ in 0..self.allowed(columns, 0) {
            self.cell("", 1, 1);
        }
    }

    /// Cells from above do not reach into the next group of rows.
    pub(crate) fn end_group(&mut self) {
        self.end_row();
        self.reaching.clear();
    }

    /// Takes the last row out: it was deleted with changes tracked.
    pub(crate) fn drop_row(&mut self) {
        self.rows.pop();
    }

    /// Columns of the widest row.
    pub(crate) fn width(&self) -> usize {
        self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0)
    }

    /// The cells, row by row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[String]> {
        self.rows.iter().map(|row| row.cells.as_slice())
    }

    /// The table as text, `headers` rows of which name the columns.
    pub(crate) fn text(&self, headers: usize) -> String {
        let width = self.width();
        let headers = if headers < self.rows.len() { headers } else { 0 };
        let (above, below) = self.rows.split_at_checked(headers).unwrap_or((&[], &self.rows));
        let mut text = Text::default();
        if headers > 0 {
            let (titles, names): (Vec<&Row>, Vec<&Row>) =
                above.iter().partition(|row| row.is_title(width));
            let names = if names.is_empty() { Vec::new() } else { names_of(&names, width) };
            let rows =
                below.iter().filter(|row| !row.is_title(width)).map(|row| row.cells.as_slice());
            text = Text::under(&names, &used_columns(names.len(), rows));
            let said = std::mem::take(&mut text.out);
            titles.iter().for_each(|row| text.push(row.title()));
            text.push(&said);
        }
        let mut title = "";
        for row in below {
            if !row.is_title(width) {
                text.row(&row.cells);
            } else if row.title() != std::mem::replace(&mut title, row.title()) {
                text.push(row.title());
            }
        }
        // Where all rows say the names once more, they were no names.
        if text.out.is_empty() {
            self.rows.iter().for_each(|row| text.push(&line(None, &row.cells)));
        }
        text.out
    }

    /// Puts what reaches down from rows above into the columns that come next.
    fn fill(&mut self) {
        while let Some(row) = self.rows.last_mut() {
            let column = row.cells.len();
            let Some(place) = self.reaching.get_mut(column) else { break };
            let Some((rows, text)) = place.take() else { break };
            self.added_cells += 1;
            self.added_bytes = self.added_bytes.saturating_add(text.len());
            row.cells.push(text.clone());
            if rows > 1 && self.added_cells < MAX_ADDED_CELLS && self.added_bytes < MAX_ADDED_BYTES
            {
                *place = Some((rows - 1, text));
            }
        }
    }

    /// Puts what reaches down past the row's own cells, and counts what was too wide.
    fn end_row(&mut self) {
        let reach = self.reaching.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        while let Some(row) = self.rows.last_mut().filter(|row| row.cells.len() < reach) {
            let column = row.cells.len();
            if self.reaching.get(column).is_some_and(Option::is_some) {
                self.fill();
            } else {
                row.cells.push(String::new());
                self.added_cells += 1;
            }
            if self.added_cells > MAX_ADDED_CELLS {
                self.reaching.clear();
                break;
            }
        }
        self.skipped_columns =
            self.skipped_columns.max(self.rows.last().map_or(0, |row| row.skipped));
    }

    fn allowed(&mut self, columns: usize, bytes: usize) -> usize {
        let columns = columns.clamp(1, limits::MAX_COLUMNS);
        if columns == 1 {
            return 1;
        }
        self.added_cells = self.added_cells.saturating_add(columns - 1);
        self.added_bytes = self.added_bytes.saturating_add(bytes.saturating_mul(columns - 1));
        if self.added_cells > MAX_ADDED_CELLS || self.added_bytes > MAX_ADDED_BYTES {
            1
        } else {
            columns
        }
    }
}

impl Row {
    /// One cell across the whole table is a title of what follows.
    fn is_title(&self, width: usize) -> bool {
        self.written == 1 && width > 1 && self.span == width
    }

    fn title(&self) -> &str {
        self.cells.first().map_or("", String::as_str)
    }
}

/// The names of columns under one or more rows of them: `Sales 2024`.
fn names_of(rows: &[&Row], width: usize) -> Vec<String> {
    let name = |column: usize| {
        let mut parts: Vec<&str> = Vec::new();
        for row in rows {
            let part = row.cells.get(column).map_or("", |cell| cell.trim());
            if !part.is_empty() && parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts.join(" ")
    };
    (0..width).map(name).collect()
}
