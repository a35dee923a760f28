//! What a response holds, by its declared type and its first bytes.

/// Bytes that are looked at.
const SNIFFED: usize = 1024;

/// The kinds of content that the crawler distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentKind {
    /// A web page: goes to the page reader in the sandbox.
    Html,
    /// A sitemap, a sitemap index, RSS or Atom.
    Xml,
    /// Plain text, Markdown or CSV.
    Text,
    /// A file that uploads take as well: PDF, Office documents, mail.
    Document,
    /// Anything else: pictures, archives, programs, JSON, scripts, styles.
    Other,
}

/// What `body` is. The declared media type is believed, unless it is missing or says nothing
/// (`text/plain`, `application/octet-stream`), or the first bytes are those of a PDF or an archive.
#[must_use]
pub fn sniff(declared: Option<&str>, body: &[u8]) -> ContentKind {
    let declared = declared
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let head = body.get(..SNIFFED).unwrap_or(body);
    if let Some(kind) = by_magic(head) {
        return kind;
    }
    match declared.as_str() {
        "text/html" | "application/xhtml+xml" => ContentKind::Html,
        ""
        | "text/plain"
        | "application/octet-stream"
        | "unknown/unknown"
        | "application/unknown"
        | "*/*" => by_text(head),
        "text/markdown" | "text/csv" | "text/x-markdown" | "text/tab-separated-values" => {
            ContentKind::Text
        }
        "text/xml" | "application/xml" => match by_text(head) {
            ContentKind::Html => ContentKind::Html,
            _ => ContentKind::Xml,
        },
        "message/rfc822" => ContentKind::Document,
        kind if kind.ends_with("+xml") && !kind.starts_with("image/") => ContentKind::Xml,
        _ => ContentKind::Other,
    }
}

fn by_magic(head: &[u8]) -> Option<ContentKind> {
    if head.get(..32.min(head.len())).unwrap_or(head).windows(5).any(|window| window == b"%PDF-") {
        return Some(ContentKind::Document);
    }
    // The extractor looks inside: Office documents are archives.
    (head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0"))
        .then_some(ContentKind::Document)
}

fn by_text(head: &[u8]) -> ContentKind {
    let has_mark =
        [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| head.starts_with(mark));
    let controls = head.iter().filter(|byte| **byte < 9 || (14..27).contains(*byte)).count();
    if controls > 0 && !has_mark {
        return ContentKind::Other;
    }
    let text: String = head
        .iter()
        .filter(|byte| byte.is_ascii() && **byte != 0)
        .map(|byte| char::from(*byte))
        .collect();
    let text = text.trim_start().to_ascii_lowercase();
    let html = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<title",
        "<meta",
        "<div",
        "<h1",
        "<p>",
        "<table",
        "<script",
    ];
    if html.iter().any(|tag| text.starts_with(tag))
        || (text.starts_with('<') && text.contains("<html"))
    {
        ContentKind::Html
    } else if text.starts_with("<?xml")
        || ["<urlset", "<sitemapindex", "<rss", "<feed"].iter().any(|tag| text.starts_with(tag))
    {
        ContentKind::Xml
    } else {
        ContentKind::Text
    }
}
