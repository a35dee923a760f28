//! Bytes of a provider's event stream → the data of each event (WHATWG HTML §9.2.6), whatever the cuts between the bytes. Pure.

/// The longest line; a provider that sends more is broken.
const LINE_LIMIT: usize = 1 << 20;

/// Reads an event stream.
#[derive(Default)]
pub struct EventReader {
    line: Vec<u8>,
    data: Option<String>,
    after_carriage_return: bool,
    past_first_line: bool,
}

/// A line is longer than any answer needs.
#[derive(PartialEq, Eq, Debug)]
pub struct LineTooLong;

impl EventReader {
    /// The data of the events that are complete with these bytes.
    ///
    /// # Errors
    /// Where a line is longer than a mebibyte.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, LineTooLong> {
        let mut out = Vec::new();
        for byte in bytes {
            match byte {
                // The second half of CR LF.
                b'\n' if self.after_carriage_return => self.after_carriage_return = false,
                b'\n' | b'\r' => {
                    self.after_carriage_return = *byte == b'\r';
                    out.extend(self.end_line());
                }
                _ => {
                    self.after_carriage_return = false;
                    self.line.push(*byte);
                    if self.line.len() > LINE_LIMIT {
                        return Err(LineTooLong);
                    }
                }
            }
        }
        Ok(out)
    }

    /// The stream has ended: an event without the empty line after it counts too, as some servers leave that out.
    pub fn finish(&mut self) -> Option<String> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.data.take()
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        // Only now: a character may have come in two pieces.
        let line = String::from_utf8_lossy(&line);
        let line = if self.past_first_line { &line } else { line.strip_prefix('\u{feff}').unwrap_or(&line) };
        self.past_first_line = true;
        if line.is_empty() {
            return self.data.take();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                none => *none = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_give_the_same_events_however_they_are_cut(
            text in "(data|event|id|:|: |\u{feff}|\r|\n|\r\n|\n\n|å|[a-z{}]){0,60}", cuts in prop::collection::vec(1..9_usize, 1..40),
        ) {
            let bytes = text.as_bytes();
            let (mut pieces, mut rest) = (Vec::new(), bytes);
            for cut in cuts {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = more;
            }
            pieces.push(rest);
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }

        #[test]
        fn any_event_is_read_or_refused(text in "\\PC{0,200}", number: i64) {
            let _ = crate::delta::parse(&text);
            let event = format!(r#"{{"choices":[{{"delta":{{"content":{text:?}}}}}],"usage":{{"prompt_tokens":{number}}}}}"#);
            let _ = crate::delta::parse(&event);
        }
    }

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut out: Vec<String> = pieces.iter().flat_map(|piece| reader.push(piece).unwrap()).collect();
        out.extend(reader.finish());
        out
    }

    #[test]
    fn an_event_is_its_data_whatever_else_it_carries() {
        assert_eq!(read(&[b"event: x\nid: 1\nretry: 5\ndata: a\n\n"]), ["a"]);
        assert_eq!(read(&[b": keep-alive\n\n:\n\ndata: a\n\n"]), ["a"]);
        assert_eq!(read(&[b"data:a\n\ndata:  b\n\ndata\n\n"]), ["a", " b", ""]);
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        assert_eq!(read(&[b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n"]), ["a", "b", "c", "d"]);
    }

    #[test]
    fn several_data_lines_are_one_event() {
        assert_eq!(read(&[b"data: {\ndata: }\n\n"]), ["{\n}"]);
    }

    #[test]
    fn the_last_event_counts_without_its_empty_line() {
        assert_eq!(read(&[b"data: a\n\ndata: [DONE]"]), ["a", "[DONE]"]);
        assert_eq!(read(&[b"data: a\n"]), ["a"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_field() {
        assert_eq!(read(&[b"\xef\xbb", b"\xbfdata: a\n\n"]), ["a"]);
    }

    #[test]
    fn every_cut_gives_the_same_events() {
        let stream =
            "data: {\"x\":\"på 😀\"}\r\n\r\n: ping\r\n\r\ndata: ä\rdata: b\r\rdata: y\n\ndata: [DONE]\n\n".as_bytes();
        let whole = read(&[stream]);
        assert_eq!(whole, ["{\"x\":\"på 😀\"}", "ä\nb", "y", "[DONE]"]);
        for cut in 0..=stream.len() {
            let (a, b) = stream.split_at(cut);
            assert_eq!(read(&[a, b]), whole, "cut at {cut}");
            for second in 0..=b.len() {
                let (b, c) = b.split_at(second);
                assert_eq!(read(&[a, b, c]), whole, "cut at {cut} and {second} more");
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let mut reader = EventReader::default();
        assert_eq!(reader.push(&vec![b'x'; LINE_LIMIT + 1]), Err(LineTooLong));
    }
}
