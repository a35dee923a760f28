//! Markdown (CommonMark with tables and front matter).

use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use crate::document::{BlockKind, Meta};
use crate::output::Output;
use crate::table::Table;
use crate::{Failure, Format, charset, clean, html};

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let text = charset::decode(bytes, None);
    let title = title(&text);
    out.meta(Meta { format: Format::Markdown, title, page_count: None, paged: false });
    let mut reader = Reader::default();
    for event in Parser::new_ext(&text, options()) {
        reader.event(event, out)?;
    }
    reader.flush(BlockKind::Paragraph, out)
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

/// The front matter's `title:`, else the first heading of level 1 among the first events.
fn title(text: &str) -> Option<String> {
    let (mut found, mut within, mut matter) = (String::new(), false, false);
    for event in Parser::new_ext(text, options()).take(500) {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) => matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => matter = false,
            Event::Text(yaml) if matter => {
                let named = yaml.lines().find_map(|line| line.strip_prefix("title:"));
                if let Some(named) = named.and_then(|named| clean::title(named.trim().trim_matches(['"', '\'']))) {
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

#[derive(Default)]
struct Reader {
    text: String,
    /// For each open list the number of its next item, or nothing where it has bullets.
    lists: Vec<Option<u64>>,
    table: Option<Table>,
    /// Inside front matter, whose text is not the document's.
    skipping: bool,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, out: &mut Output<'_>) -> Result<(), Failure> {
        match event {
            Event::Start(tag) => return self.open(&tag, out),
            Event::End(tag) => return self.close(tag, out),
            Event::Text(text) | Event::Code(text) if !self.skipping => self.text.push_str(&text),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Html(source) => self.text.push_str(&source),
            Event::InlineHtml(source) if source.to_ascii_lowercase().starts_with("<br") => self.text.push(' '),
            Event::TaskListMarker(done) => self.text.push_str(if done { "[x] " } else { "[ ] " }),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &Tag<'_>, out: &mut Output<'_>) -> Result<(), Failure> {
        match tag {
            Tag::MetadataBlock(_) => self.skipping = true,
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
            Tag::Paragraph | Tag::Heading { .. } | Tag::HtmlBlock => self.flush(self.running(), out)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, tag: TagEnd, out: &mut Output<'_>) -> Result<(), Failure> {
        match tag {
            TagEnd::MetadataBlock(_) => self.skipping = false,
            TagEnd::Heading(level) => self.flush(BlockKind::Heading { level: level as u8 }, out)?,
            TagEnd::Paragraph => self.flush(self.running(), out)?,
            TagEnd::Item => self.flush(BlockKind::ListItem, out)?,
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.flush(BlockKind::Code, out)?,
            TagEnd::HtmlBlock => {
                let source = std::mem::take(&mut self.text);
                html::read_fragment(&source, out)?;
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
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
        !self.lists.is_empty() && (text == "-" || text.strip_suffix('.').is_some_and(|n| n.parse::<u64>().is_ok()))
    }

    fn flush(&mut self, kind: BlockKind, out: &mut Output<'_>) -> Result<(), Failure> {
        let text = std::mem::take(&mut self.text);
        out.push(kind, &text)
    }
}
