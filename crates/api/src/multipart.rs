//! `multipart/form-data` (RFC 7578) as a stream: the bytes of one file are emitted as they arrive;
//! everything else is bounded, and skipped unless the reader is to collect it. Pure.
//!
//! ```text
//! Preamble ─delimiter─> Delimiter ─CRLF─> Headers ─┬─ other field ─> Skip ─delimiter─> Delimiter
//!                           │                      ├─ (collected) ─> Field ─delimiter─> Delimiter
//!                           │                      └─ field `file` ─> File ─delimiter─> Delimiter
//!                           └─ `--` ─> Closed
//! ```
//!
//! An instance serves many clients at once, so nothing is buffered until a delimiter that may never
//! come: outside of the file only the last bytes that could begin a delimiter are kept, and the
//! headers of one part. Every byte counts against a bound.

use bytes::Bytes;
use kernel::{Code, Problem, ReasonCode, Result};
use memchr::memmem;

/// Bound of the bytes before the content of the field `file`, and of those after it.
pub const OUTSIDE_LIMIT: usize = 64 << 10;
/// Bound of the headers of one part, in bytes.
pub const HEADER_LIMIT: usize = 8 << 10;
/// Bound of a boundary, in bytes (RFC 2046, section 5.1.1).
pub const BOUNDARY_LIMIT: usize = 70;

/// Events of the form parser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FormEvent {
    /// The field `file` begins; its file name, empty if it has none.
    File(String),
    /// Content of the file.
    Data(Bytes),
    /// Another field, with its value; only of a reader that collects them.
    Field(String, String),
    /// The form is complete: nothing more needs to be read.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Delimiter,
    Headers,
    Skip,
    Field,
    File,
    Closed,
}

/// Reads a form frame by frame.
pub struct FormReader {
    /// CRLF, two dashes, the boundary.
    delimiter: Vec<u8>,
    state: State,
    buffer: Vec<u8>,
    /// Bytes outside of the file: since the beginning, or since the file's end.
    outside: usize,
    had_file: bool,
    collects: bool,
    /// Name and value so far of the field that is collected; as long as [`OUTSIDE_LIMIT`] allows.
    field: (String, Vec<u8>),
}

fn malformed(detail: &'static str) -> Problem {
    Problem::new(Code::InvalidBody, detail)
}

fn too_much() -> Problem {
    malformed(
        "expected at most 64 KiB of a form before its field `file`, and after it; send the file first and alone",
    )
}

/// The boundary parameter of a content type.
///
/// # Errors
/// `invalid_header` if it is missing, or longer than RFC 2046 allows.
pub fn boundary(content_type: &str) -> Result<String> {
    let found = parameters(content_type)
        .into_iter()
        .find(|(name, _)| name == "boundary")
        .map(|(_, value)| value);
    found.filter(|boundary| (1..=BOUNDARY_LIMIT).contains(&boundary.len())).ok_or_else(|| {
        let detail =
            format!("content-type: expected multipart/form-data with a boundary of 1 to {BOUNDARY_LIMIT} characters");
        Problem::new(Code::InvalidHeader, detail)
    })
}

