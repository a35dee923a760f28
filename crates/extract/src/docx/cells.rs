//! Tables of Word documents: data, with each value under its column, or a frame around a text.

use crate::document::BlockKind;
use crate::grid::Grid;
use crate::xml::Element;

use super::styles::is_on;

/// A cell longer than this holds a text, not a value.
const LONGEST_CELL: usize = 2000;

/// Characters of a column's name.
const MAX_NAME: usize = 80;

/// Table styles that draw the first row as all others.
const PLAIN_STYLES: &[&str] =
    &["", "tablegrid", "tabellrutnt", "tablenormal", "normaltabell", "tablegridlight"];

/// A table that is being read.
#[derive(Default)]
pub(super) struct OpenTable {
    grid: Grid,
    /// All that its cells hold, in order.
    blocks: Vec<(BlockKind, String)>,
    /// Where in `blocks` the open row and the open cell began.
    row_start: usize,
    cell_start: usize,
    in_cell: bool,
    span: usize,
    goes_on: bool,
    is_deleted: bool,
    rows: usize,
    /// Rows at the top that repeat on each page.
    repeated: usize,
    look_says_header: bool,
    style: String,
    first_row_is_bold: bool,
    is_layout: bool,
}

/// What becomes of a table.
pub(super) enum TableContent {
    Data { text: String, skipped_columns: u64 },
    Layout(Vec<(BlockKind, String)>),
}

impl OpenTable {
    pub(super) fn new() -> Self {
        Self { first_row_is_bold: true, ..Self::default() }
    }

    pub(super) fn open(&mut self, element: &Element<'_>) {
        let number =
            || element.attr("val").and_then(|value| value.parse::<usize>().ok()).unwrap_or(1);
        let value = element.attr("val");
        match element.name() {
            "tr" => {
                self.grid.row();
                self.rows += 1;
                self.row_start = self.blocks.len();
                self.is_deleted = false;
            }
            "tc" => {
                self.in_cell = true;
                self.cell_start = self.blocks.len();
                self.span = 1;
                self.goes_on = false;
            }
            "gridBefore" => self.grid.skip(number()),
            "gridSpan" => self.span = number(),
            "vMerge" => self.goes_on = value.as_deref() != Some("restart"),
            "tblHeader" if is_on(value.as_deref()) && self.repeated + 1 == self.rows => {
                self.repeated = self.rows;
            }
            "tblStyle" => self.style = value.unwrap_or_default().to_lowercase(),
            "tblLook" => {
                let bits = value
                    .and_then(|bits| u32::from_str_radix(&bits, 16).ok())
                    .is_some_and(|bits| bits & 0x20 != 0);
                self.look_says_header = element
                    .attr("firstRow")
                    .map_or(bits, |first| matches!(first.as_str(), "1" | "true" | "on"));
            }
            _ => {}
        }
    }

    /// The open row was deleted with changes tracked.
    pub(super) fn delete_row(&mut self) {
        self.is_deleted = true;
    }

    /// Takes a block where a cell is open.
    pub(super) fn push(&mut self, kind: BlockKind, text: &str) -> bool {
        if self.in_cell && !text.trim().is_empty() {
            self.blocks.push((kind, text.to_owned()));
        }
        self.in_cell
    }

    /// Says whether a paragraph of the open cell is bold.
    pub(super) fn weigh(&mut self, is_bold: bool) {
        if self.rows == 1 {
            self.first_row_is_bold &= is_bold;
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        match name {
            "tc" if self.in_cell => {
                self.in_cell = false;
                let cell = self.blocks.get(self.cell_start..).unwrap_or_default();
                let text = cell.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
                let has =
                    |wanted: fn(&BlockKind) -> bool| cell.iter().any(|(kind, _)| wanted(kind));
                self.is_layout |= text.len() > LONGEST_CELL
                    || has(|kind| *kind == BlockKind::Table)
                    || (cell.len() > 1 && has(|kind| matches!(kind, BlockKind::Heading { .. })));
                // A cell that goes on from the one above may hold text all the same.
                if self.goes_on && text.is_empty() {
                    self.grid.cell_from_above(self.span);
                } else {
                    self.grid.cell(&text, self.span, 1);
                }
            }
            "tr" if self.is_deleted => {
                self.blocks.truncate(self.row_start);
                self.grid.drop_row();
                self.rows = self.rows.saturating_sub(1);
            }
            _ => {}
        }
    }

    pub(super) fn finish(mut self) -> TableContent {
        self.grid.end_group();
        if self.is_layout || self.grid.width() < 2 {
            return TableContent::Layout(self.blocks);
        }
        TableContent::Data {
            text: self.grid.text(self.headers()),
            skipped_columns: self.grid.skipped_columns,
        }
    }

    /// Rows that name the columns. Word marks the first row by default, also where it holds values:
    /// then its cells have to look like names.
    fn headers(&self) -> usize {
        let Some(first) = self.grid.rows().next() else { return 0 };
        let filled = first.iter().filter(|cell| !cell.trim().is_empty()).count();
        let short = first.iter().all(|cell| cell.chars().count() <= MAX_NAME);
        if self.repeated > 0 && short {
            return self.repeated;
        }
        let named = first.len() > 1
            && filled * 2 >= first.len()
            && short
            && !first.iter().any(|cell| cell.trim_end().ends_with(':'));
        if !self.look_says_header || !named {
            return 0;
        }
        // Two columns without more signs may as well be names and their values, row by row.
        let is_drawn = !PLAIN_STYLES.contains(&self.style.as_str()) || self.first_row_is_bold;
        usize::from(first.len() > 2 || is_drawn || self.has_numbers_under(first))
    }

    fn has_numbers_under(&self, first: &[String]) -> bool {
        let is_number = |cell: &str| cell.trim().starts_with(|c: char| c.is_ascii_digit());
        let numeric = |column: usize| {
            let below = self
                .grid
                .rows()
                .skip(1)
                .filter_map(|row| row.get(column))
                .filter(|cell| !cell.trim().is_empty());
            let (all, numbers) = below.fold((0, 0), |(all, numbers), cell| {
                (all + 1, numbers + usize::from(is_number(cell)))
            });
            all > 0 && numbers == all
        };
        first.iter().enumerate().any(|(column, name)| !is_number(name) && numeric(column))
    }
}
