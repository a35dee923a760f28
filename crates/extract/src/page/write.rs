//! Writes the main content as clean HTML, block by block: each is well-formed by itself.

use sha2::{Digest, Sha256};

use super::ContentBlock;
use super::elements::{Form, INLINE_TAGS, attributes, form};
use super::outline::{Item, Outline, is_block, words};
use super::types::escape;
use crate::html::math;
use crate::html::scope::Scope;

/// Bytes of main content that are kept.
pub(super) const MAX_BYTES: usize = 8 << 20;

/// Bytes of plain text that language and fingerprint are computed from.
const SAMPLE: usize = 32 * 1024;

/// Lines of a page's tools, in lower case: a block that says no more is left out.
const TOOLS: &[&str] = &[
    "add to basket",
    "add to cart",
    "add to bag",
    "buy now",
    "köp nu",
    "lägg i kundvagn",
    "lägg i varukorg",
    "lägg i varukorgen",
    "back to top",
    "continue reading",
    "load more",
    "läs mer",
    "more",
    "read more",
    "show more",
    "visa fler",
    "visa mer",
    "copy",
    "copy link",
    "dela",
    "dela sidan",
    "dela på facebook",
    "dela på linkedin",
    "dela på x",
    "edit this page",
    "edit on github",
    "föregående",
    "föregående sida",
    "gå till toppen",
    "improve this page",
    "kopiera länk",
    "listen",
    "lyssna",
    "lyssna på sidan",
    "next",
    "next page",
    "nästa",
    "nästa sida",
    "permalink",
    "previous",
    "previous page",
    "print",
    "print this page",
    "redigera",
    "share",
    "share this page",
    "skriv ut",
    "skriv ut sidan",
    "till toppen",
    "tillbaka",
    "tipsa en vän",
    "tweet",
];

/// What was written.
#[derive(Default)]
pub(super) struct WrittenPage {
    pub(super) blocks: Vec<ContentBlock>,
    /// The beginning of the plain text.
    pub(super) sample: String,
    pub(super) is_cut: bool,
}

/// Writes the items from `root` to its end.
pub(super) fn write(outline: &Outline<'_>, root: usize, scope: &Scope) -> WrittenPage {
    let mut writer = Writer::default();
    let end = outline.get(root).map_or(0, |item| item.end);
    let mut at = root;
    while let Some(item) = outline.get(at).filter(|_| at < end) {
        writer.close_until(at);
        if item.is_dropped {
            writer.pass_over(item);
            at = item.end;
            continue;
        }
        if writer.bytes > MAX_BYTES {
            writer.written.is_cut = true;
            break;
        }
        at = writer.open(item, at, scope);
    }
    writer.close_until(usize::MAX);
    writer.break_line();
    writer.finish()
}

struct OpenElement {
    end: usize,
    close: &'static str,
    /// Whether a block ends with it.
    is_block: bool,
    /// Whether the line ends with it.
    breaks: bool,
}

#[derive(Default)]
struct Writer {
    written: WrittenPage,
    open: Vec<OpenElement>,
    html: String,
    plain: String,
    /// Whether `html` is a line of loose text, whose paragraph ends with the next break.
    is_loose: bool,
    needs_blank: bool,
    in_pre: usize,
    bytes: usize,
    /// Whether something was left out since the last block.
    has_gap: bool,
    /// For each block, its heading's level or 0, and whether something was left out behind it.
    levels: Vec<(u8, bool)>,
}

impl Writer {
    /// Takes an item; the index of the next one.
    fn open(&mut self, item: &Item<'_>, at: usize, scope: &Scope) -> usize {
        if let Some(text) = item.node.value().as_text() {
            self.text(text);
            return item.end;
        }
        let tag = item.name();
        if tag == "math" {
            self.text(&format!(" {} ", math::text(&item.node)));
            return item.end;
        }
        if tag == "br" {
            self.line_feed();
            return item.end;
        }
        let in_block = self.open.iter().any(|open| open.is_block);
        let in_table = self.open.iter().any(|open| open.close == "table");
        match form(item, in_block, in_table, scope) {
            Form::Block(tag) => {
                self.break_line();
                self.start(tag, "");
                self.in_pre += usize::from(tag == "pre");
                self.open.push(OpenElement {
                    end: item.end,
                    close: tag,
                    is_block: true,
                    breaks: true,
                });
            }
            Form::Inner(tag) => {
                self.start(tag, &attributes(item, tag));
                self.in_pre += usize::from(tag == "pre");
                self.push(item.end, tag);
            }
            Form::Container => {
                self.break_line();
                self.open.push(OpenElement {
                    end: item.end,
                    close: "",
                    is_block: false,
                    breaks: true,
                });
            }
            Form::Inline("") => self.push(item.end, ""),
            Form::Inline(tag) => {
                self.begin_line();
                self.blank();
                self.start(tag, &attributes(item, tag));
                self.push(item.end, tag);
            }
        }
        at + 1
    }

