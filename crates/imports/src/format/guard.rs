//! Bounds on JSON text, checked byte by byte before a parser holds any of it.

use std::io::{self, Read};

/// The deepest nesting. An export of LibreChat nests two levels for each message of a conversation.
pub(super) const DEPTH: usize = 4_096;
/// The longest string, in bytes as written: a message, or an image that stands in one.
const STRING_BYTES: usize = 16 << 20;
/// The most bytes of one conversation.
const VALUE_BYTES: usize = 64 << 20;
/// The most bytes of an export, unpacked.
const EXPORT_BYTES: u64 = 1 << 30;

/// The bound that a file is beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bound {
    Depth,
    String,
    Value,
    Export,
}

impl Bound {
    pub(super) fn detail(self) -> String {
        match self {
            Self::Depth => format!("its values are nested more than {DEPTH} levels deep"),
            Self::String => format!("it has a text of more than {} MiB", STRING_BYTES >> 20),
            Self::Value => format!("it has a conversation of more than {} MiB", VALUE_BYTES >> 20),
            Self::Export => format!("it unpacks to more than {} GiB", EXPORT_BYTES >> 30),
        }
    }
}

/// Reads JSON and fails at the first byte beyond a bound, which `exceeded` then names.
pub(super) struct Guard<'a, R> {
    inner: R,
    pub(super) exceeded: Option<Bound>,
    depth: usize,
    /// Bytes of the string that is open; none outside strings.
    string: Option<usize>,
    escaped: bool,
    /// Bytes since the last value of the outermost list ended.
    value: usize,
    /// Bytes of all files of the export.
    total: &'a mut u64,
}

impl<'a, R: Read> Guard<'a, R> {
    pub(super) fn new(inner: R, total: &'a mut u64) -> Self {
        Self { inner, exceeded: None, depth: 0, string: None, escaped: false, value: 0, total }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), Bound> {
        *self.total += bytes.len() as u64;
        if *self.total > EXPORT_BYTES {
            return Err(Bound::Export);
        }
        bytes.iter().try_for_each(|byte| self.byte(*byte))
    }

    fn byte(&mut self, byte: u8) -> Result<(), Bound> {
        self.value += 1;
        if self.value > VALUE_BYTES {
            return Err(Bound::Value);
        }
        match (&mut self.string, byte) {
            (string @ Some(_), b'"') if !self.escaped => *string = None,
            (Some(length), _) if *length >= STRING_BYTES => return Err(Bound::String),
            (Some(length), _) if self.escaped => (*length, self.escaped) = (*length + 1, false),
            (Some(length), byte) => (*length, self.escaped) = (*length + 1, byte == b'\\'),
            (string @ None, b'"') => *string = Some(0),
            (None, b'[' | b'{') if self.depth >= DEPTH => return Err(Bound::Depth),
            (None, b'[' | b'{') => self.depth += 1,
            (None, b']' | b'}') => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth <= 1 {
                    self.value = 0;
                }
            }
            (None, _) => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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

    fn bound(json: impl Read) -> Option<Bound> {
        let mut total = 0;
        let mut guard = Guard::new(json, &mut total);
        let _ = io::copy(&mut guard, &mut io::sink());
        guard.exceeded
    }

    #[test]
    fn nesting_strings_and_values_have_bounds() {
        assert_eq!(bound("[".repeat(DEPTH).as_bytes()), None);
        assert_eq!(bound("[{".repeat(DEPTH).as_bytes()), Some(Bound::Depth));
        let long = |bytes| [b"[\"".as_slice(), &vec![b'a'; bytes], b"\"]"].concat();
        assert_eq!(bound(long(STRING_BYTES).as_slice()), None);
        assert_eq!(bound(long(STRING_BYTES + 1).as_slice()), Some(Bound::String));
        assert_eq!(bound(io::repeat(b' ')), Some(Bound::Value));
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
