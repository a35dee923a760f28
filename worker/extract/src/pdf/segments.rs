//! From letters to segments: stretches of one line without a gap that a column or a cell would leave.

use super::glyphs::{Glyph, GlyphText, Style, is_blank};
use super::scripts;

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

/// A gap of more than this part of the letters' size stands for a blank where the file has none. Kerning stays below
/// it; the narrowest blanks of justified text stay above.
pub(super) const BLANK: f32 = 0.11;

/// A gap of more than this many sizes divides a line: at a jump, and after a real blank, which can be stretched.
const JUMP: f32 = 1.0;
const JUMP_AFTER_BLANK: f32 = 1.6;

/// Letters on baselines this part of a size apart still share a line (indices and exponents).
pub(super) const SAME_LINE: f32 = 0.45;

/// Letters of the same size that are this part of it higher or lower are another text.
pub(super) const OTHER_TEXT: f32 = 0.15;

/// Letters this many times larger than their neighbours, on another baseline, are no part of their line.
const MUCH_LARGER: f32 = 1.9;

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

/// A letter of an open segment.
pub(super) struct Letter {
    pub(super) text: GlyphText,
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    em: f32,
    /// From the letter before; without letter spacing once the segment is closed.
    gap: f32,
    /// Letter spacing after it.
    spacing: f32,
    /// A blank was drawn before it.
    blank: bool,
}

struct Open {
    letters: Vec<Letter>,
    /// Letter spacing after the last letter.
    spacing: f32,
    blank: bool,
    x0: f32,
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
        let advances = Advances { least: f32::MAX, most: f32::MIN, narrow: false, declared: true };
        let mut open = Self {
            letters: Vec::new(),
            spacing: 0.0,
            blank: false,
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
            // Blanks far away begin nothing and end nothing; one inside a letter, such as a ligature, divides nothing.
            let inside = glyph.x1 > glyph.x0 && glyph.x1 <= self.x1 && glyph.x0 > last_x0;
            if gap.abs() < size && !inside {
                self.blank = true;
                self.spacing = 0.0;
            }
            return true;
        }
        if self.takes_accent(glyph) {
            return true;
        }
        let most = if self.blank { JUMP_AFTER_BLANK } else { JUMP };
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
            && !self.blank
            && over(glyph.x0, glyph.x1, last.x0, last.x1)
        {
            last.text = accented(base, accent).into();
            return true;
        }
        false
    }

    fn push(&mut self, glyph: &Glyph) {
        let gap = if self.letters.is_empty() { 0.0 } else { glyph.x0 - self.x1 };
        self.letters.push(Letter {
            text: glyph.text.clone(),
            x0: glyph.x0,
            x1: glyph.x1,
            y: glyph.y,
            size: glyph.size,
            em: glyph.em,
            gap,
            spacing: glyph.spacing,
            blank: self.blank,
        });
        self.blank = false;
        self.spacing = glyph.spacing;
        self.size = self.size.max(glyph.size);
        self.x0 = self.x0.min(glyph.x0);
        self.x1 = self.x1.max(glyph.x1);
        self.bold += usize::from(glyph.style.bold);
        self.advances.add(glyph);
    }

    fn close(mut self) -> Option<Segment> {
        self.leave_out_spacing();
        let count = self.letters.len();
        // The baseline is that of the tallest letters, not of an index.
        let tallest = self.letters.iter().find(|letter| letter.size >= self.size)?;
        let (y, em) = (tallest.y, tallest.em);
        let least = self.least_blank();
        let mut text = String::with_capacity(count + count / 4);
        for (at, letter) in self.letters.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| self.letters.get(at));
            let other_line = before.is_some_and(|before| is_off(before, letter));
            if letter.blank || letter.gap > least * letter.em.min(em) || other_line {
                text.push(' ');
            }
            if letter.is_hyphen(before, at + 1 < count) {
                text.push('-');
                continue;
            }
            scripts::push(&mut text, before, letter, self.letters.get(at + 1), (y, self.size));
        }
        // Most letters decide: a bold lead-in doesn't make a bold line.
        let style = Style { bold: self.bold * 10 >= count * 9, fixed_width: self.advances.are_fixed(count) };
        let segment = Segment { text, x0: self.x0, x1: self.x1, y, size: self.size, em, style };
        (!segment.text.trim().is_empty()).then_some(segment)
    }

    /// Letter spacing is what neighbours share; spacing after a single letter is how some programs write a blank.
    fn leave_out_spacing(&mut self) {
        let spacings: Vec<f32> = self.letters.iter().map(|letter| letter.spacing).collect();
        // Some programs take the spacing back between the letters of a word, and leave it between words.
        let pairs = self.letters.iter().skip(1).zip(&spacings);
        let mut gaps: Vec<f32> =
            pairs.filter(|(letter, before)| **before > 0.0 && !letter.blank).map(|(letter, _)| letter.gap).collect();
        gaps.sort_by(f32::total_cmp);
        let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0).max(0.0);
        for (at, letter) in self.letters.iter_mut().enumerate().skip(1) {
            let spacing = |at: Option<usize>| at.and_then(|at| spacings.get(at)).copied().unwrap_or(0.0);
            let shared = spacing(at.checked_sub(2)).max(spacing(Some(at)));
            letter.gap -= spacing(Some(at - 1)).min(shared.max(0.0)).min(usual);
        }
    }

    /// The least gap that stands for a blank, in sizes. Letters that are all set apart hold no blanks between them.
    fn least_blank(&self) -> f32 {
        let mut gaps: Vec<f32> = self
            .letters
            .iter()
            .skip(1)
            .filter(|letter| !letter.blank)
            .map(|letter| letter.gap / letter.em.max(0.1))
            .collect();
        let letters =
            self.letters.iter().filter(|letter| single(&letter.text).is_some_and(char::is_alphabetic)).count();
        if gaps.len() < 4 || letters * 4 < self.letters.len() * 3 {
            return BLANK;
        }
        gaps.sort_by(f32::total_cmp);
        let at = |part: usize| gaps.get(gaps.len() * part / 8).copied().unwrap_or(0.0);
        let (low, middle) = (at(1), at(4));
        if low > BLANK && low > 0.7 * middle { (1.6 * middle).max(BLANK) } else { BLANK }
    }
}

