//! Whether the first row of a table names its columns.

use std::collections::HashSet;

/// Rows that are looked at.
pub(super) const SAMPLE: usize = 60;

/// Bytes of a name.
const MAX_NAME: usize = 160;

/// True where the first row holds names: words or years, mostly filled, over other values.
pub(super) fn names_columns(rows: &[Vec<String>]) -> bool {
    let Some((first, body)) = rows.split_first() else { return false };
    let cells: Vec<&str> = first.iter().map(|cell| cell.trim()).collect();
    let filled: Vec<&str> = cells.iter().copied().filter(|cell| !cell.is_empty()).collect();
    let words = filled.iter().filter(|cell| cell.chars().any(char::is_alphabetic)).count();
    let is_name = |cell: &&str| {
        cell.len() <= MAX_NAME && (cell.chars().any(char::is_alphabetic) || is_period(cell))
    };
    if filled.is_empty() || filled.len() * 2 < cells.len() || !filled.iter().all(is_name) {
        return false;
    }
    let distinct = filled.iter().collect::<HashSet<_>>().len();
    let column = |at: usize| {
        body.iter()
            .filter_map(move |row| row.get(at))
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
    };
    let is_numeric = |at: usize| {
        let (mut all, mut numbers) = (0, 0);
        column(at).for_each(|cell| {
            all += 1;
            numbers += usize::from(is_number(cell));
        });
        all > 0 && numbers * 10 >= all * 7
    };
    // A name over numbers: nothing else begins so.
    let over_numbers =
        cells.iter().enumerate().filter(|(at, cell)| !is_number(cell) && is_numeric(*at)).count();
    // Years go up or down over values that are no years.
    let years: Vec<(usize, &str)> =
        cells.iter().copied().enumerate().filter(|(_, cell)| is_period(cell)).collect();
    let over_values = years.iter().all(|(at, _)| !column(*at).any(is_period));
    if words == 0 || (!years.is_empty() && !over_values) {
        return !years.is_empty()
            && years.len() > 1
            && over_values
            && cells.first().is_some_and(|cell| cell.is_empty());
    }
    // The first line of a list is as likely a value as its title.
    if cells.len() == 1 {
        return over_numbers > 0;
    }
    // A value that comes again in its column is no name of it.
    let recurs = cells
        .iter()
        .enumerate()
        .any(|(at, cell)| !cell.is_empty() && column(at).any(|value| value == *cell));
    if distinct == filled.len() {
        !recurs || over_numbers > 0
    } else {
        over_numbers > 0 || (distinct * 2 > filled.len() && filled.len() > 2 && !recurs)
    }
}

/// A year, two years, or a month of one: 2024, 2023/24, 2024-05, 2024M05.
fn is_period(cell: &str) -> bool {
    let year = cell.get(..4).and_then(|year| year.parse::<u32>().ok());
    let rest = cell.get(4..).unwrap_or_default();
    let rest_is_short = rest.len() <= 5
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '/' | '-' | '–' | 'M' | 'K' | 'Q' | '*'));
    year.is_some_and(|year| (1800..=2200).contains(&year))
        && rest_is_short
        && !rest.starts_with(|c: char| c.is_ascii_digit())
}

/// A number, also with a unit of money or a per cent sign.
fn is_number(cell: &str) -> bool {
    let core = cell.trim_matches(|c: char| "%€$£ +-−".contains(c)).trim_end_matches("kr").trim();
    core.starts_with(|c: char| c.is_ascii_digit())
        && core.chars().all(|c| {
            c.is_ascii_digit()
                || matches!(c, '.' | ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | ':' | '-' | '/')
        })
}
