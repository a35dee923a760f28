//! Tables of a page: lines next to each other whose cells stand under each other.

use super::segments::Line;
use crate::table::Table;

/// Lines a table must have.
const LEAST_LINES: usize = 3;

/// The table that begins at the first of `lines`, and how many lines it takes; nothing where none begins there.
pub(super) fn table(lines: &[Line]) -> Option<(Table, usize)> {
    let first = lines.first()?;
    // A listing's blanks divide no cells.
    if first.segments.len() < 2 || first.is(|style| style.fixed_width) {
        return None;
    }
    let mut columns: Vec<(f32, f32)> = Vec::new();
    let mut taken = 0;
    let mut rows = 0;
    for (at, line) in lines.iter().enumerate() {
        let near =
            at == 0 || lines.get(at - 1).is_some_and(|before| line.y - before.y < 3.0 * line.size.max(before.size));
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
        return None;
    }
    Some((build(lines.get(..taken)?, &columns), taken))
}

/// The columns with this line's cells added, or nothing where the line would run two columns together.
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

/// A line of one segment goes on a cell of the line before: it is close below, and under one column only.
fn continues(columns: &[(f32, f32)], line: &Line, before: Option<&Line>) -> bool {
    let Some(before) = before else { return false };
    let close = line.y - before.y < 1.5 * line.size;
    let under = columns.iter().filter(|(from, to)| line.x0() < *to && line.x1() > *from).count();
    // Text under the first column more likely is the next paragraph than a cell's second line.
    let first = columns.first().is_some_and(|(from, to)| line.x0() < *to && line.x1() > *from);
    close && under == 1 && (!first || line.x1() <= columns.first().map_or(0.0, |(_, to)| *to + 1.0))
}

fn build(lines: &[Line], columns: &[(f32, f32)]) -> Table {
    let mut table = Table::default();
    for line in lines {
        let goes_on = line.segments.len() == 1 && !table.rows.is_empty();
        if !goes_on {
            table.rows.push(vec![String::new(); columns.len()]);
        }
        for segment in &line.segments {
            let column = columns.iter().position(|(from, to)| segment.x0 < *to && segment.x1 > *from).unwrap_or(0);
            if let Some(cell) = table.rows.last_mut().and_then(|row| row.get_mut(column)) {
                cell.push(' ');
                cell.push_str(&segment.text);
            }
        }
    }
    let bold = |line: &Line| line.is(|style| style.bold);
    // A bold first line over others that are not names the columns.
    let named = table.rows.first().is_some_and(|row| row.iter().all(|cell| !cell.is_empty()));
    table.headed = named && lines.first().is_some_and(bold) && !lines.iter().skip(1).all(bold);
    table
}
