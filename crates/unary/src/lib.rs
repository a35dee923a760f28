#![doc = include_str!("../README.md")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The largest request body that goes this way, in bytes.
pub const BODY_LIMIT: usize = 64 << 10;

/// Appends a field.
pub fn encode(name: &HeaderName, value: &HeaderValue, lines: &mut Vec<u8>) {
    lines.extend_from_slice(name.as_str().as_bytes());
    lines.push(b':');
    lines.extend_from_slice(value.as_bytes());
    lines.push(b'\n');
}

/// The fields of a list; `None` if one is malformed.
#[must_use]
pub fn decode(lines: Vec<u8>) -> Option<HeaderMap> {
    let lines = Bytes::from(lines);
    let mut headers = HeaderMap::with_capacity(24);
    let mut begin = 0;
    while begin < lines.len() {
        let line = lines.get(begin..)?;
        let end = begin + memchr::memchr(b'\n', line)?;
        let colon = begin + memchr::memchr(b':', line)?;
        let name = HeaderName::from_bytes(lines.get(begin..colon)?).ok()?;
        let from = colon.checked_add(1).filter(|from| *from <= end)?;
        headers
            .try_append(name, HeaderValue::from_maybe_shared(lines.slice(from..end)).ok()?)
            .ok()?;
        begin = end + 1;
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(headers: &HeaderMap) -> Vec<u8> {
        let mut lines = Vec::new();
        for (name, value) in headers {
            encode(name, value, &mut lines);
        }
        lines
    }

    #[test]
    fn fields_arrive_as_they_were_sent() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        headers.append("x-forwarded-for", HeaderValue::from_static(" 10.0.0.2:1 "));
        headers.append("x-empty", HeaderValue::from_static(""));
        headers.append("x-latin", HeaderValue::from_bytes(b"caf\xe9\t:\xff").unwrap());
        assert_eq!(decode(lines(&headers)).unwrap(), headers);
        assert_eq!(decode(Vec::new()).unwrap(), HeaderMap::new());
    }

    #[test]
    fn malformed_lines_are_refused() {
        for given in ["a", "a:b", ":b\n", "a b:c\n", "a\n", "a:b\n\n", "a:b\r\nc:d\n", "a\nb:c\n"] {
            assert!(decode(given.as_bytes().to_vec()).is_none(), "{given:?}");
        }
    }
}
