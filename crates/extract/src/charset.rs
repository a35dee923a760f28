//! From bytes to text: which character set a text is in, and its characters, with what could not be
//! read counted.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED,
};

use crate::codepages::{self, Charset};

/// Bytes looked at to tell text from other content, and one character set from another.
const SNIFFED: usize = 64 * 1024;

/// A text, and how many of its bytes are no characters of its character set.
pub(crate) struct DecodedText {
    pub(crate) text: String,
    /// Bytes that were replaced, or read as Windows-1252 in a text of UTF-8.
    pub(crate) invalid: u64,
}

/// The beginning of `bytes` as text, or nothing where they are no text.
pub(crate) fn sniff(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..SNIFFED).unwrap_or(bytes);
    if Encoding::for_bom(head).is_none() && utf16_without_mark(head).is_none() && is_binary(head) {
        return None;
    }
    let DecodedText { text, invalid } = read(head, declared(head).as_deref());
    // Encrypted or compressed content without control characters still is no sequence of any
    // character set.
    (invalid as usize * 10 <= head.len().max(20)).then_some(text)
}

/// As [`read`], where no caller asks what was lost.
pub(crate) fn decode(bytes: &[u8], named: Option<&str>) -> String {
    read(bytes, named).text
}

/// All of `bytes` as text with line feeds at the ends of lines; `named` is the label of a character
/// set that the document itself gives (HTML, XML, a mail's part). A byte-order mark goes before it,
/// and so does valid UTF-8: pages that claim an older character set but are valid UTF-8 are UTF-8.
pub(crate) fn read(bytes: &[u8], named: Option<&str>) -> DecodedText {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(length..).unwrap_or_default());
    }
    if let Some(encoding) = utf16_without_mark(bytes.get(..SNIFFED).unwrap_or(bytes)) {
        return with(encoding, bytes);
    }
    if contains_iso_2022_jp(bytes) {
        return with(ISO_2022_JP, bytes);
    }
    let utf8 = Utf8::count(bytes);
    if utf8.is_it() {
        return repaired_utf8(bytes, utf8.invalid);
    }
    match named.and_then(|label| Encoding::for_label(label.as_bytes())).filter(is_of_bytes) {
        Some(encoding) => with(encoding, bytes),
        None => guessed(bytes),
    }
}

/// The label in `<meta charset=…>`, `<meta http-equiv=content-type content="…; charset=…">`, `<?xml
/// encoding=…?>` or a style sheet's `@charset`, wherever in the beginning it stands.
pub(crate) fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..SNIFFED).unwrap_or(bytes);
    let head: String = head.iter().map(|&byte| char::from(byte).to_ascii_lowercase()).collect();
    let declaration =
        head.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    if let Some(label) = declaration.and_then(|(declaration, _)| value_of(declaration, "encoding"))
    {
        return Some(label);
    }
    let mut elements = head.split("<meta").skip(1);
    elements.find_map(|rest| value_of(rest.split('>').next().unwrap_or_default(), "charset"))
}

/// The value after `name`, an equals sign, and blanks or quotation marks.
fn value_of(attributes: &str, name: &str) -> Option<String> {
    let (_, after) = attributes.split_once(name)?;
    let after = after
        .trim_start()
        .strip_prefix('=')?
        .trim_start_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
    let end = after
        .find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c))
        .unwrap_or(after.len());
    after.get(..end).filter(|label| !label.is_empty()).map(str::to_owned)
}

/// Labels of UTF-16 can't be true where they are read byte by byte, and two encodings are no
/// character sets.
fn is_of_bytes(encoding: &&'static Encoding) -> bool {
    ![UTF_8, UTF_16BE, UTF_16LE, REPLACEMENT, X_USER_DEFINED].contains(encoding)
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> DecodedText {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let invalid = text.matches('\u{fffd}').count() as u64;
    DecodedText { text: plain_lines(&text), invalid }
}

fn guessed(bytes: &[u8]) -> DecodedText {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..SNIFFED).unwrap_or(bytes), true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    match codepages::best(bytes.get(..SNIFFED).unwrap_or(bytes), guess) {
        Charset::Web(encoding) => with(encoding, bytes),
        Charset::Dos(page) => DecodedText { text: plain_lines(&page.decode(bytes)), invalid: 0 },
    }
}

/// How the bytes over 127 read as UTF-8.
struct Utf8 {
    valid: u64,
    invalid: u64,
}

impl Utf8 {
    fn count(bytes: &[u8]) -> Self {
        let mut counted = Self { valid: 0, invalid: 0 };
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            // Sequences of three bytes and more hardly come about by chance.
            counted.valid +=
                chunk.valid().chars().map(|c| (c.len_utf8() as u64).saturating_sub(1)).sum::<u64>();
            let cut_off = chunks.peek().is_none() && (1..4).contains(&chunk.invalid().len());
            let is_sound = chunk.invalid().is_empty() || (cut_off && is_beginning(chunk.invalid()));
            if !is_sound {
                counted.invalid += 1;
            }
        }
        counted
    }

    /// Text of UTF-8, a few bytes of which may be wrong.
    fn is_it(&self) -> bool {
        self.invalid == 0 || self.valid >= 2 * self.invalid
    }
}

