//! From letters to segments: stretches of one line without a gap that a column or a cell would
//! leave.

use super::accents::{accented, combining};
use super::glyphs::{Glyph, GlyphText, Style, is_blank};
use super::{hyphens, overdrawn, scripts, spacing};

/// A stretch of text on one baseline.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// As it stands from left to right; see [`super::lines`] for the order in which it is read.
    pub(super) text: String,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// The baseline, counted downwards.
    pub(super) y: f32,
    /// Of the tallest letter.
    pub(super) size: f32,
    /// What gaps are measured by.
    pub(super) em: f32,
    pub(super) style: Style,
}

/// A gap of more than this part of the letters' size stands for a blank where the file has none.
/// Kerning stays below it; the narrowest blanks of justified text stay above.
pub(super) const BLANK: f32 = 0.11;

/// The same between letters of a script without blanks, which are set apart to fill a line.
const UNSPACED: f32 = 0.75;

/// A gap of more than this many sizes divides a line: at a jump, and after a real blank, which can
/// be stretched.
const JUMP: f32 = 1.0;
const JUMP_AFTER_BLANK: f32 = 1.6;

/// Letters on baselines this part of a size apart still share a line (indices and exponents).
pub(super) const SAME_LINE: f32 = 0.45;

/// Letters of the same size that are this part of it higher or lower are another text.
pub(super) const OTHER_TEXT: f32 = 0.15;

/// Letters this many times larger than their neighbours, on another baseline, are no part of their
/// line.
const MUCH_LARGER: f32 = 1.9;

/// Letters of a text that is filled with those of another, and the part of a letter that another
/// may cover.
const MOST_FILLED: usize = 400;
const COVERED: f32 = 0.3;

/// Joins letters that the page draws one after the other along a line.
pub(super) fn segments<'g>(glyphs: impl IntoIterator<Item = &'g Glyph>) -> Vec<Segment> {
    let mut texts = Vec::new();
    let mut open: Option<Open> = None;
    for glyph in glyphs {
        let goes_on = open.as_mut().is_some_and(|open| open.take(glyph));
        if !goes_on {
            texts.extend(open.take());
            open = Open::start(glyph);
        }
    }
    texts.extend(open);
    overdrawn::fill_gaps(texts).into_iter().filter_map(Open::close).collect()
}

/// A letter of an open segment.
pub(super) struct SegmentLetter {
    pub(super) text: GlyphText,
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) em: f32,
    /// From the letter before; without letter spacing once the segment is closed.
    pub(super) gap: f32,
    /// SegmentLetter spacing after it.
    pub(super) spacing: f32,
    /// The middle of the blank that was drawn before it.
    pub(super) blank: Option<f32>,
}

