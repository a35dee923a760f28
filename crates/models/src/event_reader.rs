//! Bytes of a provider's event stream → the data of each event (WHATWG HTML §9.2.6), whatever the cuts between the bytes. Pure.

/// Bytes of an event, all its lines together; a provider that sends more is broken. The last event
/// of some repeats the whole answer.
pub const EVENT_LIMIT: usize = 4 << 20;

/// Reads an event stream.
#[derive(Default)]
pub struct EventReader {
    line: Vec<u8>,
    data: Option<String>,
    is_error: bool,
    after_carriage_return: bool,
    past_first_line: bool,
}

/// One event.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct ServerEvent {
    pub(crate) data: String,
    /// Its name is `error`; the other names repeat what the data says.
    pub(crate) is_error: bool,
}

/// An event is longer than any answer needs.
#[derive(PartialEq, Eq, Debug)]
pub struct EventTooLong;

impl EventReader {
    /// The data of the events that are complete with these bytes.
    ///
    /// # Errors
    /// If an event is longer than [`EVENT_LIMIT`], in one line or in many.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, EventTooLong> {
        let mut events = Vec::new();
        self.push_events(bytes, &mut events)?;
        Ok(events.into_iter().map(|event| event.data).collect())
    }

    /// The stream has ended: an event without the empty line after it counts too, as some servers
    /// leave that out.
    pub fn finish(&mut self) -> Option<String> {
        self.finish_event().map(|event| event.data)
    }

    /// Adds the events that are complete with these bytes, also those before one that is too long.
    pub(crate) fn push_events(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<ServerEvent>,
    ) -> Result<(), EventTooLong> {
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
                    // Every line but a comment may add to the data, which is kept until the empty
                    // line that ends the event.
                    if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_LIMIT {
                        return Err(EventTooLong);
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish_event(&mut self) -> Option<ServerEvent> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.dispatch()
    }

    fn dispatch(&mut self) -> Option<ServerEvent> {
        let is_error = std::mem::take(&mut self.is_error);
        self.data.take().map(|data| ServerEvent { data, is_error })
    }

    fn end_line(&mut self) -> Option<ServerEvent> {
        let line = std::mem::take(&mut self.line);
        // Only now: a character may have come in two pieces.
        let line = String::from_utf8_lossy(&line);
        let line = if self.past_first_line {
            &line
        } else {
            line.strip_prefix('\u{feff}').unwrap_or(&line)
        };
        self.past_first_line = true;
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        if field == "event" {
            self.is_error = value == "error";
        }
        if field == "data" {
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
    }

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut out: Vec<String> =
            pieces.iter().flat_map(|piece| reader.push(piece).unwrap()).collect();
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
    fn an_event_named_error_is_one() {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        reader
            .push_events(
                b"event: error\ndata: a\n\ndata: b\n\nevent: error\n\ndata: c\n\n",
                &mut events,
            )
            .unwrap();
        let found: Vec<_> =
            events.iter().map(|event| (event.data.as_str(), event.is_error)).collect();
        assert_eq!(found, [("a", true), ("b", false), ("c", false)]);
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        assert_eq!(
            read(&[b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n"]),
            ["a", "b", "c", "d"]
        );
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
    fn an_event_at_the_limit_passes_and_a_byte_more_does_not() {
        let event =
            |length: usize| [b"data:".to_vec(), vec![b'x'; length], b"\n\n".to_vec()].concat();
        let fits = EVENT_LIMIT - "data:".len();
        assert_eq!(EventReader::default().push(&event(fits)).unwrap()[0].len(), fits);
        assert_eq!(EventReader::default().push(&event(fits + 1)), Err(EventTooLong));
    }

    #[test]
    fn many_lines_of_one_event_are_bounded_like_one() {
        for line in
            ["data: x\n".to_owned(), format!("data: {}\n", "x".repeat(1_000)), "data\n".to_owned()]
        {
            let mut reader = EventReader::default();
            let refused = (0..2 * EVENT_LIMIT).any(|_| reader.push(line.as_bytes()).is_err());
            assert!(
                refused && reader.data.is_some_and(|data| data.len() <= EVENT_LIMIT),
                "{line:.20}"
            );
        }
        let mut reader = EventReader::default();
        let small = "data: x\n\n".repeat(2 * EVENT_LIMIT / 9);
        assert!(reader.push(small.as_bytes()).is_ok(), "many small events are no long one");
    }
}
