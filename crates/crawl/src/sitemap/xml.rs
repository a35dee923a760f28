//! Reads `<urlset>`, `<sitemapindex>`, RSS and Atom.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Collector, Cut, SitemapKind};

/// Elements that may stand inside each other.
const MAX_DEPTH: usize = 64;

/// Attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 50;

/// Bytes of one value that are kept.
const MAX_VALUE: usize = 8 * 1024;

/// Prefixes of elements that speak of pictures, sounds and translations of the page.
const MEDIA: &[&str] = &["image", "video", "media", "itunes", "news", "xhtml"];

/// One entry as it is read.
#[derive(Default)]
struct Draft {
    url: Option<String>,
    modified: Option<String>,
    title: Option<String>,
}

/// What the text of the open element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Url,
    Modified,
    Title,
}

/// Reads the document; nothing if its root is none of the four. A document that breaks in the
/// middle is read until there.
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Option<SitemapKind> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    config.allow_dangling_amp = true;
    let mut kind = None;
    let (mut depth, mut entry_depth, mut draft, mut field) = (0_usize, 0, None, None);
    let mut value = String::new();
    loop {
        let Ok(event) = reader.read_event() else {
            out.cut.get_or_insert(Cut::Broken);
            break;
        };
        match event {
            Event::Eof => break,
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    out.cut = Some(Cut::Broken);
                    break;
                }
                let name = start.local_name().as_ref().to_owned();
                let Some(kind) = kind else {
                    kind = Some(root(&name)?);
                    continue;
                };
                if is_entry(kind, &name) {
                    draft = Some(Draft::default());
                    entry_depth = depth;
                } else if let Some(draft) = draft.as_mut().filter(|_| depth == entry_depth + 1) {
                    field = field_of(kind, &start, draft);
                    value.clear();
                }
            }
            Event::Text(text) => push(&mut value, &text, field),
            Event::CData(text) => push(&mut value, &text, field),
            Event::GeneralRef(entity) => push(&mut value, &resolve(&entity), field),
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if let (Some(draft), Some(field)) = (&mut draft, field.take()) {
                    draft.take(field, &value);
                }
                let ends_entry = kind.is_some_and(|kind| is_entry(kind, end.local_name().as_ref()));
                if ends_entry
                    && let Some(Draft { url: Some(url), modified, title }) = draft.take()
                    && !out.add(&url, modified.as_deref(), title.as_deref())
                {
                    break;
                }
            }
            _ => {}
        }
    }
    kind
}

fn root(name: &str) -> Option<SitemapKind> {
    match name {
        "urlset" => Some(SitemapKind::Urls),
        "sitemapindex" => Some(SitemapKind::Index),
        "rss" | "RDF" | "feed" => Some(SitemapKind::Feed),
        _ => None,
    }
}

fn is_entry(kind: SitemapKind, name: &str) -> bool {
    match kind {
        SitemapKind::Urls => name == "url",
        SitemapKind::Index => name == "sitemap",
        _ => matches!(name, "item" | "entry"),
    }
}

/// What the text of this element, a child of an entry, will be.
fn field_of(kind: SitemapKind, start: &BytesStart<'_>, draft: &mut Draft) -> Option<Field> {
    let attr = |name: &str| {
        // Without the check for doubles, whose cost grows with the square of the attributes.
        let mut attributes = start.attributes();
        let found = attributes
            .with_checks(false)
            .take(MAX_ATTRIBUTES)
            .flatten()
            .find(|attr| attr.key.as_ref() == name)?;
        quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
    };
    let name = start.name();
    let is_feed = kind == SitemapKind::Feed;
    let is_media = name.prefix().is_some_and(|prefix| MEDIA.contains(&prefix.as_ref()));
    match name.local_name().as_ref() {
        _ if is_media => None,
        "loc" if !is_feed => Some(Field::Url),
        "lastmod" if !is_feed => Some(Field::Modified),
        "link" if is_feed => match attr("href") {
            // Atom: the page is the alternate link, which is also the default.
            Some(target) => {
                if attr("rel").is_none_or(|rel| rel == "alternate") && draft.url.is_none() {
                    draft.url = Some(target);
                }
                None
            }
            None => Some(Field::Url),
        },
        "pubDate" | "updated" | "published" | "date" if is_feed => Some(Field::Modified),
        "title" if is_feed => Some(Field::Title),
        // An RSS item without a link may have a permanent link as its identity.
        "guid"
            if is_feed
                && draft.url.is_none()
                && attr("isPermaLink").is_none_or(|is| is == "true") =>
        {
            Some(Field::Url)
        }
        _ => None,
    }
}

impl Draft {
    fn take(&mut self, field: Field, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let slot = match field {
            // A link goes before an identity that stood before it.
            Field::Url => &mut self.url,
            Field::Modified => &mut self.modified,
            Field::Title => &mut self.title,
        };
        *slot = Some(value.to_owned());
    }
}

fn push(value: &mut String, text: &str, field: Option<Field>) {
    if field.is_some() {
        let room = MAX_VALUE.saturating_sub(value.len());
        value.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or(text));
    }
}

/// Numbers and the five predefined names; entities of a DTD are never expanded.
fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    match &**entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
    .to_owned()
}
