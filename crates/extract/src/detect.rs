//! Tells what a file is by its content; name and declared type only choose among kinds of text.

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::{archive, charset, compound, mail};

/// The kinds of document that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Word document (Office Open XML).
    Docx,
    /// PowerPoint presentation (Office Open XML).
    Pptx,
    /// HTML or XHTML.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// Comma-, semicolon- or tab-separated values.
    Csv,
    /// Mail as it is sent (EML), a mailbox of mails (mbox), or a web page saved as one file (MHT).
    Mail,
}

impl Format {
    /// The media type under which the original is given back.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Mail => "message/rfc822",
        }
    }
}

/// First bytes of kinds that are not read, each with the words for it.
const REFUSED: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BM", "a bitmap image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\0asm", "a WebAssembly module"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"ID3", "an audio file"),
    (b"OggS", "an audio or video file"),
    (b"fLaC", "an audio file"),
    (b"RIFF", "an audio, video or image file"),
    (b"\x1aE\xdf\xa3", "a video file"),
    (b"SQLite format 3\0", "a database"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
];

/// The same for content that is written in letters.
const REFUSED_TEXTS: &[(&str, &str)] =
    &[("{\\rtf", "a Rich Text document"), ("%!PS", "a PostScript document")];

/// Decides what `bytes` (the whole file) are. `filename` and `declared` (a media type the client
/// named) are believed only as to which kind of text a text is.
///
/// # Errors
/// `empty_file`, `unsupported_type`, `encrypted`, or `broken_file` for an archive that can't be
/// listed.
pub fn detect(bytes: &[u8], filename: &str, declared: Option<&str>) -> Result<Format, Failure> {
    if bytes.is_empty() {
        return Err(Failure::new(Code::EmptyFile, "The file has no content: it is 0 bytes long."));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive::kind(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(compound::refused(bytes));
    }
    let text = charset::sniff(bytes);
    if is_pdf(bytes, text.is_some()) {
        return Ok(Format::Pdf);
    }
    if let Some(text) = text {
        return kind_of_text(bytes, &text, filename, declared);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(refused("an audio or video file"));
    }
    let magic = REFUSED.iter().find(|(magic, _)| bytes.starts_with(magic));
    Err(refused(magic.map_or("a binary file of an unknown kind", |(_, words)| words)))
}

/// A PDF begins with its mark, or has it behind what a web server or a mail put before it. A text
/// that only speaks of PDFs holds no objects.
fn is_pdf(bytes: &[u8], is_text: bool) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes);
    let Some(at) = head.windows(5).position(|window| window == b"%PDF-") else { return false };
    let blanks = head.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_at_start = at <= blanks || head.starts_with(b"\xef\xbb\xbf%PDF-");
    if !is_text {
        return true;
    }
    let at_line = at == 0 || head.get(at - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
    let versioned = matches!(head.get(at + 5..at + 8), Some([b'0'..=b'9', b'.', b'0'..=b'9']));
    let after = bytes.get(at..).unwrap_or_default();
    let has_objects =
        contains(after, b" obj") && (contains(after, b"endobj") || contains(after, b"stream"));
    // Cut off before its first object, it still is one if nothing but its mark and its comment is
    // there.
    let is_stub = is_at_start && after.len() < 64;
    versioned && (is_stub || (at_line && has_objects))
}

pub(crate) fn refused(words: &str) -> Failure {
    Failure::new(
        Code::UnsupportedType,
        format!("Expected a document with text, but the content is {words}."),
    )
}

fn kind_of_text(
    bytes: &[u8],
    text: &str,
    filename: &str,
    declared: Option<&str>,
) -> Result<Format, Failure> {
    for (mark, words) in REFUSED_TEXTS {
        if text.trim_start().starts_with(mark) {
            return Err(refused(words));
        }
    }
    if text.starts_with("<?xml") && text.contains("progid=\"Word.Document\"") {
        let hint = "Open it in Word, save it as DOCX and upload that.";
        return Err(refused("a Word document in the older XML format").with_hint(hint));
    }
    Ok(text_format(bytes, text, filename, declared))
}

fn text_format(bytes: &[u8], text: &str, filename: &str, declared: Option<&str>) -> Format {
    let name = filename.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let declared =
        declared.map(|d| d.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let says = |types: &[&str]| declared.as_deref().is_some_and(|d| types.contains(&d));

    let is_plain = ends(&[".txt", ".text", ".log", ".md", ".markdown", ".csv", ".tsv"]);
    let is_called_mail = ends(&[".eml", ".mht", ".mhtml", ".mbox", ".mbx"])
        || says(&["message/rfc822", "multipart/related"]);
    if mail::begins(bytes, is_called_mail, is_plain) {
        return Format::Mail;
    }
    if begins_as_html(text) || (ends(&[".html", ".htm", ".xhtml"]) && text.contains("</")) {
        return Format::Html;
    }
    if ends(&[".csv", ".tsv", ".tab"]) {
        return Format::Csv;
    }
    if ends(&[".md", ".markdown", ".mdown", ".mkd"]) {
        return Format::Markdown;
    }
    if ends(&[".txt", ".text", ".log"]) {
        return Format::Text;
    }
    if says(&["text/html", "application/xhtml+xml"]) && text.contains("</") {
        return Format::Html;
    }
    if says(&["text/csv", "text/tab-separated-values"]) {
        return Format::Csv;
    }
    if says(&["text/markdown", "text/x-markdown"]) || reads_as_markdown(text) {
        return Format::Markdown;
    }
    Format::Text
}

fn begins_as_html(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?xml") {
            "?>"
        } else {
            break;
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    let head: String = rest.chars().take(16).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| head.starts_with(tag))
}

/// Two headings are enough: nothing else writes `# ` and `## ` before lines that begin with a
/// letter, save shell comments, which have the first only.
fn reads_as_markdown(text: &str) -> bool {
    let heading = |line: &str, mark: &str| {
        line.strip_prefix(mark)
            .is_some_and(|rest| rest.chars().next().is_some_and(char::is_alphanumeric))
    };
    let mut lines = text.lines().take(400).peekable();
    let titled = lines.peek().is_some_and(|line| heading(line, "# "));
    titled && lines.any(|line| heading(line, "## ") || heading(line, "### "))
}

/// True where `needle` stands in `haystack`.
pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