/// The first bytes of a character, as they stand where a file is cut off.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_err_and(|fault| fault.valid_up_to() == 0 && fault.error_len().is_none())
        && bytes.first().is_some_and(|&byte| byte >= 0xc2)
}

/// A wrong byte among UTF-8 mostly is a letter of Windows-1252 that was pasted in.
fn repaired_utf8(bytes: &[u8], invalid: u64) -> DecodedText {
    let mut text = String::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            cut if chunks.peek().is_none() && is_beginning(cut) => text.push('\u{fffd}'),
            &[byte @ 0xa0..=0xff] => {
                text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0)
            }
            _ => text.push('\u{fffd}'),
        }
    }
    DecodedText { text: plain_lines(&text), invalid }
}

/// ISO-2022-JP is written in seven bits, and so is valid UTF-8 as well.
fn contains_iso_2022_jp(bytes: &[u8]) -> bool {
    let shifts =
        bytes.windows(3).take(SNIFFED).any(|window| matches!(window, b"\x1b$B" | b"\x1b$@"));
    shifts
        && bytes.is_ascii()
        && bytes.windows(3).any(|window| matches!(window, b"\x1b(B" | b"\x1b(J"))
}

/// Text may hold a stray NUL or two and a few control characters; other content is full of them.
fn is_binary(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().filter(|&&byte| byte == 0).count();
    let is_control = |byte: u8| {
        byte < 32 && !matches!(byte, 0 | 7 | 8 | b'\t' | b'\n' | b'\r' | 0x0c | 0x1a | 0x1b)
    };
    let controls = bytes.iter().filter(|&&byte| is_control(byte)).count();
    zeros > 1 + bytes.len() / 200 || controls * 200 > bytes.len() || (zeros > 0 && bytes.len() < 64)
}

/// Text in UTF-16 has a zero wherever a blank, a line feed or a letter of ASCII stands, always in
/// the same half.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = bytes.get(..bytes.len() & !1).filter(|bytes| bytes.len() >= 8)?;
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 2);
    let encoding = if odd * 20 >= half && even * 50 < odd.max(50) {
        UTF_16LE
    } else if even * 20 >= half && odd * 50 < even.max(50) {
        UTF_16BE
    } else {
        return None;
    };
    let (text, faulty) = encoding.decode_without_bom_handling(bytes);
    let is_text =
        |c: &char| c.is_alphanumeric() || c.is_whitespace() || c.is_ascii_graphic() || is_mark(*c);
    let text_like = text.chars().filter(is_text).count();
    (!faulty && text_like * 100 >= text.chars().count() * 97).then_some(encoding)
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{a1}'..='\u{bf}' | '\u{300}'..='\u{36f}' | '\u{2010}'..='\u{206f}' | '\u{20a0}'..='\u{22ff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' | '\u{d7}' | '\u{f7}')
}

/// Line feeds at the ends of lines, whatever system wrote them, and no colours of a terminal.
fn plain_lines(text: &str) -> String {
    let text: Cow<'_, str> = if text.contains('\r') {
        Cow::Owned(text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(['\u{1b}', '\u{9b}', '\u{8}', '\0']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        rest = if found.starts_with('\u{8}') {
            // Old manuals print a letter twice, with a step back between, to make it bold.
            if !out.ends_with('\n') {
                out.pop();
            }
            found.get(1..).unwrap_or_default()
        } else {
            after_control(found)
        };
    }
    out.push_str(rest);
    out
}

/// What follows the terminal's control sequence that `text` begins with.
fn after_control(text: &str) -> &str {
    let sequence = text.strip_prefix("\u{1b}[").or_else(|| text.strip_prefix('\u{9b}'));
    if let Some(parameters) = sequence {
        let end = parameters
            .find(|c: char| !matches!(c, '\u{20}'..='\u{3f}'))
            .unwrap_or(parameters.len());
        let rest = parameters.get(end..).unwrap_or_default();
        // Without a letter at its end it is no sequence; what it holds is kept.
        return match rest.chars().next() {
            Some('@'..='~') => rest.get(1..).unwrap_or_default(),
            _ => parameters,
        };
    }
    if let Some(command) = text.strip_prefix("\u{1b}]") {
        let end = command.find(['\u{7}', '\u{1b}', '\n']).unwrap_or(command.len());
        let rest = command.get(end..).unwrap_or_default();
        return rest
            .strip_prefix('\u{7}')
            .or_else(|| rest.strip_prefix("\u{1b}\\"))
            .unwrap_or(rest);
    }
    // A choice of characters is three long, and all else is the control character alone.
    let length = if text.starts_with("\u{1b}(") || text.starts_with("\u{1b})") { 3 } else { 1 };
    let mut rest = text.chars();
    rest.by_ref().take(length).for_each(drop);
    rest.as_str()
}
