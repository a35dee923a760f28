//! Tables of a page: which hold data, and each value under its column.

use super::NodeRef;
use super::flow::inner_text;
use super::scope::{Scope, attr, name};
use crate::clean;
use crate::grid::Grid;
use crate::warning::{WarningKind, Warnings};

/// A cell longer than this holds a layout, not a value.
const LONGEST_CELL: usize = 2000;

/// Rows of column names that a table has at most.
const MAX_HEADERS: usize = 4;

/// The table as text, or nothing where it only lays out the page.
pub(crate) fn data_table(
    table: &NodeRef<'_>,
    scope: &Scope,
    lost: &mut Warnings,
) -> Option<String> {
    if lays_out(table) {
        return None;
    }
    let mut losses = Warnings::default();
    let mut grid = Grid::default();
    let (mut headers, mut only_headers) = (0, true);
    let mut group = None;
    for row in table.descendants().filter(|inner| name(inner) == Some("tr")) {
        if is_hidden(&row, table, scope, &mut losses) {
            continue;
        }
        let parent = row.parent().map(|parent| parent.id());
        if std::mem::replace(&mut group, parent) != parent {
            grid.end_group();
        }
        grid.row();
        let cells: Vec<NodeRef<'_>> =
            cells(&row).filter(|cell| !scope.passes_over(cell, &mut losses)).collect();
        for cell in &cells {
            let text = clean::flowing(&inner_text(cell, scope, &mut losses));
            if text.len() > LONGEST_CELL {
                return None;
            }
            // A span of 0 rows means all that follow.
            let rows =
                span(cell, "rowspan").map_or(1, |rows| if rows == 0 { usize::MAX } else { rows });
            grid.cell(&text, span(cell, "colspan").unwrap_or(1), rows);
        }
        only_headers &= headers < MAX_HEADERS && names_columns(&row, &cells);
        headers += usize::from(only_headers);
    }
    grid.end_group();
    if headers == grid.rows().count() {
        headers = 1;
    }
    if grid.width() < 2 {
        return None;
    }
    losses.add(WarningKind::SkippedColumns, None, grid.skipped_columns);
    lost.add_all(losses);
    Some(grid.text(headers))
}

/// True for tables around other tables, around headings, and around nothing that has columns.
fn lays_out(table: &NodeRef<'_>) -> bool {
    let holds = |inner: &NodeRef<'_>| match name(inner) {
        Some("table") => true,
        Some("h1" | "h2" | "h3" | "h4") => !inner
            .ancestors()
            .take_while(|above| above.id() != table.id())
            .any(|above| name(&above) == Some("th")),
        _ => false,
    };
    table.descendants().skip(1).any(|inner| holds(&inner))
}

fn is_hidden(row: &NodeRef<'_>, table: &NodeRef<'_>, scope: &Scope, lost: &mut Warnings) -> bool {
    let group = row.parent().filter(|parent| parent.id() != table.id());
    scope.passes_over(row, lost)
        || group.is_some_and(|group| scope.passes_over(&group, &mut Warnings::default()))
}

fn cells<'a>(row: &NodeRef<'a>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
    row.children().filter(|inner| matches!(name(inner), Some("td" | "th")))
}

fn span(cell: &NodeRef<'_>, attribute: &str) -> Option<usize> {
    attr(cell, attribute)?.trim().parse().ok()
}

/// True for a row of names of columns: it stands in the head, or all its cells are headers, save
/// empty corners; in older pages, all its cells are bold.
fn names_columns(row: &NodeRef<'_>, cells: &[NodeRef<'_>]) -> bool {
    if row.parent().is_some_and(|parent| name(&parent) == Some("thead")) {
        return true;
    }
    let is_empty = |cell: &NodeRef<'_>| letters(cell).is_empty();
    let named = |is_name: &dyn Fn(&NodeRef<'_>) -> bool| {
        cells.iter().any(is_name) && cells.iter().all(|cell| is_name(cell) || is_empty(cell))
    };
    cells.len() > 1
        && (named(&|cell| name(cell) == Some("th"))
            || (named(&is_bold) && is_first(row) && !is_bold_below(row)))
}

fn is_first(row: &NodeRef<'_>) -> bool {
    !row.prev_siblings().any(|before| name(&before) == Some("tr"))
}

fn is_bold_below(row: &NodeRef<'_>) -> bool {
    let below = row.next_siblings().find(|next| name(next) == Some("tr"));
    below.is_none_or(|below| cells(&below).all(|cell| is_bold(&cell)))
}

/// True where all of a cell's text is bold.
fn is_bold(cell: &NodeRef<'_>) -> bool {
    let all = letters(cell);
    let bold = cell.descendants().find(|inner| matches!(name(inner), Some("b" | "strong")));
    !all.is_empty() && bold.is_some_and(|bold| letters(&bold) == all)
}

fn letters(node: &NodeRef<'_>) -> String {
    let texts: String = node.descendants().filter_map(|inner| inner.value().as_text()).collect();
    texts.split_whitespace().collect()
}
