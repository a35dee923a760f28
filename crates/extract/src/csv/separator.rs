//! Which character separates the cells: the one that divides the records alike.

use std::collections::HashMap;

use super::records::Records;

/// Records that are looked at.
const SAMPLE: usize = 200;

/// From the least to the most likely to stand in a text that it does not separate.
const SEPARATORS: &[char] = &['\t', '|', ';', ','];

/// The share of records, in thousandths, that have to be divided alike.
const LEAST: usize = 600;

/// The separator, and the text without the line in which Excel names it.
pub(super) fn of(text: &str) -> (char, &str) {
    let text = text.trim_start_matches('\u{feff}');
    if let Some((separator, rest)) = named(text) {
        return (separator, rest);
    }
    let mut best = ('\u{1f}', 0);
    for &separator in SEPARATORS {
        let alike = alike(text, separator);
        // Where two separate as well, the one that texts and numbers hold more rarely is the
        // separator.
        if alike >= LEAST && alike > best.1 + if best.1 == 0 { 0 } else { 50 } {
            best = (separator, alike);
        }
    }
    // A text that nothing divides is one column: the unit separator stands in none.
    (best.0, text)
}

/// `sep=;`, which Excel writes and reads as the first line.
fn named(text: &str) -> Option<(char, &str)> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim_end_matches('\r').trim_matches('"');
    let (name, value) = first.split_at_checked(4)?;
    let mut value = value.chars();
    let separator = value.next().filter(|c| !c.is_alphanumeric() && *c != '"')?;
    (name.eq_ignore_ascii_case("sep=") && value.all(|c| c == separator || c == ' '))
        .then_some((separator, rest))
}

/// How many of the records have the commonest width over one, in thousandths.
fn alike(text: &str, separator: char) -> usize {
    let records = Records::new(text, separator).take(SAMPLE);
    let records: Vec<Vec<String>> =
        records.filter(|cells| cells.iter().any(|cell| !cell.trim().is_empty())).collect();
    // Nothing but separators.
    if records.is_empty() {
        return 1000;
    }
    let widths: Vec<usize> = records.iter().map(Vec::len).collect();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    widths
        .iter()
        .filter(|&&width| width > 1)
        .for_each(|&width| *counts.entry(width).or_default() += 1);
    let Some((&width, _)) = counts.iter().max_by_key(|(width, count)| (**count, **width)) else {
        return 0;
    };
    // Titles before the table and notes after it are lines of their own.
    let divided = |width: &&usize| **width > 1;
    let first = widths.iter().position(|width| *width > 1).unwrap_or(0);
    let last = widths.iter().rposition(|width| *width > 1).unwrap_or(0);
    let table = widths.get(first..=last).unwrap_or_default();
    let count = table.iter().filter(|found| **found == width).count();
    let shorter = table.iter().filter(|found| divided(found) && **found <= width).count();
    // Where rows leave out empty cells at their end, the first and widest is the header.
    let is_ragged = table.first() == Some(&width) && width > 2;
    let count = if is_ragged { count.max(shorter * 9 / 10) } else { count };
    // Commas stand in sentences and numbers, too.
    let is_uneven = first > 0 || count < table.len();
    if separator == ',' && is_uneven && !is_clear(records.iter().skip(first), text) {
        return 0;
    }
    // What divides the first line, too, is the better separator.
    (count * 1000 / table.len().max(1)).saturating_sub(if first > 0 { 60 } else { 0 })
}

/// True where commas separate: they are neither those of a sentence nor those of decimals.
fn is_clear<'a>(records: impl Iterator<Item = &'a Vec<String>>, text: &str) -> bool {
    let (mut commas, mut spaced, mut decimal) = (0, 0, 0);
    for record in records.take(SAMPLE) {
        for pair in record.windows(2) {
            let [before, after] = pair else { continue };
            commas += 1;
            spaced += usize::from(after.starts_with(' '));
            let ends = before.ends_with(|c: char| c.is_ascii_digit());
            decimal += usize::from(ends && after.starts_with(|c: char| c.is_ascii_digit()));
        }
    }
    // A blank line after the title says that a table follows.
    let has_gap = text.lines().take(16).any(|line| line.trim().is_empty());
    let unclear = spaced * 10 > commas * 8 || (!has_gap && decimal * 10 > commas * 8);
    commas > 0 && !unclear
}
