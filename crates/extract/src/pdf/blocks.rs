//! From the lines of one column to headings, paragraphs, lists, tables and listings.

use super::grid;
use super::hyphens::join;
use super::lines::Line;
use super::profile::Profile;
use super::tags::Role;
use crate::document::{Block, BlockKind};

/// A heading is no longer than this, characters and lines.
const HEADING_CHARS: usize = 200;
const BOLD_HEADING_CHARS: usize = 120;

/// Lines further apart than this many times the usual distance belong to two paragraphs.
const WIDE: f32 = 1.35;

/// Turns a column's lines into blocks, appended to `out`; returns how many columns of tables are
/// past the limit.
pub(super) fn blocks(lines: &[Line], profile: &Profile, out: &mut Vec<Block>) -> u64 {
    let column = Column::measure(lines, profile);
    let is_item = |line: &Line| marker(line).is_some();
    let mut tables = grid::tables(lines, &is_item, profile);
    let (mut at, mut skipped_columns) = (0, 0);
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((table, taken)) = tables.remove(&at) {
            skipped_columns += table.skipped_columns();
            out.extend(Block::new(BlockKind::Table, &table.text()));
            at += taken;
            continue;
        }
        let before_table = tables.range(at..).next().map_or(rest.len(), |(next, _)| next - at);
        let rest = rest.get(..before_table).unwrap_or(rest);
        let taken = column.paragraph(rest, profile);
        let paragraph = rest.get(..taken).unwrap_or(rest);
        out.extend(block(paragraph, profile, &column));
        at += taken.max(1);
    }
    skipped_columns
}

/// A paragraph of a tagged document that has more lines than this was tagged by a program that knew
/// no better.
const MOST_LINES: usize = 60;

/// Turns a block of a tagged document into blocks, as [`blocks`] does. Where the document tells
/// headings itself, large letters alone make none.
pub(super) fn tagged(
    lines: &[Line],
    role: Role,
    has_headings: bool,
    profile: &Profile,
    out: &mut Vec<Block>,
) -> u64 {
    let Some(first) = lines.first() else { return 0 };
    match role {
        Role::Heading(level) => {
            out.extend(Block::new(
                BlockKind::Heading { level: level.clamp(1, 6) },
                &join(lines, &profile.words),
            ));
        }
        Role::Item(depth) => {
            let (mark, text) = item(first, &join(lines, &profile.words));
            out.extend(Block::new(
                BlockKind::ListItem,
                &format!("{}{mark} {text}", "  ".repeat(usize::from(depth.min(8)))),
            ));
        }
        _ if lines.len() > MOST_LINES => return blocks(lines, profile, out),
        _ if has_headings && !lines.iter().all(|line| line.is(|style| style.fixed_width)) => {
            out.extend(Block::new(BlockKind::Paragraph, &join(lines, &profile.words)));
        }
        _ => out.extend(block(lines, profile, &Column::measure(lines, profile))),
    }
    0
}

/// An item's mark and the text after it.
fn item(first: &Line, text: &str) -> (String, String) {
    let mark = marker(first).unwrap_or_default();
    let rest = text.trim_start().get(mark.len()..).unwrap_or_default().trim_start().to_owned();
    (if mark.ends_with(['.', ')']) { mark } else { "-".to_owned() }, rest)
}

/// The lines of an item stand under its text, or under its mark where its text isn't set in, and
/// each under the other.
fn goes_on_item(first: &Line, before: &Line, line: &Line, taken: usize) -> bool {
    let under = |x: f32| (line.x0() - x).abs() < 0.5 * line.size;
    if taken > 1 {
        return under(before.x0());
    }
    let text = first
        .segments
        .get(1)
        .filter(|_| first.segments.first().is_some_and(|mark| !mark.text.contains(' ')));
    under(first.x0()) || text.map_or(line.x0() > first.x0(), |text| under(text.x0))
}

/// A column's measures.
struct Column {
    left: f32,
    right: f32,
    /// Where the outermost items of its lists begin.
    list_left: f32,
    /// The usual distance between baselines.
    leading: f32,
}

impl Column {
    fn measure(lines: &[Line], profile: &Profile) -> Self {
        let mut steps: Vec<f32> = lines.windows(2).map(step).filter(|step| *step > 0.0).collect();
        steps.sort_by(f32::total_cmp);
        // A third of the way up: paragraphs' gaps are fewer than lines, but short paragraphs have
        // many.
        let leading = steps.get(steps.len() / 3).copied().unwrap_or(0.0);
        let items =
            lines.iter().filter(|line| marker(line).is_some() && !profile.is_larger(line.size));
        Self {
            left: lines.iter().map(Line::x0).fold(f32::MAX, f32::min),
            right: lines.iter().map(Line::x1).fold(f32::MIN, f32::max),
            list_left: items.map(Line::x0).fold(f32::MAX, f32::min),
            leading,
        }
    }

