//! From bytes to text: UTF-8, UTF-16 with or without a mark, or Windows-1252, which holds Latin-1.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes looked at to tell text from other content.
const SNIFFED: usize = 64 * 1024;

/// The beginning of `bytes` as text, or nothing where they are no text.
pub(crate) fn sniff(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..SNIFFED).unwrap_or(bytes);
    let encoding = encoding_of(head)?;
    let (text, _) = encoding.decode_with_bom_removal(head);
    Some(text.into_owned())
}

/// All of `bytes` as text; what can't be decoded becomes U+FFFD. `named` is the label of an encoding that the
/// document itself gives (HTML); a byte-order mark goes before it.
pub(crate) fn decode(bytes: &[u8], named: Option<&str>) -> String {
    let from_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let from_label = named.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = match (from_mark, from_label) {
        (Some(encoding), _) => encoding,
        // Pages that claim an older encoding but are valid UTF-8 are UTF-8: real Latin-1 text almost never is.
        (None, _) if std::str::from_utf8(bytes).is_ok() => UTF_8,
        (None, Some(encoding)) if encoding != UTF_8 => encoding,
        (None, _) => encoding_of(bytes).unwrap_or(WINDOWS_1252),
    };
    encoding.decode_with_bom_removal(bytes).0.into_owned()
}

fn encoding_of(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return Some(encoding);
    }
    if bytes.contains(&0) {
        return None;
    }
    let controls = bytes.iter().filter(|&&b| b < 32 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    if controls * 200 > bytes.len() {
        return None;
    }
    if is_utf8_but_for_its_end(bytes) {
        return Some(UTF_8);
    }
    // In Western text of one byte per letter, letters of ASCII and blanks make up most of it, and the
    // five unassigned codes don't occur.
    let plain = bytes.iter().filter(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()).count();
    let unassigned = bytes.iter().filter(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)).count();
    (plain * 10 >= bytes.len() * 7 && unassigned * 1000 <= bytes.len()).then_some(WINDOWS_1252)
}

/// The head of a file may end inside a character.
fn is_utf8_but_for_its_end(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(fault) => fault.error_len().is_none() && bytes.len() >= SNIFFED,
    }
}

/// Text of mostly ASCII letters in UTF-16 has a zero in nearly every second byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.len() < 8 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 2);
    if odd * 10 >= half * 8 && even * 50 < half {
        Some(UTF_16LE)
    } else if even * 10 >= half * 8 && odd * 50 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}
