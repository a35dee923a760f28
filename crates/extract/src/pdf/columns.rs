//! Reading order: divides a page into bands and columns where prose stands in them, and leaves
//! tables whole.

use super::bidi;
use super::hyphens::is_unspaced;
use super::segments::{SAME_LINE, Segment};

/// Bands and columns inside columns: newspapers have no more.
const MAX_DEPTH: usize = 8;

/// Lines a column must have, and the least width of the gutter between two, in points.
const LEAST_LINES: usize = 4;
const GUTTER: f32 = 6.0;

/// Prose fills its column: its lines are typically at least this part of the column's width; cells
/// of a table are not.
const FILL: f32 = 0.6;

/// Lines of prose that each of two columns must hold beside its tables and figures.
const MIXED_LINES: usize = 6;

/// Gutters that are followed at once: a table of more columns is none of prose.
const MOST_OPEN: usize = 48;

/// Gaps of one line that may be gutters.
const MOST_GAPS: usize = 256;

/// Segments that may be looked at in the search for one page's gutters; a page that needs more is
/// no text.
const MOST_LOOKS: usize = 2_000_000;

/// The segments of a page as runs to be read one after the other, each a single column from top to
/// bottom.
pub(super) fn runs(segments: Vec<Segment>) -> Vec<Vec<Segment>> {
    let right_to_left =
        bidi::is_mostly_right_to_left(segments.iter().map(|segment| segment.text.as_str()));
    let mut search = Divider { looks: MOST_LOOKS, right_to_left, out: Vec::new() };
    search.divide(segments, 0);
    search.out
}

struct Divider {
    looks: usize,
    right_to_left: bool,
    out: Vec<Vec<Segment>>,
}

/// A stretch without text, from the top of one line to the bottom of another, that has text on both
/// sides.
#[derive(Debug, Clone, Copy)]
struct Gutter {
    x0: f32,
    x1: f32,
    top: f32,
    bottom: f32,
    /// Lines that stand on both sides.
    lines: usize,
}

impl Divider {
    fn divide(&mut self, segments: Vec<Segment>, depth: usize) {
        let Some(gutter) = self.gutter(&segments, depth) else {
            if !segments.is_empty() {
                self.out.push(segments);
            }
            return;
        };
        let (mut above, mut left, mut right, mut below) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let middle = (gutter.x0 + gutter.x1) / 2.0;
        for segment in segments {
            let part = match segment.y {
                y if y < gutter.top => &mut above,
                y if y > gutter.bottom => &mut below,
                _ if segment.x1 <= middle => &mut left,
                _ => &mut right,
            };
            part.push(segment);
        }
        if self.right_to_left {
            std::mem::swap(&mut left, &mut right);
        }
        for part in [above, left, right, below] {
            self.divide(part, depth + 1);
        }
    }

    /// The gutter of the most lines between two columns of prose.
    fn gutter(&mut self, segments: &[Segment], depth: usize) -> Option<Gutter> {
        if segments.len() < 2 * LEAST_LINES || depth >= MAX_DEPTH {
            return None;
        }
        let rows = rows(segments);
        let mut found = gutters(&rows);
        found.sort_by_key(|gutter| std::cmp::Reverse(gutter.lines));
        let gutter = found
            .into_iter()
            .take(MOST_OPEN)
            .find(|g| self.is_between_columns(segments, g, depth))?;
        Some(extended(gutter, &rows))
    }

    fn is_between_columns(&mut self, segments: &[Segment], gutter: &Gutter, depth: usize) -> bool {
        self.looks = self.looks.saturating_sub(segments.len());
        if self.looks == 0 {
            return false;
        }
        let middle = (gutter.x0 + gutter.x1) / 2.0;
        let band: Vec<&Segment> =
            segments.iter().filter(|s| s.y >= gutter.top && s.y <= gutter.bottom).collect();
        let (left, right): (Vec<&Segment>, Vec<&Segment>) =
            band.into_iter().partition(|s| s.x1 <= middle);
        (self.holds_prose(&left, depth) && self.holds_prose(&right, depth)) || mixed(&left, &right)
    }

