//! XFA forms: their page is only a notice to wait, the form itself is XML beside it.

use std::collections::{HashMap, VecDeque};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Object, Stream};

use crate::document::{Block, BlockKind};
use crate::failure::{Code, Failure};
use crate::limits;
use crate::output::Output;
use crate::warning::WarningKind;
use crate::xml::{Event, Reader};

/// The notice has no more text than this, bytes.
const NOTICE_BYTES: usize = 1500;

/// Packets of a form that are read; there are about ten.
const MAX_PACKETS: usize = 64;

/// The form of a document whose only page is a notice; nothing where the pages show what there is.
/// Values that no field of the form shows, and what is damaged, are counted.
///
/// # Errors
/// `unsupported_type` where the form is there but none of its text can be read.
pub(super) fn blocks(
    pdf: &Pdf,
    page_bytes: usize,
    out: &mut Output<'_>,
) -> Result<Vec<Block>, Failure> {
    let Some(root) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else {
        return Ok(Vec::new());
    };
    let form = root.get::<Dict<'_>>(b"AcroForm".as_slice());
    let Some(packets) = form.and_then(|form| form.get::<Object<'_>>(b"XFA".as_slice())) else {
        return Ok(Vec::new());
    };
    let needs_rendering = root.get::<bool>(b"NeedsRendering".as_slice()).unwrap_or(false);
    let has_fields = pdf.pages().iter().any(|page| {
        page.raw()
            .get::<Array<'_>>(b"Annots".as_slice())
            .is_some_and(|annotations| annotations.raw_iter().next().is_some())
    });
    let is_notice = page_bytes <= NOTICE_BYTES && (needs_rendering || !has_fields);
    if !is_notice {
        return Ok(Vec::new());
    }
    let (xml, is_whole) = bytes(&packets);
    let mut form = Form::default();
    // What can be read of a damaged form is read.
    let is_whole = form.data(&xml).is_ok() & form.template(&xml).is_ok() & is_whole;
    let unread = form.values.values().map(VecDeque::len).sum::<usize>() + usize::from(!is_whole);
    out.warn(WarningKind::UnreadFormFields, Some(1), unread as u64);
    let blocks: Vec<Block> =
        form.texts.iter().filter_map(|text| Block::new(BlockKind::Paragraph, text)).collect();
    if blocks.is_empty() {
        let detail = "Expected pages with text, but the PDF is an XFA form, whose pages only its own program draws.";
        return Err(Failure::new(Code::UnsupportedType, detail)
            .with_hint("Open the form in Adobe Acrobat, print it to a PDF, and upload that."));
    }
    Ok(blocks)
}

/// The packets, which together are one XML document, and whether they are all of it.
fn bytes(packets: &Object<'_>) -> (Vec<u8>, bool) {
    let (mut bytes, mut is_whole) = (Vec::new(), true);
    let mut add = |stream: &Stream<'_>| match stream.decoded_data() {
        Ok(data) if bytes.len() + data.len() <= limits::MAX_MEMBER_BYTES as usize => {
            bytes.extend_from_slice(&data)
        }
        _ => is_whole = false,
    };
    match packets {
        Object::Stream(stream) => add(stream),
        Object::Array(several) => {
            // Each packet is named before it.
            let all = several.iter::<Object<'_>>().filter_map(Object::into_stream);
            all.take(MAX_PACKETS).for_each(|stream| add(&stream));
            is_whole &= several.raw_iter().nth(2 * MAX_PACKETS).is_none();
        }
        _ => {}
    }
    (bytes, is_whole)
}

#[derive(Default)]
struct Form {
    /// Values by the name of their field, in order.
    values: HashMap<String, VecDeque<String>>,
    texts: Vec<String>,
}

/// A field or a label of the template that is open.
#[derive(Default)]
struct Open {
    name: String,
    caption: String,
    text: String,
}

impl Form {
    fn data(&mut self, xml: &[u8]) -> Result<(), Failure> {
        let mut reader = Reader::new(xml);
        let (mut inside, mut value) = (0_usize, String::new());
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) if inside > 0 || element.name() == "data" => {
                    inside += 1;
                    value.clear();
                }
                Event::Text(text) if inside > 0 => value.push_str(&text),
                Event::Close(name) if inside > 0 => {
                    inside -= 1;
                    let read = std::mem::take(&mut value);
                    if !read.trim().is_empty() {
                        self.values.entry(name).or_default().push_back(read.trim().to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn template(&mut self, xml: &[u8]) -> Result<(), Failure> {
        let mut reader = Reader::new(xml);
        let mut path: Vec<String> = Vec::new();
        let mut open = Open::default();
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) => {
                    let name = element.name().to_owned();
                    if matches!(name.as_str(), "field" | "draw") {
                        open = Open {
                            name: element.attr("name").unwrap_or_default(),
                            ..Open::default()
                        };
                    } else if matches!(name.as_str(), "p" | "br" | "div" | "li") {
                        open.text.push('\n');
                    }
                    path.push(name);
                }
                Event::Text(text) => {
                    let within = |name: &str| path.iter().any(|element| element == name);
                    let shown = within("template") && (within("text") || within("exData"));
                    if shown && !within("items") && !within("script") {
                        if within("caption") {
                            open.caption.push_str(&text)
                        } else {
                            open.text.push_str(&text)
                        }
                    }
                }
                Event::Close(name) => {
                    while path.pop().is_some_and(|open| open != name) {}
                    if matches!(name.as_str(), "field" | "draw") {
                        self.close(std::mem::take(&mut open), name == "field");
                    }
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, open: Open, is_field: bool) {
        let given = self.values.get_mut(&open.name).filter(|values| is_field && !values.is_empty());
        let value = given.and_then(VecDeque::pop_front).unwrap_or(open.text);
        let (caption, value) = (open.caption.trim(), value.trim());
        let text = match (caption.is_empty(), value.is_empty()) {
            (false, false) => format!("{}: {value}", caption.trim_end_matches(':')),
            (false, true) => caption.to_owned(),
            _ => value.to_owned(),
        };
        self.texts.push(text);
    }
}