impl FormReader {
    /// A reader of a form with this boundary.
    #[must_use]
    pub fn new(boundary: &str) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        // The first delimiter has no line break before it, so we add one.
        Self {
            delimiter,
            state: State::Preamble,
            buffer: b"\r\n".to_vec(),
            outside: 0,
            had_file: false,
            collects: false,
            field: (String::new(), Vec::new()),
        }
    }

    /// A reader that also emits the fields beside the file, each when it is complete.
    #[must_use]
    pub fn with_fields(boundary: &str) -> Self {
        Self { collects: true, ..Self::new(boundary) }
    }

    /// The events that these bytes complete.
    ///
    /// # Errors
    /// `invalid_body` if the form is malformed, has two files, or exceeds [`OUTSIDE_LIMIT`] outside
    /// of its file.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<FormEvent>> {
        if self.state == State::Closed {
            return Ok(Vec::new());
        }
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        while self.step(&mut events)? {}
        Ok(events)
    }

    /// Ends the form at the end of the body.
    ///
    /// # Errors
    /// `invalid_body` if the form is not complete.
    pub fn finish(&self) -> Result<()> {
        if self.state == State::Closed {
            return Ok(());
        }
        Err(malformed("the form broke off before its last boundary; try again"))
    }

    /// Runs one step of the state machine; false if it needs more bytes.
    fn step(&mut self, events: &mut Vec<FormEvent>) -> Result<bool> {
        match self.state {
            State::Preamble | State::Skip => self.skip(),
            State::Field => self.collect(events),
            State::File => Ok(self.pass(events)),
            State::Delimiter => self.after_delimiter(events),
            State::Headers => self.headers(events),
            State::Closed => {
                self.buffer = Vec::new();
                Ok(false)
            }
        }
    }

    /// Removes bytes from the front of the buffer.
    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Drops bytes outside of the file, and counts them.
    fn discard(&mut self, length: usize) -> Result<()> {
        self.outside += self.take(length).len();
        if self.outside > OUTSIDE_LIMIT { Err(too_much()) } else { Ok(()) }
    }

    /// Where the next delimiter is; if there is none, how many bytes cannot be part of one.
    fn find(&self) -> (bool, usize) {
        match memmem::find(&self.buffer, &self.delimiter) {
            Some(at) => (true, at),
            None => (false, self.buffer.len().saturating_sub(self.delimiter.len() - 1)),
        }
    }

    fn skip(&mut self) -> Result<bool> {
        let (found, before) = self.find();
        self.discard(before)?;
        if found {
            self.discard(self.delimiter.len())?;
            self.state = State::Delimiter;
        }
        Ok(found)
    }

    /// As [`Self::skip`], with the bytes as the value of a field.
    fn collect(&mut self, events: &mut Vec<FormEvent>) -> Result<bool> {
        let (found, before) = self.find();
        self.field.1.extend_from_slice(self.buffer.get(..before).unwrap_or_default());
        self.discard(before)?;
        if found {
            self.discard(self.delimiter.len())?;
            let (name, value) = std::mem::take(&mut self.field);
            let value = String::from_utf8(value)
                .map_err(|_| malformed("expected the fields of the form in UTF-8"))?;
            events.push(FormEvent::Field(name, value));
            self.state = State::Delimiter;
        }
        Ok(found)
    }

    fn pass(&mut self, events: &mut Vec<FormEvent>) -> bool {
        let (found, before) = self.find();
        if before > 0 {
            events.push(FormEvent::Data(self.take(before).into()));
        }
        if found {
            self.take(self.delimiter.len());
            self.outside = 0;
            self.state = State::Delimiter;
        }
        found
    }

    /// After a delimiter: two dashes, or blanks and the end of the line.
    fn after_delimiter(&mut self, events: &mut Vec<FormEvent>) -> Result<bool> {
        if self.buffer.starts_with(b"--") {
            if !self.had_file {
                return Err(Problem::refused_field(
                    "/file",
                    ReasonCode::FileMissing,
                    "expected a form with the field `file`, got none",
                ));
            }
            self.state = State::Closed;
            events.push(FormEvent::End);
            return Ok(true);
        }
        let blanks = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.discard(blanks)?;
        match self.buffer.as_slice() {
            [b'\r', b'\n', ..] => {
                // The line break stays in the buffer: it also ends empty headers.
                self.state = State::Headers;
                Ok(true)
            }
            [] | [b'\r'] => Ok(false),
            [b'-'] if blanks == 0 => Ok(false),
            _ => Err(malformed("expected the end of the line after a boundary of the form")),
        }
    }

    fn headers(&mut self, events: &mut Vec<FormEvent>) -> Result<bool> {
        let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") else {
            if self.buffer.len() > HEADER_LIMIT {
                return Err(malformed("expected at most 8 KiB of headers for a field of the form"));
            }
            return Ok(false);
        };
        let length = end + 4;
        if length > HEADER_LIMIT {
            return Err(malformed("expected at most 8 KiB of headers for a field of the form"));
        }
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).into_owned();
        let (name, filename) = disposition(&head);
        self.discard(length)?;
        if name != "file" {
            self.state = if self.collects { State::Field } else { State::Skip };
            self.field = (name, Vec::new());
            return Ok(true);
        }
        if self.had_file {
            return Err(malformed(
                "expected one field `file` in a form; upload each file by itself",
            ));
        }
        self.had_file = true;
        events.push(FormEvent::File(filename));
        self.state = State::File;
        Ok(true)
    }
}

/// Name and file name of a part.
fn disposition(head: &str) -> (String, String) {
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.to_owned())
    };
    let value = head.split("\r\n").find_map(field).unwrap_or_default();
    let (mut name, mut filename, mut extended) = (String::new(), String::new(), None);
    for (parameter, value) in parameters(&value) {
        match parameter.as_str() {
            "name" => name = value,
            "filename" => filename = value,
            "filename*" => extended = percent_decoded(&value),
            _ => {}
        }
    }
    (name, extended.unwrap_or(filename))
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187).
fn percent_decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    // The query decoder reads `+` as a blank; here it is a plus.
    let query = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let decoded =
        form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.filter(|_| charset.eq_ignore_ascii_case("utf-8"))
}

/// The parameters after a header's first `;`, names in lower case, values without their quotes.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let Some((_, mut rest)) = value.split_once(';') else { return out };
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', '\t', ';']).to_ascii_lowercase();
        let (value, beyond) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (token, beyond) = after.split_once(';').unwrap_or((after, ""));
                (token.trim().to_owned(), beyond)
            }
        };
        out.push((name, value));
        rest = beyond;
    }
    out
}

/// The text before the closing quote, and the rest. `\"` is a quote; browsers send any other
/// backslash literally.
fn unquoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, text.get(at + 1..).unwrap_or_default()),
            '\\' if chars.next_if(|(_, next)| *next == '"').is_some() => out.push('"'),
            c => out.push(c),
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests;