    fn push(&mut self, end: usize, close: &'static str) {
        self.open.push(OpenElement { end, close, is_block: false, breaks: false });
    }

    /// Notes that an item is left out.
    fn pass_over(&mut self, item: &Item<'_>) {
        if !item.is_text() {
            self.has_gap = true;
        }
        if is_block(item.name()) {
            self.break_line();
        }
    }

    fn start(&mut self, tag: &str, attributes: &str) {
        self.html.push('<');
        self.html.push_str(tag);
        self.html.push_str(attributes);
        self.html.push('>');
        if !INLINE_TAGS.contains(&tag) {
            self.needs_blank = false;
        }
    }

    /// Closes what ends before the item at `at`.
    fn close_until(&mut self, at: usize) {
        while let Some(open) = self.open.pop_if(|open| open.end <= at) {
            if open.close.is_empty() {
                if open.breaks {
                    self.break_line();
                }
                continue;
            }
            self.in_pre -= usize::from(open.close == "pre" && self.in_pre > 0);
            self.html.push_str("</");
            self.html.push_str(open.close);
            self.html.push('>');
            if !INLINE_TAGS.contains(&open.close) {
                self.needs_blank = true;
                self.plain.push('\n');
            }
            if open.is_block {
                self.end_block();
            }
        }
    }

    /// Begins a paragraph for loose text outside blocks.
    fn begin_line(&mut self) {
        if self.html.is_empty() {
            self.html.push_str("<p>");
            self.is_loose = true;
        }
    }

    /// Ends the paragraph of loose text, if one is open; inside a block, words on both sides stay
    /// apart.
    fn break_line(&mut self) {
        if !self.is_loose {
            self.needs_blank = true;
        } else if !self.open.iter().any(|open| !open.close.is_empty()) {
            self.html.push_str("</p>");
            self.end_block();
        }
    }

    fn line_feed(&mut self) {
        if self.in_pre > 0 {
            self.html.push('\n');
        } else if !self.html.is_empty() {
            self.html.push_str("<br>");
            self.plain.push(' ');
            self.needs_blank = false;
        }
    }

    /// Writes the blank that is due.
    fn blank(&mut self) {
        if std::mem::take(&mut self.needs_blank) && !self.is_at_start() {
            self.html.push(' ');
            self.plain.push(' ');
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_pre > 0 {
            escape(text, &mut self.html);
            self.plain.push_str(text);
            return;
        }
        if text.starts_with(char::is_whitespace) {
            self.needs_blank = true;
        }
        for word in text.split_whitespace() {
            self.begin_line();
            self.blank();
            escape(word, &mut self.html);
            self.plain.push_str(word);
            self.needs_blank = true;
        }
        if !text.trim().is_empty() {
            self.needs_blank = text.ends_with(char::is_whitespace);
        }
    }

    /// Whether a blank would stand at the beginning of a line.
    fn is_at_start(&self) -> bool {
        let Some(rest) = self.html.strip_suffix('>') else { return false };
        let tag = rest.rsplit('<').next().unwrap_or_default();
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        !INLINE_TAGS.contains(&name)
    }

    fn end_block(&mut self) {
        self.is_loose = false;
        self.needs_blank = false;
        let html = std::mem::take(&mut self.html);
        let plain = std::mem::take(&mut self.plain);
        let count = words(&plain);
        let is_tool = count <= 4
            && TOOLS
                .contains(&plain.trim().to_lowercase().trim_end_matches(['.', '!', '→', '←', ' ']));
        if plain.trim().is_empty() || is_tool {
            self.has_gap |= is_tool;
            return;
        }
        if let Some(last) = self.levels.last_mut() {
            last.1 = std::mem::take(&mut self.has_gap);
        }
        self.has_gap = false;
        self.bytes += html.len();
        if self.written.sample.len() < SAMPLE {
            self.written.sample.push_str(plain.trim());
            self.written.sample.push('\n');
        }
        let level =
            html.strip_prefix("<h").and_then(|rest| rest.bytes().next()).filter(u8::is_ascii_digit);
        self.levels.push((level.map_or(0, |digit| digit - b'0'), false));
        let hash = Sha256::digest(html.as_bytes())
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.written.blocks.push(ContentBlock { hash, html, words: count });
    }

    /// Takes out headings whose content was left out.
    fn finish(mut self) -> WrittenPage {
        if let Some(last) = self.levels.last_mut() {
            last.1 = self.has_gap;
        }
        let mut kept: Vec<(ContentBlock, u8)> = Vec::with_capacity(self.written.blocks.len());
        let blocks = std::mem::take(&mut self.written.blocks);
        // From the end, so that a heading whose parts are all empty goes, too.
        for (block, (level, has_gap)) in blocks.into_iter().zip(self.levels).rev() {
            let next = kept.last().map_or(1, |(_, next)| *next);
            let is_empty = level > 1 && has_gap && next > 0 && next <= level;
            if !is_empty {
                kept.push((block, level));
            }
        }
        self.written.blocks = kept.into_iter().rev().map(|(block, _)| block).collect();
        self.written
    }
}