/// A text that is still taking letters.
pub(super) struct Open {
    letters: Vec<SegmentLetter>,
    /// SegmentLetter spacing after the last letter.
    spacing: f32,
    /// The middle of the blank that was drawn last.
    blank: Option<f32>,
    pub(super) x0: f32,
    x1: f32,
    size: f32,
    bold: usize,
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
        self.narrow |= matches!(
            glyph.text,
            GlyphText::One('i' | 'l' | 'j' | 't' | '.' | ',' | ':' | ';' | '|' | '!' | 'I')
        );
        self.declared &= glyph.style.fixed_width;
    }

    fn join(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        self.narrow |= other.narrow;
        self.declared &= other.declared;
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
        let advances = Advances { least: f32::MAX, most: f32::MIN, narrow: false, declared: true };
        let mut open = Self {
            letters: Vec::new(),
            spacing: 0.0,
            blank: None,
            x0: glyph.x0,
            x1: glyph.x0,
            size: glyph.size,
            bold: 0,
            advances,
        };
        open.push(glyph);
        Some(open)
    }

    /// True where the letter belongs to this segment.
    fn take(&mut self, glyph: &Glyph) -> bool {
        let Some(last) = self.letters.last() else { return false };
        let last_x0 = last.x0;
        let (size, em) = (last.size.max(glyph.size), last.em.max(glyph.em));
        let gap = glyph.x0 - self.x1 - self.spacing;
        let rise = (glyph.y - last.y).abs();
        let ratio = size / last.size.min(glyph.size).max(0.1);
        if rise > SAME_LINE * size || (ratio > MUCH_LARGER && rise > 0.1 * size / ratio) {
            return false;
        }
        if is_blank(&glyph.text) {
            // Blanks far away begin nothing and end nothing; one inside a letter, such as a
            // ligature, divides nothing.
            let inside = glyph.x1 > glyph.x0 && glyph.x1 <= self.x1 && glyph.x0 > last_x0;
            if gap.abs() < size && !inside {
                self.blank = Some((glyph.x0 + glyph.x1) / 2.0);
                self.spacing = 0.0;
            }
            return true;
        }
        if self.takes_accent(glyph) {
            return true;
        }
        let most = if self.blank.is_some() { JUMP_AFTER_BLANK } else { JUMP };
        let back = glyph.x0 < last_x0 - 0.05 * size;
        if gap > most * em || gap < -0.6 * size || (back && glyph.x1 < self.x1 - 0.05 * size) {
            return false;
        }
        self.push(glyph);
        true
    }

    /// An accent that is drawn over a letter, before or after it, becomes part of it.
    fn takes_accent(&mut self, glyph: &Glyph) -> bool {
        let Some(last) = self.letters.last_mut() else { return false };
        let over = |x0: f32, x1: f32, base0: f32, base1: f32| {
            let middle = (x0 + x1) / 2.0;
            let slack = 0.15 * (base1 - base0);
            middle > base0 - slack && middle < base1 + slack
        };
        let (before, now) = (single(&last.text), single(&glyph.text));
        if let (Some(accent), Some(base)) = (before.and_then(combining), now)
            && base.is_alphabetic()
            && over(last.x0, last.x1, glyph.x0, glyph.x1)
        {
            last.text = accented(base, accent).into();
            (last.x0, last.x1) = (glyph.x0, glyph.x1);
            self.x1 = self.x1.max(glyph.x1);
            self.spacing = glyph.spacing;
            return true;
        }
        if let (Some(base), Some(accent)) = (before, now.and_then(combining))
            && base.is_alphabetic()
            && self.blank.is_none()
            && over(glyph.x0, glyph.x1, last.x0, last.x1)
        {
            last.text = accented(base, accent).into();
            return true;
        }
        false
    }

    fn push(&mut self, glyph: &Glyph) {
        let gap = if self.letters.is_empty() { 0.0 } else { glyph.x0 - self.x1 };
        self.letters.push(SegmentLetter {
            text: glyph.text.clone(),
            x0: glyph.x0,
            x1: glyph.x1,
            y: glyph.y,
            size: glyph.size,
            em: glyph.em,
            gap,
            spacing: glyph.spacing,
            blank: self.blank.take(),
        });
        self.spacing = glyph.spacing;
        self.size = self.size.max(glyph.size);
        self.x0 = self.x0.min(glyph.x0);
        self.x1 = self.x1.max(glyph.x1);
        self.bold += usize::from(glyph.style.bold);
        self.advances.add(glyph);
    }

    /// The baseline of the first letter.
    pub(super) fn y(&self) -> f32 {
        self.letters.first().map_or(0.0, |letter| letter.y)
    }

    /// True if the other text reaches into this one, on its baseline and in its size, and no letter
    /// covers another.
    pub(super) fn has_gaps_for(&self, other: &Self) -> bool {
        let (small, large) = (self.size.min(other.size), self.size.max(other.size));
        let reaches_in = other.x0 < self.x1 - 0.05 * small && self.x0 < other.x1 - 0.05 * small;
        let count = self.letters.len() + other.letters.len();
        if !reaches_in
            || large > 1.1 * small
            || count > MOST_FILLED
            || (self.y() - other.y()).abs() > 0.05 * small
        {
            return false;
        }
        let mut spans: Vec<(f32, f32)> = self
            .letters
            .iter()
            .chain(&other.letters)
            .map(|letter| (letter.x0, letter.x1))
            .collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        spans.windows(2).all(|pair| match pair {
            [(a0, a1), (b0, b1)] => a1 - b0 <= COVERED * (a1 - a0).min(b1 - b0),
            _ => true,
        })
    }

    /// Puts the letters of the other text between those of this one.
    pub(super) fn take_in(&mut self, other: Self) {
        let mut letters = std::mem::take(&mut self.letters);
        letters.extend(other.letters);
        letters.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        let mut blanks: Vec<f32> =
            letters.iter_mut().filter_map(|letter| letter.blank.take()).collect();
        // A blank that a letter is drawn over is none.
        blanks
            .retain(|blank| !letters.iter().any(|letter| letter.x0 < *blank && *blank < letter.x1));
        let mut end: Option<f32> = None;
        for letter in &mut letters {
            letter.gap = end.map_or(0.0, |end| letter.x0 - end);
            letter.blank = blanks
                .iter()
                .copied()
                .find(|blank| *blank <= letter.x0 && end.is_some_and(|end| *blank >= end));
            end = Some(end.unwrap_or(f32::MIN).max(letter.x1));
        }
        self.letters = letters;
        self.x0 = self.x0.min(other.x0);
        self.x1 = self.x1.max(other.x1);
        self.size = self.size.max(other.size);
        self.bold += other.bold;
        self.advances.join(&other.advances);
    }

    fn close(mut self) -> Option<Segment> {
        spacing::leave_out(&mut self.letters);
        let count = self.letters.len();
        // The baseline is that of the tallest letters, not of an index.
        let tallest = self.letters.iter().find(|letter| letter.size >= self.size)?;
        let (y, em) = (tallest.y, tallest.em);
        let least = spacing::least_blank(&self.letters);
        let mut text = String::with_capacity(count + count / 4);
        for (at, letter) in self.letters.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| self.letters.get(at));
            let other_line = before.is_some_and(|before| is_off(before, letter));
            // Of two fonts beside each other the smaller measures the gap: some say they are much
            // larger than they are.
            let em = before.map_or(em, |before| em.min(before.em)).min(letter.em);
            let least = if before.is_some_and(|before| are_unspaced(before, letter)) {
                UNSPACED
            } else {
                least
            };
            let apart = letter.gap > least * em
                && !before.is_some_and(|before| is_stretched(before, letter));
            if letter.blank.is_some() || apart || other_line {
                text.push(' ');
            }
            if letter.is_hyphen(before, at + 1 < count) {
                text.push('-');
                continue;
            }
            scripts::push(&mut text, before, letter, self.letters.get(at + 1), (y, self.size));
        }
        // Most letters decide: a bold lead-in doesn't make a bold line.
        let style = Style {
            bold: self.bold * 10 >= count * 9,
            fixed_width: self.advances.are_fixed(count),
        };
        let segment = Segment { text, x0: self.x0, x1: self.x1, y, size: self.size, em, style };
        (!segment.text.trim().is_empty()).then_some(segment)
    }
}

