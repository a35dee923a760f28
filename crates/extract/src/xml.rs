//! A narrow view of XML: elements by local name, attributes by local name, text. No DTD, no
//! external entity, no depth without end.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event as Raw};

use crate::{Failure, limits};

pub(crate) enum Event<'a> {
    /// An element opens.
    Open(Element<'a>),
    /// An element closes; its local name.
    Close(String),
    /// Text between elements, entities resolved.
    Text(String),
}

/// The opening of an element.
pub(crate) struct Element<'a> {
    start: BytesStart<'a>,
    name: String,
}

impl Element<'_> {
    /// The local name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The value of the attribute of this local name.
    pub(crate) fn attr(&self, name: &str) -> Option<String> {
        let found = self
            .start
            .attributes()
            .flatten()
            .find(|attr| attr.key.local_name().as_ref() == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
    }

    /// The attribute with this prefix and local name.
    pub(crate) fn qualified_attr(&self, name: &str) -> Option<String> {
        let found = self.start.attributes().flatten().find(|attr| attr.key.as_ref() == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
    }
}

pub(crate) struct Reader<'a> {
    inner: quick_xml::Reader<&'a [u8]>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(content: &'a [u8]) -> Self {
        let mut inner = quick_xml::Reader::from_reader(content);
        let config = inner.config_mut();
        // `<a/>` is told as an opening and a closing, so that readers know one case only.
        config.expand_empty_elements = true;
        config.check_end_names = false;
        Self { inner, depth: 0 }
    }

    /// The next event, or nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, Failure> {
        loop {
            // What the parser says repeats text of the document, at any length: only the place is
            // told.
            let Ok(raw) = self.inner.read_event() else {
                let at = self.inner.error_position();
                let detail = format!(
                    "A part of the Office document is no well-formed XML, at byte {at} of it."
                );
                return Err(Failure::broken(detail));
            };
            match raw {
                Raw::Eof => return Ok(None),
                Raw::Start(start) => {
                    self.depth += 1;
                    if self.depth > limits::MAX_DEPTH {
                        let detail = format!(
                            "The document nests its elements more than {} deep.",
                            limits::MAX_DEPTH
                        );
                        return Err(Failure::broken(detail));
                    }
                    let name = start.local_name().as_ref().to_owned();
                    return Ok(Some(Event::Open(Element { start, name })));
                }
                Raw::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    let name = end.local_name().as_ref().to_owned();
                    return Ok(Some(Event::Close(name)));
                }
                Raw::Text(text) => return Ok(Some(Event::Text((*text).to_owned()))),
                Raw::CData(text) => return Ok(Some(Event::Text((*text).to_owned()))),
                Raw::GeneralRef(entity) => {
                    if let Some(text) = resolve(&entity) {
                        return Ok(Some(Event::Text(text)));
                    }
                }
                _ => {}
            }
        }
    }

    /// Passes over all that stands inside the element just opened, and over its closing.
    pub(crate) fn skip(&mut self) -> Result<(), Failure> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// Numbers and the five predefined names; entities of a DTD are never expanded.
fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Some(character.to_string());
    }
    let character = match &**entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(character.to_owned())
}
