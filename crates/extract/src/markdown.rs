//! Markdown (CommonMark with tables and front matter).

use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use crate::document::{BlockKind, Meta};
use crate::output::{Draft, Output};
use crate::table::Table;
use crate::warning::WarningKind;
use crate::{Failure, Format, charset, clean, html, links, script};

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let decoded = charset::read(bytes, None);
    let title = title(&decoded.text);
    out.meta(Meta { format: Format::Markdown, title, page_count: None, paged: false });
    let mut draft = Draft::default();
    draft.warn(WarningKind::InvalidBytes, decoded.invalid);
    let mut reader = Reader::default();
    for event in Parser::new_ext(&decoded.text, options()) {
        reader.event(event, &mut draft)?;
    }
    reader.flush(BlockKind::Paragraph, &mut draft)?;
    draft.write(out)
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
}

/// The front matter's `title:`, else the first heading of level 1 among the first events.
fn title(text: &str) -> Option<String> {
    let (mut found, mut within, mut matter) = (String::new(), false, None);
    for event in Parser::new_ext(text, options()).take(500) {
        match event {
            Event::Start(Tag::MetadataBlock(kind)) => matter = Some(kind),
            Event::End(TagEnd::MetadataBlock(_)) => matter = None,
            Event::Text(text) if matter.is_some() => {
                let mut entries = text.lines().filter_map(|line| entry(line, matter));
                if let Some((_, named)) = entries.find(|(key, _)| key.eq_ignore_ascii_case("title"))
                    && let Some(named) = clean::title(named)
                {
                    return Some(named);
                }
            }
            Event::Start(Tag::Heading { level, .. }) if level as usize == 1 => within = true,
            Event::End(TagEnd::Heading(_)) if within => return clean::title(&found),
            Event::Text(text) | Event::Code(text) if within => found.push_str(&text),
            _ => {}
        }
    }
    None
}

/// A line of front matter as its key and value.
fn entry(line: &str, kind: Option<MetadataBlockKind>) -> Option<(&str, &str)> {
    let sign = if kind == Some(MetadataBlockKind::PlusesStyle) { '=' } else { ':' };
    let (key, value) = line.split_once(sign)?;
    let value = value.trim();
    let unquoted =
        ['"', '\''].iter().find_map(|mark| value.strip_prefix(*mark)?.strip_suffix(*mark));
    let is_key = !key.is_empty()
        && key.trim_end().chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_key.then(|| (key.trim_end(), unquoted.unwrap_or(value)))
}

/// An element whose text is changed when it ends.
enum Mark {
    Link(String),
    /// Its description is what it says.
    Picture,
    Raised,
    Lowered,
}