impl SegmentLetter {
    /// A soft hyphen within a line is drawn there, and no place to divide a word; nor is one
    /// between figures.
    fn is_hyphen(&self, before: Option<&Self>, goes_on: bool) -> bool {
        let figure =
            before.is_some_and(|before| single(&before.text).is_some_and(|c| c.is_ascii_digit()));
        single(&self.text) == Some('\u{ad}') && self.x1 > self.x0 && (goes_on || figure)
    }
}

/// Letters of one size on another baseline are another text, such as the next bar's figure in a
/// chart. The lowered letter of a logo stands closer.
fn is_off(before: &SegmentLetter, letter: &SegmentLetter) -> bool {
    let (small, large) = (before.size.min(letter.size), before.size.max(letter.size));
    (before.y - letter.y).abs() > OTHER_TEXT * small
        && large < 1.1 * small
        && letter.gap > 0.02 * small
}

/// The line between two Arabic letters, which fills up a line of text, and joins them whatever gap
/// it leaves.
fn is_stretched(before: &SegmentLetter, letter: &SegmentLetter) -> bool {
    let is_line = |letter: &SegmentLetter| single(&letter.text) == Some('\u{640}');
    is_line(before) || is_line(letter)
}

fn are_unspaced(before: &SegmentLetter, letter: &SegmentLetter) -> bool {
    let is_unspaced =
        |letter: &SegmentLetter| single(&letter.text).is_some_and(hyphens::is_unspaced);
    is_unspaced(before) && is_unspaced(letter)
}

pub(super) fn single(text: &GlyphText) -> Option<char> {
    match text {
        GlyphText::One(c) => Some(*c),
        GlyphText::Many(_) => None,
    }
}
