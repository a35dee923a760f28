//! Mends slips of writers in the bytes of a file that viewers forgive and the parser does not.

/// Blanks between the word `stream` and the end of its line go before the word, so that all places in the file stay.
pub(super) fn mend(bytes: &mut [u8]) {
    const WORD: &[u8] = b"stream";
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| rest.windows(WORD.len()).position(|part| part == WORD)) {
        let at = from + found;
        from = at + WORD.len();
        // After a dictionary only: the bytes of a stream may hold anything.
        let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
        let blanks = bytes.get(from..).unwrap_or_default().iter().take_while(|byte| **byte == b' ').count();
        let ends_line = bytes.get(from + blanks).is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
        if blanks > 0 && ends_line && before.ends_with(b">>") {
            if let Some(part) = bytes.get_mut(at..from + blanks) {
                part.rotate_right(blanks);
            }
            from += blanks;
        }
    }
}
