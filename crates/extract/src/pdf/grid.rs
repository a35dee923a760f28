//! Tables of a page: lines next to each other whose cells stand under each other.

use std::collections::BTreeMap;

use super::columns::is_continued;
use super::hyphens;
use super::lines::Line;
use super::profile::Profile;
use crate::table::Table;

/// Lines a table must have.
const LEAST_LINES: usize = 3;

/// The tables among a column's lines, by the line each begins at, with the number of lines it
/// takes. None begins at an item of a list.
pub(super) fn tables(
    lines: &[Line],
    is_item: &dyn Fn(&Line) -> bool,
    profile: &Profile,
) -> BTreeMap<usize, (Table, usize)> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        match rest
            .first()
            .filter(|line| !is_item(line))
            .map_or(Finding::None, |_| table(rest, profile))
        {
            Finding::Table(table, taken) => {
                found.insert(at, (table, taken));
                at += taken;
            }
            Finding::Prose(taken) => at += taken,
            Finding::None => at += 1,
        }
    }
    found
}

/// What begins at a line, and how many lines it takes.
enum Finding {
    Table(Table, usize),
    /// Columns that stand beside each other; none of their lines begins a table.
    Prose(usize),
    None,
}

/// The table that begins at the first of `lines`, and how many lines it takes; nothing where none
/// begins there. A first line that comes again on other pages names the columns.
fn table(lines: &[Line], profile: &Profile) -> Finding {
    let Some(first) = lines.first() else { return Finding::None };
    // A listing's blanks divide no cells.
    if first.segments.len() < 2 || first.is(|style| style.fixed_width) {
        return Finding::None;
    }
    let mut columns: Vec<(f32, f32)> = Vec::new();
    let mut taken = 0;
    let mut rows = 0;
    for (at, line) in lines.iter().enumerate() {
        let near = at == 0
            || lines
                .get(at - 1)
                .is_some_and(|before| line.y - before.y < 3.0 * line.size.max(before.size));
        let Some(widened) = widen(&columns, line).filter(|_| near) else { break };
        if line.segments.len() > 1 {
            rows += 1;
            taken = at + 1;
        } else if !continues(&columns, line, lines.get(at.wrapping_sub(1))) {
            break;
        } else {
            taken = at + 1;
        }
        columns = widened;
    }
    if rows < LEAST_LINES || columns.len() < 2 {
        return Finding::None;
    }
    let lines = lines.get(..taken).unwrap_or(lines);
    if is_prose(lines, &columns) {
        return Finding::Prose(taken);
    }
    Finding::Table(build(lines, &columns, profile), taken)
}

/// Sentences that go on in the next row are no cells: two columns of prose stand beside each other.
fn is_prose(lines: &[Line], columns: &[(f32, f32)]) -> bool {
    let mut continued = 0;
    let mut pairs = 0;
    for pair in lines.windows(2) {
        let [before, line] = pair else { continue };
        for (from, to) in columns {
            let cell = |line: &Line| {
                line.segments.iter().find(|s| s.x0 < *to && s.x1 > *from).map(|s| s.text.clone())
            };
            if let (Some(before), Some(line)) = (cell(before), cell(line)) {
                pairs += 1;
                continued += usize::from(is_continued(&before, &line));
            }
        }
    }
    continued * 5 >= pairs * 2 && continued > 1
}

/// The columns with this line's cells added, or nothing where the line would run two columns
/// together.
fn widen(columns: &[(f32, f32)], line: &Line) -> Option<Vec<(f32, f32)>> {
    let mut widened = columns.to_vec();
    for segment in &line.segments {
        let touched: Vec<usize> = widened
            .iter()
            .enumerate()
            .filter(|(_, (from, to))| segment.x0 < *to && segment.x1 > *from)
            .map(|(index, _)| index)
            .collect();
        match touched.as_slice() {
            [] => widened.push((segment.x0, segment.x1)),
            [index] => {
                let column = widened.get_mut(*index)?;
                *column = (column.0.min(segment.x0), column.1.max(segment.x1));
            }
            _ => return None,
        }
    }
    widened.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(widened)
}

/// A line of one segment goes on a cell of the line before: it is close below, and under one column
/// only.
fn continues(columns: &[(f32, f32)], line: &Line, before: Option<&Line>) -> bool {
    let Some(before) = before else { return false };
    let close = line.y - before.y < 1.5 * line.size;
    let under = columns.iter().filter(|(from, to)| line.x0() < *to && line.x1() > *from).count();
    // Text under the first column more likely is the next paragraph than a cell's second line.
    let first = columns.first().is_some_and(|(from, to)| line.x0() < *to && line.x1() > *from);
    close && under == 1 && (!first || line.x1() <= columns.first().map_or(0.0, |(_, to)| *to + 1.0))
}

fn build(lines: &[Line], columns: &[(f32, f32)], profile: &Profile) -> Table {
    let mut table = Table::default();
    for line in lines {
        let goes_on = line.segments.len() == 1 && !table.rows.is_empty();
        if !goes_on {
            table.rows.push(vec![String::new(); columns.len()]);
        }
        for segment in &line.segments {
            let column = columns
                .iter()
                .position(|(from, to)| segment.x0 < *to && segment.x1 > *from)
                .unwrap_or(0);
            if let Some(cell) = table.rows.last_mut().and_then(|row| row.get_mut(column)) {
                if goes_on {
                    hyphens::append(cell, segment.text.trim(), &profile.words, true);
                } else {
                    cell.push(' ');
                    cell.push_str(&segment.text);
                }
            }
        }
    }
    let bold = |line: &Line| line.is(|style| style.bold);
    // A bold first line over others that are not names the columns.
    let named = table.rows.first().is_some_and(|row| row.iter().all(|cell| !cell.is_empty()));
    let first = lines.first();
    let stands_out = first.is_some_and(bold) && !lines.iter().skip(1).all(bold);
    table.headed = named && (stands_out || first.is_some_and(|line| profile.comes_again(line)));
    table
}