    /// A side may hold further columns, each of which is prose.
    fn holds_prose(&mut self, side: &[&Segment], depth: usize) -> bool {
        if !has_words(side) {
            return false;
        }
        if fills_column(side) || goes_on(side) {
            return true;
        }
        let side: Vec<Segment> = side.iter().map(|segment| (*segment).clone()).collect();
        self.gutter(&side, depth + 1).is_some()
    }
}

/// Segments that share a line, from top to bottom.
fn rows(segments: &[Segment]) -> Vec<Vec<&Segment>> {
    let mut order: Vec<&Segment> = segments.iter().collect();
    order.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut rows: Vec<Vec<&Segment>> = Vec::new();
    for segment in order {
        let first = rows.last().and_then(|row| row.first());
        let same = first
            .is_some_and(|first| segment.y - first.y <= SAME_LINE * first.size.min(segment.size));
        match rows.last_mut().filter(|_| same) {
            Some(row) => row.push(segment),
            None => rows.push(vec![segment]),
        }
    }
    rows
}

/// All stretches between text that are at least as wide as a gutter, over as many lines as they
/// reach.
fn gutters(rows: &[Vec<&Segment>]) -> Vec<Gutter> {
    let (mut open, mut found): (Vec<Gutter>, Vec<Gutter>) = (Vec::new(), Vec::new());
    for row in rows {
        step(&mut open, row, &mut found);
    }
    found.extend(open);
    found.retain(|gutter| gutter.lines >= LEAST_LINES);
    found
}

/// The gutter with the lines above and below it that belong to one of its columns: close to it, and
/// not across it.
fn extended(mut gutter: Gutter, rows: &[Vec<&Segment>]) -> Gutter {
    let beside = |row: &[&Segment], from: f32| {
        let size = row.iter().map(|s| s.size).fold(0.0, f32::max);
        let y = row.first().map_or(f32::MAX, |s| s.y);
        (y - from).abs() < 1.7 * size
            && row.iter().all(|s| s.x1 <= gutter.x0 + 1.0 || s.x0 >= gutter.x1 - 1.0)
    };
    let (mut top, mut bottom) = (gutter.top, gutter.bottom);
    for row in rows.iter().rev().filter(|row| row.iter().all(|s| s.y < gutter.top)) {
        if !beside(row, top) {
            break;
        }
        top = row.iter().map(|s| s.y).fold(top, f32::min);
    }
    for row in rows.iter().filter(|row| row.iter().all(|s| s.y > gutter.bottom)) {
        if !beside(row, bottom) {
            break;
        }
        bottom = row.iter().map(|s| s.y).fold(bottom, f32::max);
    }
    (gutter.top, gutter.bottom) = (top, bottom);
    gutter
}

/// Takes the gutters over one more line: those that it crosses end, its own gaps begin new ones.
fn step(open: &mut Vec<Gutter>, row: &[&Segment], found: &mut Vec<Gutter>) {
    let mut spans: Vec<(f32, f32)> = row.iter().map(|s| (s.x0, s.x1)).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let top = row.iter().map(|s| s.y).fold(f32::MAX, f32::min);
    let bottom = row.iter().map(|s| s.y).fold(f32::MIN, f32::max);
    // The line's gaps, with what is left and right of it.
    let mut gaps: Vec<(f32, f32, bool)> = Vec::new();
    let mut end = f32::MIN;
    for (x0, x1) in spans {
        if x0 > end {
            gaps.push((end, x0, end > f32::MIN));
        }
        end = end.max(x1);
    }
    gaps.push((end, f32::MAX, false));
    gaps.retain(|(x0, x1, _)| x1 - x0 >= GUTTER);
    gaps.truncate(MOST_GAPS);
    let mut next: Vec<Gutter> = Vec::new();
    for gutter in open.drain(..) {
        let mut goes_on = false;
        for (x0, x1, inside) in &gaps {
            let (x0, x1) = (gutter.x0.max(*x0), gutter.x1.min(*x1));
            if x1 - x0 >= GUTTER {
                goes_on = true;
                let bottom = if *inside { bottom } else { gutter.bottom };
                next.push(Gutter {
                    x0,
                    x1,
                    top: gutter.top,
                    bottom,
                    lines: gutter.lines + usize::from(*inside),
                });
            }
        }
        if !goes_on {
            found.push(gutter);
        }
    }
    for (x0, x1, inside) in gaps {
        let known = next.iter().any(|gutter| gutter.x0 >= x0 - 1.0 && gutter.x1 <= x1 + 1.0);
        if inside && x1 - x0 >= GUTTER && !known {
            next.push(Gutter { x0, x1, top, bottom, lines: 1 });
        }
    }
    // The longest are followed.
    next.sort_by_key(|gutter| std::cmp::Reverse(gutter.lines));
    next.truncate(MOST_OPEN);
    *open = next;
}

