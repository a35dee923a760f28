//! Tables of values separated by commas, semicolons, tabs or bars.

mod header;
mod records;
mod separator;

use crate::document::{BlockKind, Meta};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::{self, Text};
use crate::warning::WarningKind;
use crate::{Format, charset, limits};
use records::Records;

/// Bytes of rows that make one block.
const BLOCK_BYTES: usize = 4096;

/// Lines before the names of columns: a title, a source, a date.
const MAX_TITLE_LINES: usize = 12;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let decoded = charset::read(bytes, None);
    out.warn(WarningKind::InvalidBytes, None, decoded.invalid);
    out.meta(Meta { format: Format::Csv, title: None, page_count: None, paged: false });
    let (separator, text) = separator::of(&decoded.text);
    let records = || {
        Records::new(text, separator)
            .filter(|record| record.iter().any(|cell| !cell.trim().is_empty()))
    };
    let widest = records().map(|record| record.len()).max().unwrap_or(0);
    out.warn(WarningKind::SkippedColumns, None, widest.saturating_sub(limits::MAX_COLUMNS) as u64);

    let titles = title_lines(records().take(MAX_TITLE_LINES + 1));
    for title in records().take(titles) {
        out.push(BlockKind::Paragraph, &title.join(" "))?;
    }
    let rows = || records().skip(titles);
    let sample: Vec<Vec<String>> = rows().take(header::SAMPLE).collect();
    let names = sample.first().filter(|_| header::names_columns(&sample));
    let mut writer = Writer { out, lines: String::new() };
    let Some(names) = names else {
        rows().try_for_each(|row| writer.line(&table::line(None, &row)))?;
        return writer.flush();
    };
    let mut used = vec![false; names.len()];
    for row in rows().skip(1) {
        used.iter_mut().zip(&row).for_each(|(used, cell)| *used |= !cell.trim().is_empty());
    }
    let mut text = Text::under(names, &used);
    for row in rows().skip(1) {
        text.row(&row);
        writer.line(&std::mem::take(&mut text.out))?;
    }
    // A table of a header only still says what it is about.
    writer.line(&text.out)?;
    writer.flush()
}

struct Writer<'a, 'o> {
    out: &'a mut Output<'o>,
    lines: String,
}

impl Writer<'_, '_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        if self.lines.len() + line.len() > BLOCK_BYTES {
            self.flush()?;
        }
        if !line.is_empty() {
            self.lines.push_str(line);
            self.lines.push('\n');
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.out.push(BlockKind::Table, &std::mem::take(&mut self.lines))
    }
}

/// Records of one cell before wider ones: the title that an export puts over its table.
fn title_lines(records: impl Iterator<Item = Vec<String>>) -> usize {
    let filled =
        |record: &Vec<String>| record.iter().filter(|cell| !cell.trim().is_empty()).count();
    let widths: Vec<(usize, usize)> =
        records.map(|record| (record.len(), filled(&record))).collect();
    let titles = widths.iter().take_while(|(_, filled)| *filled == 1).count();
    let is_wider = widths.get(titles).is_some_and(|(width, filled)| *width > 1 && *filled > 1);
    if is_wider && titles <= MAX_TITLE_LINES { titles } else { 0 }
}
