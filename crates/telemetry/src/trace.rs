//! The context of a trace, as W3C `traceparent` carries it.

/// Which trace a piece of work belongs to, and which span caused it. `Display` writes the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    /// Bit 0: sampled.
    flags: u8,
}

impl TraceContext {
    /// The name of the header.
    pub const HEADER: &'static str = "traceparent";
    /// By which a component names its span to our own host, where the other server must not see it.
    pub const CALLER_HEADER: &'static str = "tessera-trace";

    /// A trace that begins here, not sampled. Without randomness its ids are fixed, and only
    /// correlation suffers.
    #[must_use]
    pub fn root() -> Self {
        let mut bytes = [1; 16];
        let _ = getrandom::fill(&mut bytes);
        Self { trace_id: u128::from_be_bytes(bytes).max(1), span_id: span_id(), flags: 0 }
    }

    /// Reads a `traceparent`; None if it is malformed. Later versions are read as version 00, as
    /// the specification says.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let version = hex(parts.next()?, 2)?;
        let (trace_id, span_id) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
        let flags = hex(parts.next()?, 2)?;
        let has_more = parts.next().is_some();
        if version == 0xff || (version == 0 && has_more) || trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self { trace_id, span_id: span_id.try_into().ok()?, flags: flags.try_into().ok()? })
    }

    /// The same trace with a span of its own.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span_id: span_id(), ..self }
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(self) -> String {
        format!("{:016x}", self.span_id)
    }

    /// The same, recorded or not.
    #[must_use]
    pub fn with_sampled(self, is_sampled: bool) -> Self {
        Self { flags: (self.flags & !1) | u8::from(is_sampled), ..self }
    }

    /// Whether the random id of the span is within this share, from 0 to 1, of all ids.
    #[must_use]
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn is_within(self, share: f64) -> bool {
        let at = self.span_id as f64 / u64::MAX as f64;
        at < share || share >= 1.0
    }

    /// The id of the trace, as it goes over the wire.
    #[must_use]
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn trace_bytes(self) -> [u8; 16] {
        self.trace_id.to_be_bytes()
    }

    /// The id of the span, as it goes over the wire.
    #[must_use]
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn span_bytes(self) -> [u8; 8] {
        self.span_id.to_be_bytes()
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

impl std::fmt::Display for TraceContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Of the flags only `sampled` is known to this version.
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags & 1)
    }
}

fn span_id() -> u64 {
    let mut bytes = [1; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_be_bytes(bytes).max(1)
}

/// Exactly so many digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let fits = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if fits { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_is_read_and_written_the_same() {
        let trace = TraceContext::parse(PARENT).unwrap();
        assert_eq!((trace.to_string().as_str(), trace.is_sampled()), (PARENT, true));
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn malformed_headers_are_not_read() {
        let bad = [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ];
        for header in bad {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
        assert!(TraceContext::parse(&PARENT.replacen("00", "01", 1)).is_some());
        assert!(TraceContext::parse(&format!("{}-more", PARENT.replacen("00", "cc", 1))).is_some());
    }

    #[test]
    fn a_child_stays_in_its_trace_with_another_span() {
        let root = TraceContext::root();
        let child = root.child();
        assert_eq!(child.trace_id(), root.trace_id());
        assert_ne!(child.span_id(), root.span_id());
        assert_ne!(TraceContext::root().trace_id(), root.trace_id());
        assert_eq!(TraceContext::parse(&root.to_string()), Some(root));
    }
}