    /// How many of `lines` make the first paragraph.
    fn paragraph(&self, lines: &[Line], profile: &Profile) -> usize {
        let Some(first) = lines.first() else { return 0 };
        let list = marker(first).is_some();
        let mut taken = 1;
        for pair in lines.windows(2) {
            let [before, line] = pair else { break };
            if (list && !goes_on_item(first, before, line, taken))
                || self.is_new_paragraph(before, line, list, taken)
            {
                break;
            }
            if profile.is_larger(first.size) && taken >= 4 && !profile.is_larger(line.size) {
                break;
            }
            taken += 1;
        }
        taken
    }

    fn is_new_paragraph(&self, before: &Line, line: &Line, list: bool, taken: usize) -> bool {
        let size = before.size.max(line.size);
        let step = line.y - before.y;
        let leading = if self.leading > 0.0 {
            self.leading.clamp(0.9 * size, 2.2 * size)
        } else {
            1.3 * size
        };
        let resized = (before.size - line.size).abs() > 0.12 * size;
        let restyled = before.is(|style| style.bold) != line.is(|style| style.bold)
            || before.is(|style| style.fixed_width) != line.is(|style| style.fixed_width);
        if step > WIDE * leading.max(size)
            || step < 0.0
            || resized
            || restyled
            || marker(line).is_some()
        {
            return true;
        }
        if before.is(|style| style.fixed_width) {
            return false;
        }
        // A first line that is indented, where the line before it ended a sentence.
        let indent = line.x0() - before.x0();
        let ended = before.text().trim_end().ends_with(['.', '!', '?', ':', '”', '"']);
        let short = self.right - before.x1() > 0.3 * (self.right - self.left);
        let indented = indent > 0.8 * size && indent < 6.0 * size && taken > 1 && !list;
        (indented && (ended || short))
            || (ended && short && line.text().starts_with(char::is_uppercase) && !list)
    }
}

fn step(pair: &[Line]) -> f32 {
    match pair {
        [before, line] => line.y - before.y,
        _ => 0.0,
    }
}

fn block(lines: &[Line], profile: &Profile, column: &Column) -> Option<Block> {
    let first = lines.first()?;
    if lines.iter().all(|line| line.is(|style| style.fixed_width))
        && (lines.len() > 1 || first.x0() > column.left + 1.0)
    {
        return Block::new(BlockKind::Code, &listing(lines));
    }
    let text = join(lines, &profile.words);
    if marker(first).is_some() && !profile.is_larger(first.size) {
        let depth = ((first.x0() - column.list_left) / (1.5 * first.size)).clamp(0.0, 8.0) as usize;
        let (mark, text) = item(first, &text);
        return Block::new(BlockKind::ListItem, &format!("{}{mark} {text}", "  ".repeat(depth)));
    }
    let kind = match heading(lines, &text, profile) {
        Some(level) => BlockKind::Heading { level },
        None => BlockKind::Paragraph,
    };
    Block::new(kind, &text)
}

fn heading(lines: &[Line], text: &str, profile: &Profile) -> Option<u8> {
    let first = lines.first()?;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let count = text.chars().count();
    if letters < 2 || letters * 2 < count || text.ends_with([',', ';']) {
        return None;
    }
    if profile.is_larger(first.size) && count <= HEADING_CHARS && lines.len() <= 4 {
        return Some(profile.level(first.size));
    }
    let bold = lines.iter().all(|line| line.is(|style| style.bold));
    let short = count <= BOLD_HEADING_CHARS && lines.len() <= 2 && !text.ends_with(['.', ':']);
    (bold && short && first.size >= 0.95 * profile.body).then(|| profile.level(first.size))
}

/// The mark that begins an item of a list: a bullet, or a number or letter with a stop or bracket.
fn marker(line: &Line) -> Option<String> {
    let text = line.text();
    let (word, rest) = text.trim_start().split_once(' ').unwrap_or((text.trim_start(), ""));
    let bullet = matches!(
        word,
        "•" | "◦"
            | "▪"
            | "■"
            | "●"
            | "○"
            | "‣"
            | "–"
            | "-"
            | "*"
            | "·"
            | "\u{f0b7}"
            | "➢"
            | "✓"
    );
    let stem = word.strip_suffix(['.', ')']).map(|stem| stem.trim_start_matches('('));
    let numbered = stem.is_some_and(|stem| {
        let digits = (1..=3).contains(&stem.len()) && stem.chars().all(|c| c.is_ascii_digit());
        let letter =
            stem.len() == 1 && stem.chars().all(|c| c.is_ascii_lowercase()) && word.ends_with(')');
        digits || letter
    });
    ((bullet || numbered) && !rest.trim().is_empty()).then(|| word.to_owned())
}

/// Lines of a listing, their indentation made from their place.
fn listing(lines: &[Line]) -> String {
    let left = lines.iter().map(Line::x0).fold(f32::MAX, f32::min);
    let mut out = String::new();
    for line in lines {
        // Letters of a fixed-width font are about 0.6 of their size wide.
        let mut end = left;
        for segment in &line.segments {
            let blanks =
                ((segment.x0 - end) / (0.6 * segment.size)).round().clamp(0.0, 120.0) as usize;
            out.push_str(&" ".repeat(blanks));
            out.push_str(&segment.text);
            end = segment.x1;
        }
        out.push('\n');
    }
    out
}
