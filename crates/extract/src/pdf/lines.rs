//! From segments to lines, whose text is in the order in which it is read.

use super::bidi;
use super::glyphs::Style;
use super::segments::{BLANK, OTHER_TEXT, SAME_LINE, Segment};

/// An index has no more characters than this.
const INDEX_CHARS: usize = 4;

/// Segments of a line that one index is compared with.
const MOST_LOOKED_AT: usize = 64;

/// A line of a column: its segments in the order in which they are read. More than one means cells,
/// or a marker before its text.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) segments: Vec<Segment>,
    pub(super) y: f32,
    pub(super) size: f32,
}

impl Line {
    pub(super) fn x0(&self) -> f32 {
        self.segments.iter().map(|segment| segment.x0).reduce(f32::min).unwrap_or(0.0)
    }

    pub(super) fn x1(&self) -> f32 {
        self.segments.iter().map(|segment| segment.x1).reduce(f32::max).unwrap_or(0.0)
    }

    pub(super) fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn is(&self, style: fn(&Style) -> bool) -> bool {
        self.segments.iter().all(|segment| style(&segment.style))
    }

    /// The last segments, as many as are looked at for each that may follow.
    fn last(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().rev().take(MOST_LOOKED_AT)
    }

    fn takes(&self, segment: &Segment) -> bool {
        let rise = (segment.y - self.y).abs();
        let (small, large) = (self.size.min(segment.size), self.size.max(segment.size));
        if rise <= SAME_LINE * small {
            return true;
        }
        // An index or exponent that the page draws apart from its line.
        let short = |text: &str| text.chars().count() <= INDEX_CHARS;
        let index = if segment.size < self.size {
            short(&segment.text)
        } else {
            self.last().all(|segment| short(&segment.text))
        };
        let near = self.last().any(|other| {
            (other.x0 - segment.x1).abs() < 0.5 * small
                || (segment.x0 - other.x1).abs() < 0.5 * small
        });
        index && near && rise <= SAME_LINE * large && large < 1.9 * small
    }
}

/// Puts segments of one column on lines, from top to bottom.
pub(super) fn lines(mut segments: Vec<Segment>) -> Vec<Line> {
    segments.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x0.total_cmp(&b.x0)));
    let mut lines: Vec<Line> = Vec::new();
    for segment in segments {
        match lines.last_mut() {
            Some(line) if line.takes(&segment) => {
                if segment.size > line.size {
                    line.size = segment.size;
                    line.y = segment.y;
                }
                line.segments.push(segment);
            }
            _ => lines.push(Line { y: segment.y, size: segment.size, segments: vec![segment] }),
        }
    }
    for line in &mut lines {
        line.segments.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        join_neighbours(line);
        read(line);
    }
    lines
}

/// Neighbours on a line that the page drew in another order.
fn join_neighbours(line: &mut Line) {
    let mut joined: Vec<Segment> = Vec::with_capacity(line.segments.len());
    for segment in line.segments.drain(..) {
        match joined.last_mut() {
            Some(before) if segment.x0 - before.x1 < 0.6 * segment.em.max(before.em) => {
                let (small, large) = (segment.em.min(before.em), segment.em.max(before.em));
                let rise = (segment.y - before.y).abs();
                let other_line = large > 1.5 * small && rise > 0.05 * large
                    || segment.size.max(before.size) < 1.1 * segment.size.min(before.size)
                        && rise > OTHER_TEXT * small
                        && segment.x0 - before.x1 > 0.02 * small;
                // What lies over other text is another text.
                let covers = before.x1 - segment.x0 > 0.5 * small;
                let ordinal = rise > 0.0 && is_ordinal(&before.text, &segment.text);
                if (segment.x0 - before.x1 > BLANK * small || other_line || covers) && !ordinal {
                    before.text.push(' ');
                }
                before.text.push_str(&segment.text);
                before.x1 = before.x1.max(segment.x1);
                before.style.bold &= segment.style.bold;
                before.style.fixed_width &= segment.style.fixed_width;
            }
            _ => joined.push(segment),
        }
    }
    line.segments = joined;
}

/// The raised ending of a number: 1st, 2nd, 5e.
fn is_ordinal(number: &str, ending: &str) -> bool {
    let ending = ending
        .split(' ')
        .next()
        .unwrap_or_default()
        .trim_end_matches(|c: char| !c.is_alphanumeric());
    number.ends_with(|c: char| c.is_ascii_digit())
        && matches!(ending, "st" | "nd" | "rd" | "th" | "er" | "ème" | "e")
}

/// Turns what is read from the right to the left.
fn read(line: &mut Line) {
    let right_to_left =
        bidi::is_mostly_right_to_left(line.segments.iter().map(|segment| segment.text.as_str()));
    for segment in &mut line.segments {
        segment.text = bidi::logical(std::mem::take(&mut segment.text), right_to_left);
    }
    if right_to_left {
        line.segments.reverse();
    }
}
