//! From letters to segments: stretches of one line without a gap that a column or a cell would leave.

use super::glyphs::{Glyph, GlyphText, Style};

/// A stretch of text on one baseline.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// The baseline, counted downwards.
    pub(super) y: f32,
    /// Of the tallest letter.
    pub(super) size: f32,
    pub(super) style: Style,
}

/// A gap of more than this part of the letters' size stands for a blank where the file has none. Letter spacing and
/// kerning stay below it; the narrowest blanks of justified text stay above.
const BLANK: f32 = 0.17;

/// A gap of more than this many sizes divides a line: at a jump, and after a real blank, which can be stretched.
const JUMP: f32 = 1.0;
const JUMP_AFTER_BLANK: f32 = 1.6;

/// Letters on baselines this part of a size apart still share a line (indices and exponents).
const SAME_LINE: f32 = 0.45;

/// Joins letters that the page draws one after the other along a line.
pub(super) fn segments<'g>(glyphs: impl IntoIterator<Item = &'g Glyph>) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut open: Option<Open> = None;
    for glyph in glyphs {
        let goes_on = open.as_mut().is_some_and(|open| open.take(glyph));
        if !goes_on {
            out.extend(open.take().and_then(Open::close));
            open = Open::start(glyph);
        }
    }
    out.extend(open.and_then(Open::close));
    out
}

struct Open {
    segment: Segment,
    /// A blank was drawn since the last letter.
    blank: bool,
    last_x0: f32,
    bold: usize,
    letters: usize,
    advances: Advances,
}

/// Whether all letters are equally wide, which tells a fixed-width font that doesn't say so.
struct Advances {
    least: f32,
    most: f32,
    /// A letter that other fonts make narrow was among them.
    narrow: bool,
    declared: bool,
}

impl Advances {
    fn add(&mut self, glyph: &Glyph) {
        let advance = (glyph.x1 - glyph.x0) / glyph.size;
        self.least = self.least.min(advance);
        self.most = self.most.max(advance);
        self.narrow |=
            matches!(glyph.text, GlyphText::One('i' | 'l' | 'j' | 't' | '.' | ',' | ':' | ';' | '|' | '!' | 'I'));
        self.declared &= glyph.style.fixed_width;
    }

    fn are_fixed(&self, letters: usize) -> bool {
        // Courier and its likes are 0.6 of their size wide, Computer Modern Typewriter 0.525.
        let usual = (self.most - 0.6).abs() < 0.004 || (self.most - 0.525).abs() < 0.004;
        self.declared || (self.most - self.least < 0.004 && letters > 2 && (self.narrow || usual))
    }
}

impl Open {
    fn start(glyph: &Glyph) -> Option<Self> {
        if is_blank(&glyph.text) {
            return None;
        }
        let segment = Segment {
            text: String::new(),
            x0: glyph.x0,
            x1: glyph.x0,
            y: glyph.y,
            size: glyph.size,
            style: Style::default(),
        };
        let advances = Advances { least: f32::MAX, most: f32::MIN, narrow: false, declared: true };
        let mut open = Self { segment, blank: false, last_x0: f32::MIN, bold: 0, letters: 0, advances };
        open.push(glyph);
        Some(open)
    }

    /// True where the letter belongs to this segment.
    fn take(&mut self, glyph: &Glyph) -> bool {
        let size = self.segment.size.max(glyph.size);
        let gap = glyph.x0 - self.segment.x1;
        if (glyph.y - self.segment.y).abs() > SAME_LINE * size {
            return false;
        }
        if is_blank(&glyph.text) {
            // Blanks far away begin nothing and end nothing.
            self.blank |= gap.abs() < size;
            return true;
        }
        if self.is_double(glyph) {
            self.bold += 1;
            return true;
        }
        let most = if self.blank { JUMP_AFTER_BLANK } else { JUMP };
        if gap > most * size || gap < -0.6 * size {
            return false;
        }
        if self.blank || gap > BLANK * size.min(glyph.size.max(1.0)) {
            self.segment.text.push(' ');
        }
        self.push(glyph);
        true
    }

    /// Some programs make bold letters by drawing them twice, a hair apart.
    fn is_double(&self, glyph: &Glyph) -> bool {
        let GlyphText::One(c) = glyph.text else { return false };
        (glyph.x0 - self.last_x0).abs() < 0.12 * glyph.size && self.segment.text.ends_with(c)
    }

    fn push(&mut self, glyph: &Glyph) {
        match &glyph.text {
            GlyphText::One(c) => self.segment.text.push(*c),
            GlyphText::Many(text) => self.segment.text.push_str(text),
        }
        self.blank = false;
        self.last_x0 = glyph.x0;
        // The baseline is that of the tallest letters, not of an index.
        if glyph.size > self.segment.size {
            self.segment.size = glyph.size;
            self.segment.y = glyph.y;
        }
        self.segment.x1 = self.segment.x1.max(glyph.x1);
        self.letters += 1;
        self.bold += usize::from(glyph.style.bold);
        self.advances.add(glyph);
    }

    fn close(self) -> Option<Segment> {
        let mut segment = self.segment;
        // Most letters decide: a bold lead-in doesn't make a bold line.
        segment.style =
            Style { bold: self.bold * 10 >= self.letters * 9, fixed_width: self.advances.are_fixed(self.letters) };
        (!segment.text.trim().is_empty()).then_some(segment)
    }
}

fn is_blank(text: &GlyphText) -> bool {
    match text {
        GlyphText::One(c) => c.is_whitespace() || *c == '\u{200b}',
        GlyphText::Many(text) => text.trim().is_empty(),
    }
}

/// A line of a column: its segments from left to right. More than one means cells, or a marker before its text.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) segments: Vec<Segment>,
    pub(super) y: f32,
    pub(super) size: f32,
}

impl Line {
    pub(super) fn x0(&self) -> f32 {
        self.segments.first().map_or(0.0, |segment| segment.x0)
    }

    pub(super) fn x1(&self) -> f32 {
        self.segments.last().map_or(0.0, |segment| segment.x1)
    }

    pub(super) fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn is(&self, style: fn(&Style) -> bool) -> bool {
        self.segments.iter().all(|segment| style(&segment.style))
    }
}

/// Puts segments of one column on lines, from top to bottom.
pub(super) fn lines(mut segments: Vec<Segment>) -> Vec<Line> {
    segments.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x0.total_cmp(&b.x0)));
    let mut lines: Vec<Line> = Vec::new();
    for segment in segments {
        match lines.last_mut() {
            Some(line) if (segment.y - line.y).abs() <= SAME_LINE * line.size.max(segment.size) => {
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
    }
    lines
}

/// Neighbours on a line that the page drew in another order.
fn join_neighbours(line: &mut Line) {
    let mut joined: Vec<Segment> = Vec::with_capacity(line.segments.len());
    for segment in line.segments.drain(..) {
        match joined.last_mut() {
            Some(before) if segment.x0 - before.x1 < 0.6 * line.size => {
                if segment.x0 - before.x1 > BLANK * segment.size.min(before.size) {
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
