//! Makes text fit to be stored, counted and shown; see [`crate::Block::new`] for the rule.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Each run of blanks, line feeds included, becomes one space.
pub(crate) fn flowing(text: &str) -> String {
    let text = characters(text);
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// As [`flowing`], but the blanks that the text begins with are kept.
pub(crate) fn indented(text: &str) -> String {
    let depth = text.chars().take_while(|&c| c == ' ').count().min(16);
    let flowing = flowing(text);
    if flowing.is_empty() { flowing } else { " ".repeat(depth) + &flowing }
}

/// Lines stay; blanks at their ends and empty lines at both ends of the text go.
pub(crate) fn lines(text: &str) -> String {
    let text = characters(&text.replace("\r\n", "\n").replace('\r', "\n"));
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let kept = out.trim_end();
    let first = kept.len() - kept.trim_start_matches('\n').len();
    kept.get(first..).unwrap_or_default().to_owned()
}

/// A title: one line, no longer than [`crate::limits::MAX_TITLE_CHARS`]; nothing where no text is
/// left.
pub(crate) fn title(text: &str) -> Option<String> {
    let text = flowing(text);
    let cut: String = text.chars().take(crate::limits::MAX_TITLE_CHARS).collect();
    (!cut.is_empty()).then_some(cut)
}

fn characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            // Non-breaking and other fixed blanks are a matter of setting, not of text.
            '\u{a0}' | '\u{2007}' | '\u{202f}' => out.push(' '),
            '\u{ad}' | '\u{feff}' | '\u{200b}' | '\u{2060}' => {}
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
            // A carriage return, form feed or vertical tab ends a line; every other control
            // character, NUL too, is noise.
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_control() => {}
            // Private use and non-characters carry no meaning outside the font they were drawn
            // with.
            '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    if is_nfc(&out) { out } else { out.nfc().collect() }
}
