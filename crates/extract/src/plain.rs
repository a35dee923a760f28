//! Plain text: paragraphs by empty lines, with lists, underlined headings and preformatted parts
//! told apart.

use crate::document::{BlockKind, Meta};
use crate::output::{Draft, Output};
use crate::warning::WarningKind;
use crate::{Failure, Format, charset};

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let decoded = charset::read(bytes, None);
    out.warn(WarningKind::InvalidBytes, None, decoded.invalid);
    out.meta(Meta { format: Format::Text, title: None, page_count: None, paged: false });
    blocks(&decoded.text, &mut |kind, text| out.push(kind, text))
}

/// Reads plain text that stands inside another document.
pub(crate) fn part(text: &str, draft: &mut Draft) -> Result<(), Failure> {
    blocks(text, &mut |kind, text| draft.push(kind, text))
}

/// What takes the blocks that are read.
type Sink<'s> = dyn FnMut(BlockKind, &str) -> Result<(), Failure> + 's;

fn blocks(text: &str, out: &mut Sink<'_>) -> Result<(), Failure> {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.split(['\n', '\u{c}']).map(|line| line.trim_end_matches('\r')) {
        if line.trim().is_empty() {
            paragraph(&lines, out)?;
            lines.clear();
        } else {
            lines.push(line);
        }
    }
    paragraph(&lines, out)
}

fn paragraph(lines: &[&str], out: &mut Sink<'_>) -> Result<(), Failure> {
    match lines {
        [] => Ok(()),
        [only] if is_shouted(only) => out(BlockKind::Heading { level: 2 }, only),
        [title, rule] if is_rule(rule, '=') => out(BlockKind::Heading { level: 1 }, title),
        [title, rule] if is_rule(rule, '-') => out(BlockKind::Heading { level: 2 }, title),
        lines if lines.iter().any(|line| marker(line)) => list(lines, out),
        lines if is_preformatted(lines) => out(BlockKind::Code, &lines.join("\n")),
        lines => out(BlockKind::Paragraph, &lines.join("\n")),
    }
}

/// Lines without a marker go on the item before; those before the first item are a paragraph.
fn list(lines: &[&str], out: &mut Sink<'_>) -> Result<(), Failure> {
    let mut kind = BlockKind::Paragraph;
    let mut item = String::new();
    for line in lines {
        if marker(line) {
            out(kind, &item)?;
            kind = BlockKind::ListItem;
            item.clear();
            item.push_str(line);
        } else {
            item.push('\n');
            item.push_str(line);
        }
    }
    out(kind, &item)
}

fn marker(line: &str) -> bool {
    let line = line.trim_start();
    let bullet = ["- ", "* ", "+ ", "• ", "– "].iter().any(|mark| line.starts_with(mark));
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let numbered = (1..=3).contains(&digits)
        && line.get(digits..).is_some_and(|rest| rest.starts_with(". ") || rest.starts_with(") "));
    bullet || numbered
}

fn is_rule(line: &str, mark: char) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.chars().all(|c| c == mark)
}

/// A short line of capitals standing alone.
fn is_shouted(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 3
        && line.chars().count() <= 80
        && !line.chars().any(char::is_lowercase)
        && !line.trim().ends_with('.')
}

/// Verses, addresses, listings and tables of blanks lose their sense when their lines are joined.
fn is_preformatted(lines: &[&str]) -> bool {
    if lines.len() < 2 {
        return false;
    }
    let ragged = lines
        .iter()
        .filter(|line| line.starts_with("    ") || line.contains("   ") || line.contains('\t'));
    let before_last = lines.split_last().map_or(&[][..], |(_, before)| before);
    let longest = before_last.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    ragged.count() * 2 > lines.len() || longest < 40
}
