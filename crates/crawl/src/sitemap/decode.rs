//! From bytes to text: gzip detected by content, in bounds; UTF-8 or UTF-16.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::Cut;

/// The text of a file of at most `limit` bytes, and why it is not whole.
pub(super) fn text(body: &[u8], limit: usize) -> (Cow<'_, str>, Option<Cut>) {
    if !body.starts_with(b"\x1f\x8b") {
        let cut = (body.len() > limit).then_some(Cut::Bytes);
        return (characters(body.get(..limit).unwrap_or(body)), cut);
    }
    let mut plain = Vec::new();
    let mut unpacked = MultiGzDecoder::new(body).take(limit as u64 + 1);
    let mut cut = unpacked.read_to_end(&mut plain).is_err().then_some(Cut::Broken);
    // Gzip inside gzip happens when a server packs what was packed; more than that is no mistake.
    if plain.starts_with(b"\x1f\x8b") && plain.len() <= limit {
        let mut inner = Vec::new();
        let mut unpacked = MultiGzDecoder::new(plain.as_slice()).take(limit as u64 + 1);
        cut = unpacked.read_to_end(&mut inner).is_err().then_some(Cut::Broken);
        plain = inner;
    }
    if plain.len() > limit {
        plain.truncate(limit);
        cut = Some(Cut::Bytes);
    }
    (Cow::Owned(characters(&plain).into_owned()), cut)
}

fn characters(bytes: &[u8]) -> Cow<'_, str> {
    let units = |of: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2);
        let units = units.map(|pair| {
            of([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)])
        });
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, ..] => Cow::Owned(units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Cow::Owned(units(u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}
