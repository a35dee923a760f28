//! Bounds on JSON text, checked byte by byte before a parser holds any of it.

use std::io::{self, Read};

use super::Stop;

/// The deepest nesting. An export of LibreChat nests two levels for each message of a conversation.
pub(super) const DEPTH: usize = 4_096;
/// The longest string, in bytes as written: a message, or an image that stands in one.
const STRING_BYTES: usize = 16 << 20;
/// The most bytes of one conversation.
const VALUE_BYTES: usize = 64 << 20;
/// The most values of one conversation: parsers make hundreds of bytes of two.
const VALUES: usize = 500_000;
/// The most bytes of an export, unpacked.
const EXPORT_BYTES: u64 = 1 << 30;

/// The bound that a file is beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileLimit {
    Depth,
    String,
    Value,
    Values,
    Export,
}

impl FileLimit {
    pub(super) fn detail(self) -> String {
        match self {
            Self::Depth => format!("its values are nested more than {DEPTH} levels deep"),
            Self::String => format!("it has a text of more than {} MiB", STRING_BYTES >> 20),
            Self::Value => format!("it has a conversation of more than {} MiB", VALUE_BYTES >> 20),
            Self::Values => format!("it has a conversation of more than {VALUES} values"),
            Self::Export => format!("it unpacks to more than {} GiB", EXPORT_BYTES >> 30),
        }
    }
}

/// Reads JSON and fails at the first byte beyond a bound, which `exceeded` then names, or when
/// no one waits for it any more.
pub(super) struct Guard<'a, R> {
    inner: R,
    pub(super) exceeded: Option<FileLimit>,
    depth: usize,
    /// Bytes of the string that is open; none outside strings.
    string: Option<usize>,
    escaped: bool,
    /// Whether the outermost value is a list; none before it. If it is not, all of it is one
    /// conversation.
    is_list: Option<bool>,
    /// Bytes and values since the last value of the outermost list ended.
    value: usize,
    values: usize,
    /// Bytes of all files of the export.
    total: &'a mut u64,
    stop: &'a Stop,
}

impl<'a, R: Read> Guard<'a, R> {
    pub(super) fn new(inner: R, total: &'a mut u64, stop: &'a Stop) -> Self {
        Self {
            inner,
            exceeded: None,
            depth: 0,
            string: None,
            escaped: false,
            is_list: None,
            value: 0,
            values: 0,
            total,
            stop,
        }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), FileLimit> {
        *self.total += bytes.len() as u64;
        if *self.total > EXPORT_BYTES {
            return Err(FileLimit::Export);
        }
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    fn byte(&mut self, byte: u8) -> Result<(), FileLimit> {
        self.value += 1;
        if self.value > VALUE_BYTES {
            return Err(FileLimit::Value);
        }
        match (&mut self.string, byte) {
            (string @ Some(_), b'"') if !self.escaped => *string = None,
            (Some(length), _) if *length >= STRING_BYTES => return Err(FileLimit::String),
            (Some(length), _) if self.escaped => (*length, self.escaped) = (*length + 1, false),
            (Some(length), byte) => (*length, self.escaped) = (*length + 1, byte == b'\\'),
            (string @ None, b'"') => *string = Some(0),
            (None, b'[' | b'{') if self.depth >= DEPTH => return Err(FileLimit::Depth),
            (None, b'[' | b'{') => {
                self.is_list.get_or_insert(byte == b'[');
                self.depth += 1;
                return self.count();
            }
            (None, b',') => return self.count(),
            (None, b']' | b'}') => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth <= 1 && self.is_list == Some(true) {
                    (self.value, self.values) = (0, 0);
                }
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Counts a value: each begins behind a bracket or a comma.
    fn count(&mut self) -> Result<(), FileLimit> {
        self.values += 1;
        if self.values > VALUES { Err(FileLimit::Values) } else { Ok(()) }
    }
}

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stop.check()?;
        let read = self.inner.read(buffer)?;
        match self.check(buffer.get(..read).unwrap_or_default()) {
            Ok(()) => Ok(read),
            Err(bound) => {
                self.exceeded = Some(bound);
                Err(io::Error::other("beyond a bound"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(json: impl Read) -> Option<FileLimit> {
        let (mut total, stop) = (0, Stop::default());
        let mut guard = Guard::new(json, &mut total, &stop);
        let _ = io::copy(&mut guard, &mut io::sink());
        guard.exceeded
    }

    #[test]
    fn nesting_strings_and_values_have_bounds() {
        assert_eq!(bound("[".repeat(DEPTH).as_bytes()), None);
        assert_eq!(bound("[{".repeat(DEPTH).as_bytes()), Some(FileLimit::Depth));
        let long = |bytes| [b"[\"".as_slice(), &vec![b'a'; bytes], b"\"]"].concat();
        assert_eq!(bound(long(STRING_BYTES).as_slice()), None);
        assert_eq!(bound(long(STRING_BYTES + 1).as_slice()), Some(FileLimit::String));
        assert_eq!(bound(io::repeat(b' ')), Some(FileLimit::Value));
    }

    #[test]
    fn values_have_a_bound_for_each_conversation() {
        let objects = |number: usize| format!("[{}]", vec!["{}"; number].join(","));
        assert_eq!(bound(objects(VALUES).as_bytes()), None, "each is a conversation");
        assert_eq!(bound(format!("[{}]", objects(VALUES / 2)).as_bytes()), Some(FileLimit::Values));
        let numbers = format!("[[{}]", "1,".repeat(VALUES));
        assert_eq!(bound(numbers.as_bytes()), Some(FileLimit::Values));
        let texts = format!("[[\"{}\"]]", ",".repeat(VALUES));
        assert_eq!(bound(texts.as_bytes()), None, "a comma in a text begins no value");
    }

    #[test]
    fn a_file_that_is_one_conversation_is_counted_to_its_end() {
        let member = |name: &str| format!("\"{name}\":[{}],", vec!["{}"; VALUES / 8].join(","));
        let many: String = ["a", "b", "c", "d", "e"].map(member).concat();
        assert_eq!(bound(format!("{{{many}").as_bytes()), Some(FileLimit::Values));
        assert_eq!(bound(format!("[{{{many}").as_bytes()), Some(FileLimit::Values));
    }

    #[test]
    fn reading_stops_when_nobody_waits_for_it() {
        let (mut total, stop) = (0, Stop::default());
        stop.set();
        assert!(Guard::new(b"[]".as_slice(), &mut total, &stop).read(&mut [0; 8]).is_err());
    }

    #[test]
    fn brackets_in_strings_do_not_nest_and_each_conversation_counts_for_itself() {
        assert_eq!(bound(format!("[\"\\\"{}\"]", "[".repeat(DEPTH + 1)).as_bytes()), None);
        let one = format!("{{\"a\":\"{}\"}},", "b".repeat(1 << 20));
        let many = io::Cursor::new(one.repeat(4));
        let all = (0..20).fold(Box::new(io::Cursor::new(b"[")) as Box<dyn Read>, |before, _| {
            Box::new(before.chain(many.clone()))
        });
        assert_eq!(bound(all), None, "80 MiB in all");
    }
}
