//! Hebrew and Arabic: a page shows them from the right to the left, a text keeps them in the order
//! they are read.

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Shapes of letters become the letters: Arabic and Hebrew presentation forms. Where one shape
/// stands for several letters they are put in the order of the page, as all else on it is.
pub(super) fn fold(text: &str) -> String {
    if !text.chars().any(|c| is_right_to_left(c) || is_presentation_form(c)) {
        return text.to_owned();
    }
    let plain: String = text
        .chars()
        .flat_map(|c| if is_presentation_form(c) { c.nfkc().collect() } else { vec![c] })
        .collect();
    if plain.chars().filter(|c| !is_combining_mark(*c)).count() > 1 {
        plain.chars().rev().collect()
    } else {
        plain
    }
}

fn is_presentation_form(c: char) -> bool {
    matches!(c, '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

pub(super) fn is_right_to_left(c: char) -> bool {
    // Most letters of most documents are below the first of these scripts.
    c >= '\u{590}' && matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

/// True where more letters run to the left than to the right.
pub(super) fn is_mostly_right_to_left<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let (mut left, mut right) = (0_usize, 0_usize);
    for c in texts.flat_map(str::chars) {
        if is_right_to_left(c) {
            left += 1;
        } else if c.is_alphabetic() {
            right += 1;
        }
    }
    left > right
}

/// Puts a stretch of a line, as it stands on the page from left to right, into the order in which
/// it is read.
pub(super) fn logical(visual: String, right_to_left: bool) -> String {
    if !visual.chars().any(is_right_to_left) {
        return visual;
    }
    let level = if right_to_left { Level::rtl() } else { Level::ltr() };
    let turned = mirrored(&before_marks(&visual));
    let info = BidiInfo::new(&turned, Some(level));
    let lines = info
        .paragraphs
        .iter()
        .map(|paragraph| info.reorder_line(paragraph, paragraph.range.clone()));
    lines.collect()
}

/// Marks go before their letters, so that they follow them when the line is turned.
fn before_marks(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars() {
        // A letter has a few marks; more of them are noise.
        let near = out.len().saturating_sub(8);
        let base = || {
            out.iter().enumerate().skip(near).rev().find(|(_, before)| !is_combining_mark(**before))
        };
        let at = if is_combining_mark(c) { base().map(|(at, _)| at) } else { None };
        match at.filter(|at| out.get(*at).is_some_and(|base| is_right_to_left(*base))) {
            Some(at) => out.insert(at, c),
            None => out.push(c),
        }
    }
    out.into_iter().collect()
}

/// A bracket that looks closed to the left opens a text that runs to the left.
fn mirrored(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let strong = |c: &char| {
        if is_right_to_left(*c) {
            Some(true)
        } else if c.is_alphabetic() {
            Some(false)
        } else {
            None
        }
    };
    let mut before = None;
    let mut left: Vec<Option<bool>> = Vec::with_capacity(chars.len());
    for c in &chars {
        before = strong(c).or(before);
        left.push(before);
    }
    let mut after = None;
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    for (c, left) in chars.iter().zip(left).rev() {
        after = strong(c).or(after);
        let inside = left.or(after) == Some(true) || after.or(left) == Some(true);
        out.push(match c {
            '(' if inside => ')',
            ')' if inside => '(',
            '[' if inside => ']',
            ']' if inside => '[',
            '{' if inside => '}',
            '}' if inside => '{',
            c => *c,
        });
    }
    out.into_iter().rev().collect()
}
