//! Server-sent events.

/// Sent after 15 seconds without an event: proxies keep the connection open, and a client that has
/// gone is noticed.
pub const PING: &str = ": ping\n\n";
/// Seconds between pings.
pub const PING_SECONDS: u64 = 15;

/// One event with its id. `data` is one line (JSON without line breaks).
#[must_use]
pub fn event(id: &str, data: &str) -> String {
    let id: String = id.chars().filter(|c| !c.is_control()).collect();
    let data = data.replace(['\n', '\r'], " ");
    format!("id: {id}\ndata: {data}\n\n")
}

/// One event without an id. `data` is one line (JSON without line breaks). OpenAI's clients need it
/// so: their decoders keep the last id, and take every later comment for an event.
#[must_use]
pub fn data(data: &str) -> String {
    format!("data: {}\n\n", data.replace(['\n', '\r'], " "))
}

/// Whether a `Last-Event-ID` is an id of ours (`milliseconds-sequence` of a Redis stream).
#[must_use]
pub fn is_event_id(text: &str) -> bool {
    let number = |s: &str| !s.is_empty() && s.len() <= 20 && s.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(ms, seq)| number(ms) && number(seq))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_data_makes_one_event(id in "\\PC{0,9}(\r|\n|\r\n){0,2}\\PC{0,9}", data in "(\\PC|\r|\n|data: ){0,40}") {
            let event = event(&id, &data);
            prop_assert_eq!(event.matches(['\n', '\r']).count(), 3, "{:?}", event);
        }

        #[test]
        fn an_id_that_resumes_has_only_digits_and_one_dash(text in "[0-9]{0,22}-?[0-9]{0,22}|\\PC{0,30}") {
            let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-') && text.matches('-').count() == 1;
            prop_assert!(digits || !is_event_id(&text), "{:?}", text);
        }
    }

    #[test]
    fn a_line_break_in_the_data_cannot_begin_another_event() {
        assert_eq!(event("1-0\nx", "a\n\ndata: b"), "id: 1-0x\ndata: a  data: b\n\n");
    }

    #[test]
    fn only_stream_ids_resume() {
        assert!(is_event_id("1700000000000-0"));
        for bad in ["", "-", "1", "1-", "a-b", "$", "0-0 COUNT 1", "1-2-3"] {
            assert!(!is_event_id(bad), "{bad}");
        }
    }
}