/// Columns of prose that also hold a table, or a figure with its labels. Rows of a table share
/// their baselines across the gutter; the labels of a figure beside a text do not.
fn mixed(left: &[&Segment], right: &[&Segment]) -> bool {
    let (left_lines, right_lines) = (prose_lines(left), prose_lines(right));
    let holds = |side: &[&Segment], lines: usize| lines >= MIXED_LINES && lines * 4 >= side.len();
    if holds(left, left_lines) && holds(right, right_lines) {
        return true;
    }
    let fills =
        |side: &[&Segment], lines: usize| lines >= 2 * MIXED_LINES && lines * 3 >= side.len() * 2;
    (fills(left, left_lines) && are_apart(right, left))
        || (fills(right, right_lines) && are_apart(left, right))
}

/// Lines of several words that reach over most of their column.
fn prose_lines(side: &[&Segment]) -> usize {
    let width = width(side);
    side.iter().filter(|s| s.x1 - s.x0 >= FILL * width && word_count(&s.text) >= 4).count()
}

/// True where most of these stand on no baseline of the others, nor beside each other as cells do.
fn are_apart(these: &[&Segment], others: &[&Segment]) -> bool {
    let mut baselines: Vec<f32> = others.iter().map(|s| s.y).collect();
    baselines.sort_by(f32::total_cmp);
    let shares = |s: &&&Segment| {
        let at = baselines.partition_point(|y| *y < s.y - 0.1 * s.size);
        baselines.get(at).is_some_and(|y| *y <= s.y + 0.1 * s.size)
    };
    let mut own: Vec<f32> = these.iter().map(|s| s.y).collect();
    own.sort_by(f32::total_cmp);
    let beside = own.windows(2).filter(|pair| matches!(pair, [a, b] if b - a < 1.0)).count();
    these.len() >= LEAST_LINES
        && these.iter().filter(shares).count() * 3 <= these.len()
        && beside * 4 <= these.len()
}

/// Prose has several words to a line, most cells of a table have not.
fn has_words(side: &[&Segment]) -> bool {
    let words: usize = side.iter().map(|s| word_count(&s.text)).sum();
    side.len() >= LEAST_LINES && words >= 3 * side.len()
}

fn width(side: &[&Segment]) -> f32 {
    side.iter().map(|s| s.x1).fold(f32::MIN, f32::max)
        - side.iter().map(|s| s.x0).fold(f32::MAX, f32::min)
}

fn fills_column(side: &[&Segment]) -> bool {
    let width = width(side);
    let mut lengths: Vec<f32> = side.iter().map(|s| s.x1 - s.x0).collect();
    lengths.sort_by(f32::total_cmp);
    lengths.get(lengths.len() / 2).is_some_and(|median| *median >= FILL * width)
}

/// Sentences that go on from line to line.
fn goes_on(side: &[&Segment]) -> bool {
    let mut order: Vec<&&Segment> = side.iter().collect();
    order.sort_by(|a, b| a.y.total_cmp(&b.y));
    let pairs = order.windows(2).filter(|pair| continues(pair)).count();
    pairs * 5 >= side.len() * 2
}

fn continues(pair: &[&&Segment]) -> bool {
    let [before, line] = pair else { return false };
    is_continued(&before.text, &line.text)
}

/// True where one line seems to be the middle of a sentence that the next goes on with.
pub(super) fn is_continued(before: &str, line: &str) -> bool {
    let goes_on = |c: char| c.is_lowercase() || is_unspaced(c) && c.is_alphabetic();
    word_count(before) >= 3
        && !before.trim_end().ends_with(['.', '!', '?', ':', ';', '。', '！', '？', '：', '；'])
        && line.trim_start().starts_with(goes_on)
}

/// Words of a text; scripts without blanks have about one to two signs.
fn word_count(text: &str) -> usize {
    text.split(' ').count() + text.chars().filter(|c| is_unspaced(*c)).count() / 2
}
