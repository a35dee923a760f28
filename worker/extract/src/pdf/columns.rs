//! Reading order: divides a page into columns where prose stands in them, and leaves tables whole.

use super::segments::Segment;

/// Columns inside columns inside columns: newspapers have no more.
const MAX_DEPTH: usize = 4;

/// Lines a column must have, and the least width of the gutter between two, in points.
const LEAST_LINES: usize = 4;
const GUTTER: f32 = 7.0;

/// Prose fills its column: its lines are typically at least this part of the column's width; cells of a table are not.
const FILL: f32 = 0.6;

/// Segments that may be looked at in the search for one page's gutters; a page that needs more is no text.
const MOST_LOOKS: usize = 20_000_000;

/// The segments of a page as runs to be read one after the other, each a single column from top to bottom.
pub(super) fn runs(segments: Vec<Segment>) -> Vec<Vec<Segment>> {
    let (mut out, mut looks) = (Vec::new(), MOST_LOOKS);
    divide(segments, 0, &mut looks, &mut out);
    out
}

fn divide(segments: Vec<Segment>, depth: usize, looks: &mut usize, out: &mut Vec<Vec<Segment>>) {
    let gutter = gutter(&segments.iter().collect::<Vec<_>>(), depth, looks);
    let Some(gutter) = gutter else {
        if !segments.is_empty() {
            out.push(segments);
        }
        return;
    };
    // What crosses the gutter (titles, wide figures' captions) divides the columns into bands, read one by one.
    let (mut crossing, beside): (Vec<_>, Vec<_>) = segments.into_iter().partition(|s| s.x0 < gutter && s.x1 > gutter);
    crossing.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut rest = beside;
    let mut wide: Vec<Segment> = Vec::new();
    for segment in crossing {
        let (above, below): (Vec<_>, Vec<_>) = rest.into_iter().partition(|s| s.y < segment.y - 0.3 * segment.size);
        if !above.is_empty() {
            out.extend((!wide.is_empty()).then(|| std::mem::take(&mut wide)));
            band(above, gutter, depth, looks, out);
        }
        // On the crossing segment's own line others may stand, as beside a centred title.
        let on_line = |s: &Segment| (s.y - segment.y).abs() <= 0.3 * segment.size;
        let (beside, below): (Vec<_>, Vec<_>) = below.into_iter().partition(on_line);
        wide.extend(beside);
        wide.push(segment);
        rest = below;
    }
    out.extend((!wide.is_empty()).then_some(wide));
    band(rest, gutter, depth, looks, out);
}

fn band(segments: Vec<Segment>, gutter: f32, depth: usize, looks: &mut usize, out: &mut Vec<Vec<Segment>>) {
    let (left, right): (Vec<_>, Vec<_>) = segments.into_iter().partition(|s| s.x1 <= gutter);
    for side in [left, right] {
        if !side.is_empty() {
            divide(side, depth + 1, looks, out);
        }
    }
}

/// The middle of the best gap between two columns of prose.
fn gutter(segments: &[&Segment], depth: usize, looks: &mut usize) -> Option<f32> {
    if segments.len() < 2 * LEAST_LINES || depth >= MAX_DEPTH {
        return None;
    }
    let left = segments.iter().map(|s| s.x0).fold(f32::MAX, f32::min);
    let right = segments.iter().map(|s| s.x1).fold(f32::MIN, f32::max);
    let width = right - left;
    if !(40.0..20_000.0).contains(&width) {
        return None;
    }
    let covered = coverage(segments, left, width);
    let most = covered.iter().copied().max().unwrap_or(0);
    // Titles and wide lines may cross a gutter; the fewer the surer.
    [0, 1, 2, most / 8].into_iter().find_map(|few| {
        gaps(&covered, few)
            .filter(|gap| gap.len() as f32 >= GUTTER)
            .map(|gap| (left + (gap.start + gap.end) as f32 / 2.0, gap.len()))
            .filter(|(at, _)| (left + 0.12 * width..right - 0.12 * width).contains(at))
            .filter(|(at, _)| is_between_columns(segments, *at, depth, looks))
            .max_by_key(|(_, len)| *len)
            .map(|(at, _)| at)
    })
}

/// For each point of the width, how many segments stand over it.
fn coverage(segments: &[&Segment], left: f32, width: f32) -> Vec<usize> {
    let mut covered = vec![0; width as usize + 1];
    for segment in segments {
        let (from, to) = ((segment.x0 - left).max(0.0) as usize, (segment.x1 - left).max(0.0).ceil() as usize);
        for count in covered.iter_mut().take(to).skip(from) {
            *count += 1;
        }
    }
    covered
}

/// Stretches over which at most `few` segments stand.
fn gaps(covered: &[usize], few: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + covered.get(at..)?.iter().position(|&count| count <= few)?;
        let len = covered.get(start..)?.iter().take_while(|&&count| count <= few).count();
        at = start + len;
        Some(start..at)
    })
}

fn is_between_columns(segments: &[&Segment], gutter: f32, depth: usize, looks: &mut usize) -> bool {
    *looks = looks.saturating_sub(segments.len());
    if *looks == 0 {
        return false;
    }
    let left: Vec<&Segment> = segments.iter().filter(|s| s.x1 <= gutter).copied().collect();
    let right: Vec<&Segment> = segments.iter().filter(|s| s.x0 >= gutter).copied().collect();
    let crossing = segments.len() - left.len() - right.len();
    // A side may hold further columns, each of which is prose.
    let mut holds_prose =
        |side: &[&Segment]| has_words(side) && (fills_column(side) || self::gutter(side, depth + 1, looks).is_some());
    crossing * 2 <= left.len() + right.len() && overlap(&left, &right) && holds_prose(&left) && holds_prose(&right)
}

/// Prose has several words to a line, most cells of a table have not.
fn has_words(side: &[&Segment]) -> bool {
    let words: usize = side.iter().map(|s| s.text.split(' ').count()).sum();
    side.len() >= LEAST_LINES && words >= 3 * side.len()
}

fn fills_column(side: &[&Segment]) -> bool {
    let width = side.iter().map(|s| s.x1).fold(f32::MIN, f32::max) - side.iter().map(|s| s.x0).fold(f32::MAX, f32::min);
    let mut lengths: Vec<f32> = side.iter().map(|s| s.x1 - s.x0).collect();
    lengths.sort_by(f32::total_cmp);
    lengths.get(lengths.len() / 2).is_some_and(|median| *median >= FILL * width)
}

/// Columns stand beside each other.
fn overlap(left: &[&Segment], right: &[&Segment]) -> bool {
    let extent = |side: &[&Segment]| {
        (side.iter().map(|s| s.y).fold(f32::MAX, f32::min), side.iter().map(|s| s.y).fold(f32::MIN, f32::max))
    };
    let ((top, bottom), (other_top, other_bottom)) = (extent(left), extent(right));
    bottom.min(other_bottom) - top.max(other_top) > 0.0
}