impl Letter {
    /// A soft hyphen within a line is drawn there, and no place to divide a word; nor is one between figures.
    fn is_hyphen(&self, before: Option<&Self>, goes_on: bool) -> bool {
        let figure = before.is_some_and(|before| single(&before.text).is_some_and(|c| c.is_ascii_digit()));
        single(&self.text) == Some('\u{ad}') && self.x1 > self.x0 && (goes_on || figure)
    }
}

/// Letters of one size on another baseline are another text, such as the next bar's figure in a chart. The lowered
/// letter of a logo stands closer.
fn is_off(before: &Letter, letter: &Letter) -> bool {
    let (small, large) = (before.size.min(letter.size), before.size.max(letter.size));
    (before.y - letter.y).abs() > OTHER_TEXT * small && large < 1.1 * small && letter.gap > 0.02 * small
}

fn single(text: &GlyphText) -> Option<char> {
    match text {
        GlyphText::One(c) => Some(*c),
        GlyphText::Many(_) => None,
    }
}

/// The combining mark of an accent that has a width of its own.
fn combining(accent: char) -> Option<char> {
    Some(match accent {
        '`' | '\u{2cb}' => '\u{300}',
        '´' | '\u{2ca}' => '\u{301}',
        '^' | 'ˆ' => '\u{302}',
        '~' | '˜' => '\u{303}',
        '¯' | '\u{2c9}' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' | '°' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}

fn accented(base: char, accent: char) -> String {
    let base = match base {
        'ı' => 'i',
        'ȷ' => 'j',
        base => base,
    };
    use unicode_normalization::UnicodeNormalization;
    [base, accent].into_iter().nfc().collect()
}