#[derive(Default)]
struct Reader {
    text: String,
    /// For each open list the number of its next item, or nothing where it has bullets.
    lists: Vec<Option<u64>>,
    table: Option<Table>,
    /// Inside front matter.
    matter: Option<MetadataBlockKind>,
    /// What is open, and where in the text it began.
    open: Vec<(Mark, usize)>,
    /// Addresses of links in a heading, which stand after it.
    aside: Vec<String>,
    is_heading: bool,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, out: &mut Draft) -> Result<(), Failure> {
        match event {
            Event::Start(tag) => return self.open(&tag, out),
            Event::End(tag) => return self.close(tag, out),
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Html(source) => self.text.push_str(&source),
            Event::InlineHtml(source) => self.inline_html(&source, out)?,
            Event::FootnoteReference(label) => script::raise(&mut self.text, &label),
            Event::TaskListMarker(done) => self.text.push_str(if done { "[x] " } else { "[ ] " }),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &Tag<'_>, out: &mut Draft) -> Result<(), Failure> {
        match tag {
            Tag::MetadataBlock(kind) => self.matter = Some(*kind),
            Tag::Link { dest_url, .. } => {
                self.open.push((Mark::Link(dest_url.to_string()), self.text.len()))
            }
            Tag::Image { .. } => self.open.push((Mark::Picture, self.text.len())),
            Tag::List(first) => {
                self.flush(self.running(), out)?;
                self.lists.push(*first);
            }
            Tag::Item => {
                self.flush(self.running(), out)?;
                let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{}. ", *number - 1)
                    }
                    _ => format!("{indent}- "),
                };
                self.text.push_str(&mark);
            }
            Tag::Table(_) => {
                self.flush(self.running(), out)?;
                self.table = Some(Table { rows: Vec::new(), headed: true });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::CodeBlock(kind) => {
                self.flush(self.running(), out)?;
                if let CodeBlockKind::Fenced(name) = kind
                    && !name.is_empty()
                {
                    self.text.push('\n');
                }
            }
            Tag::Paragraph | Tag::Heading { .. } | Tag::HtmlBlock if self.is_only_marker() => {}
            Tag::Heading { .. } => {
                self.flush(self.running(), out)?;
                self.is_heading = true;
            }
            Tag::Paragraph | Tag::HtmlBlock => self.flush(self.running(), out)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, tag: TagEnd, out: &mut Draft) -> Result<(), Failure> {
        match tag {
            TagEnd::MetadataBlock(_) => self.front_matter(out)?,
            TagEnd::Link => self.end_mark(),
            TagEnd::Image => self.end_picture(out),
            TagEnd::Heading(level) => {
                self.is_heading = false;
                self.flush(BlockKind::Heading { level: level as u8 }, out)?;
                for address in std::mem::take(&mut self.aside) {
                    out.push(BlockKind::Paragraph, &address)?;
                }
            }
            TagEnd::Paragraph => self.flush(self.running(), out)?,
            TagEnd::Item => self.flush(BlockKind::ListItem, out)?,
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.flush(BlockKind::Code, out)?,
            TagEnd::HtmlBlock => {
                let source = std::mem::take(&mut self.text);
                html::fragment(&source, out)?;
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    out.warn(WarningKind::SkippedColumns, table.skipped_columns());
                    out.push(BlockKind::Table, &table.text())?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn running(&self) -> BlockKind {
        if self.lists.is_empty() { BlockKind::Paragraph } else { BlockKind::ListItem }
    }

    /// An item's first paragraph continues its marker.
    fn is_only_marker(&self) -> bool {
        let text = self.text.trim();
        !self.lists.is_empty()
            && (text == "-" || text.strip_suffix('.').is_some_and(|n| n.parse::<u64>().is_ok()))
    }

    /// Front matter says what a document is about, who keeps it and since when: each entry but the
    /// title is read.
    fn front_matter(&mut self, out: &mut Draft) -> Result<(), Failure> {
        let kind = self.matter.take();
        let text = std::mem::take(&mut self.text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.iter().any(|line| entry(line, kind).is_none()) {
            return out.push(BlockKind::Code, &text);
        }
        let entries = lines.iter().filter_map(|line| entry(line, kind));
        for (key, value) in
            entries.filter(|(key, value)| !value.is_empty() && !key.eq_ignore_ascii_case("title"))
        {
            out.push(
                BlockKind::Paragraph,
                &format!("{key}: {}", value.trim_matches(['[', ']'].as_slice())),
            )?;
        }
        Ok(())
    }

    /// HTML inside a line: what raises, lowers and breaks text, links, and pictures.
    fn inline_html(&mut self, source: &str, out: &mut Draft) -> Result<(), Failure> {
        let lower = source.to_ascii_lowercase();
        let name: String = lower
            .trim_start_matches(['<', '/'])
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .collect();
        match (name.as_str(), lower.starts_with("</")) {
            ("br", _) => self.text.push(' '),
            ("sup", false) => self.open.push((Mark::Raised, self.text.len())),
            ("sub", false) => self.open.push((Mark::Lowered, self.text.len())),
            ("a", false) => {
                let target = attribute(source, "href").unwrap_or_default();
                self.open.push((Mark::Link(target), self.text.len()));
            }
            ("sup" | "sub" | "a", true) => self.end_mark(),
            ("img", _) => match attribute(source, "alt") {
                Some(description) => self.text.push_str(&description),
                None => out.warn(WarningKind::PicturesWithoutText, 1),
            },
            _ => {}
        }
        Ok(())
    }

    fn end_mark(&mut self) {
        let Some((mark, start)) = self.open.pop() else { return };
        let start = self.text.floor_char_boundary(start);
        match mark {
            Mark::Link(target) if self.is_heading => {
                self.aside.extend(links::address(&target).map(str::to_owned))
            }
            Mark::Link(target) => links::append(&mut self.text, start, &target),
            Mark::Picture => {}
            Mark::Raised | Mark::Lowered => {
                let text = self.text.split_off(start);
                if matches!(mark, Mark::Raised) {
                    script::raise(&mut self.text, &text);
                } else {
                    script::lower(&mut self.text, &text);
                }
            }
        }
    }

    fn end_picture(&mut self, out: &mut Draft) {
        // HTML in the description can open marks that nothing in it closes.
        let picture = self.open.iter().rposition(|(mark, _)| matches!(mark, Mark::Picture));
        let start = picture.and_then(|at| self.open.drain(at..).next()).map_or(0, |it| it.1);
        let start = self.text.floor_char_boundary(start);
        let is_described = self.text.get(start..).is_some_and(|text| !text.trim().is_empty());
        out.warn(WarningKind::PicturesWithoutText, u64::from(!is_described));
    }

    fn flush(&mut self, kind: BlockKind, out: &mut Draft) -> Result<(), Failure> {
        self.open.iter_mut().for_each(|(_, start)| *start = 0);
        let text = std::mem::take(&mut self.text);
        out.push(kind, &text)
    }
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find(&format!("{name}="))? + name.len() + 1;
    let value = tag.get(at..)?;
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (value, ends) = match mark {
        Some(mark) => (value.get(1..)?, vec![mark]),
        None => (value, vec![' ', '>', '/']),
    };
    value.split(ends.as_slice()).next().map(str::to_owned)
}
