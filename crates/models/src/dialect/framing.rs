//! Bytes of an answer → its JSON documents, by what the server says it sends, not by what was asked.

use crate::event_reader::{EVENT_LIMIT, EventReader, ServerEvent};

/// The most bytes of an answer that comes at once.
pub const BODY_LIMIT: usize = 8 << 20;

/// How the documents of an answer lie in its bytes.
pub(super) enum Framing {
    /// The server does not say; the first byte will.
    Unknown,
    /// `text/event-stream`.
    Events(EventReader),
    /// `application/x-ndjson`: one document a line.
    Lines(Vec<u8>),
    /// `application/json` and everything else: one document, read once it is whole.
    Document(Vec<u8>),
}

/// The answer, or one event of it, is longer than any answer needs.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct TooLong;

impl Framing {
    pub(super) fn of(content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Self::Events(EventReader::default()),
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Self::Lines(Vec::new())
            }
            // Some servers stream without saying so, and some proxies answer JSON or HTML as text.
            "" | "application/octet-stream" | "text/plain" => Self::Unknown,
            _ => Self::Document(Vec::new()),
        }
    }

    /// Whether the answer comes at once.
    pub(super) fn is_document(&self) -> bool {
        matches!(self, Self::Document(_))
    }

    /// The documents that are complete with these bytes, as many as were read before an error.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<ServerEvent>) -> Result<(), TooLong> {
        match self {
            Self::Unknown => match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => Ok(()),
                Some(first) => {
                    let is_document = matches!(first, b'{' | b'[' | b'<');
                    *self = if is_document {
                        Self::Document(Vec::new())
                    } else {
                        Self::Events(EventReader::default())
                    };
                    self.push(bytes, out)
                }
            },
            Self::Events(reader) => reader.push_events(bytes, out).map_err(|_| TooLong),
            Self::Lines(line) => {
                for byte in bytes {
                    if matches!(byte, b'\n' | b'\r') {
                        out.extend(text_of(std::mem::take(line)));
                    } else if line.len() == EVENT_LIMIT {
                        return Err(TooLong);
                    } else {
                        line.push(*byte);
                    }
                }
                Ok(())
            }
            Self::Document(document) => {
                if document.len() + bytes.len() > BODY_LIMIT {
                    return Err(TooLong);
                }
                document.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// What the end of the body completes.
    pub(super) fn finish(&mut self) -> Option<ServerEvent> {
        match self {
            Self::Unknown => None,
            Self::Events(reader) => reader.finish_event(),
            Self::Lines(line) => text_of(std::mem::take(line)),
            Self::Document(document) => text_of(std::mem::take(document)),
        }
    }
}

fn text_of(bytes: Vec<u8>) -> Option<ServerEvent> {
    // Lossy: a bad character is no reason to lose an answer.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
    let text = text.strip_prefix('\u{feff}').map_or(text.as_str(), |rest| rest).trim();
    (!text.is_empty()).then(|| ServerEvent { data: text.to_owned(), is_error: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, pieces: &[&[u8]]) -> Vec<String> {
        let (mut framing, mut out) = (Framing::of(content_type), Vec::new());
        for piece in pieces {
            framing.push(piece, &mut out).unwrap();
        }
        out.extend(framing.finish());
        out.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn the_content_type_decides_how_documents_lie() {
        assert_eq!(
            read("text/event-stream; charset=utf-8", &[b"data: {}\n\ndata: [DO", b"NE]"]),
            ["{}", "[DONE]"]
        );
        assert_eq!(
            read("application/x-ndjson", &[b"{\"a\":1}\r\n\r\n{\"b\"", b":2}"]),
            ["{\"a\":1}", "{\"b\":2}"]
        );
        assert_eq!(read("application/json", &[b"\xef\xbb\xbf{\n", b"}\n"]), ["{\n}"]);
        assert_eq!(read("", &[b"\n", b"data: x\n\n"]), ["x"]);
        assert_eq!(read("text/plain", &[b"{\"error\":", b"1}"]), ["{\"error\":1}"]);
        assert_eq!(read("", &[]), [""; 0]);
    }

    #[test]
    fn every_framing_has_a_bound() {
        let (mebibyte, mut out) = (vec![b'x'; 1 << 20], Vec::new());
        for content_type in ["text/event-stream", "application/x-ndjson", "application/json"] {
            let mut framing = Framing::of(content_type);
            let refused = (0..64).any(|_| framing.push(&mebibyte, &mut out) == Err(TooLong));
            assert!(refused && out.is_empty(), "{content_type}");
        }
    }

    #[test]
    fn bad_utf_8_is_replaced_and_read() {
        assert_eq!(read("application/x-ndjson", &[b"a\xff\n"]), ["a\u{fffd}"]);
    }
}
