//! Raised and lowered letters: a power must not become a digit of its base, nor a note's mark one
//! of its word.

use super::glyphs::GlyphText;
use super::segments::SegmentLetter;

/// Smaller than this part of the line's size, and raised by at least that part of it.
const SMALLER: f32 = 0.86;
const RAISED: f32 = 0.18;

/// Appends a letter to the text of its segment, whose tallest letters stand on `y` and are `size`
/// high.
pub(super) fn push(
    text: &mut String,
    before: Option<&SegmentLetter>,
    letter: &SegmentLetter,
    next: Option<&SegmentLetter>,
    line: (f32, f32),
) {
    let GlyphText::One(c) = letter.text else {
        if let GlyphText::Many(many) = &letter.text {
            text.push_str(many);
        }
        return;
    };
    let begins = before.is_some_and(|before| !is_raised(before, line));
    if c.is_ascii_digit() && is_raised(letter, line) && begins {
        let stem = text.trim_end();
        let word: usize = stem.chars().rev().take_while(|c| c.is_alphabetic()).count();
        let fraction =
            next.is_some_and(|next| matches!(next.text, GlyphText::One('/' | '⁄' | '∕')));
        match stem.chars().next_back() {
            Some(last) if last.is_ascii_digit() && !fraction => {
                text.truncate(stem.len());
                text.push('^');
            }
            // A unit or a variable: m², x².
            Some(last) if last.is_alphabetic() && word <= 2 => {
                text.truncate(stem.len());
                text.push(superscript(c));
                return;
            }
            Some(last)
                if (last.is_alphanumeric() || is_closing(last)) && text.len() == stem.len() =>
            {
                text.push(' ');
            }
            _ => {}
        }
    } else if before.is_some_and(|before| is_raised(before, line)) && !is_raised(letter, line) {
        // After a power or a mark the line goes on with another word.
        let raised = text.chars().next_back().is_some_and(|c| c.is_ascii_digit());
        if raised && c.is_alphanumeric() {
            text.push(' ');
        }
    }
    text.push(c);
}

fn is_closing(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | ')' | '”' | '"' | '’' | '?' | '!')
}

fn is_raised(letter: &SegmentLetter, (y, size): (f32, f32)) -> bool {
    letter.size < SMALLER * size && y - letter.y > RAISED * size
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        other => other,
    }
}
