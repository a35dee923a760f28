//! Mends slips of writers in the bytes of a file that viewers forgive and the parser does not.

/// All places in the file stay: its table names them.
pub(super) fn mend(bytes: &mut [u8]) {
    move_blanks(bytes);
    complete_ends(bytes);
    forget_encryption(bytes);
}

/// Blanks between the word `stream` and the end of its line go before the word.
fn move_blanks(bytes: &mut [u8]) {
    const WORD: &[u8] = b"stream";
    let mut from = 0;
    while let Some(found) =
        bytes.get(from..).and_then(|rest| rest.windows(WORD.len()).position(|part| part == WORD))
    {
        let at = from + found;
        from = at + WORD.len();
        // After a dictionary only: the bytes of a stream may hold anything.
        let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
        let blanks =
            bytes.get(from..).unwrap_or_default().iter().take_while(|byte| **byte == b' ').count();
        let ends_line = bytes.get(from + blanks).is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
        if blanks > 0 && ends_line && before.ends_with(b">>") {
            if let Some(part) = bytes.get_mut(at..from + blanks) {
                part.rotate_right(blanks);
            }
            from += blanks;
        }
    }
}

/// The word at the end of a stream whose last letter a blank took the place of: a writer cut it
/// off.
fn complete_ends(bytes: &mut [u8]) {
    const CUT: &[u8] = b"endstrea";
    let mut from = 0;
    while let Some(at) = position(bytes, CUT, from) {
        from = at + CUT.len();
        let begins = at
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_some_and(u8::is_ascii_whitespace);
        if let Some(last) = bytes.get_mut(from).filter(|last| begins && last.is_ascii_whitespace())
        {
            *last = b'm';
        }
    }
}

/// A file may encrypt its attachments only, and name a password that nothing else needs. Its pages
/// are read as if there were no encryption.
fn forget_encryption(bytes: &mut [u8]) {
    const KEY: &[u8] = b"/Encrypt";
    if !(leaves_plain(bytes, b"/StmF") && leaves_plain(bytes, b"/StrF")) {
        return;
    }
    let mut from = 0;
    while let Some(at) = position(bytes, KEY, from) {
        from = at + KEY.len();
        // The name ends here: there is also `/EncryptMetadata`.
        let ends = bytes.get(from).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'<');
        if let Some(last) = bytes.get_mut(from - 1).filter(|_| ends) {
            *last = b'-';
        }
    }
}

/// True if the file says of this kind of content, wherever it names it, that it is not encrypted.
fn leaves_plain(bytes: &[u8], key: &[u8]) -> bool {
    let mut from = 0;
    let mut named = false;
    while let Some(at) = position(bytes, key, from) {
        from = at + key.len();
        if !bytes.get(from..).unwrap_or_default().trim_ascii_start().starts_with(b"/Identity") {
            return false;
        }
        named = true;
    }
    named
}

fn position(bytes: &[u8], part: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(part.len()).position(|found| found == part).map(|at| from + at)
}
