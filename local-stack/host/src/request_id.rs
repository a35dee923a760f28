//! Request ids: 128 random bits of the host. A client's id is forwarded beside it, and never
//! trusted.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header of the host's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header of the client's id, in requests to components, in responses and in the log.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// Removes the client's id from the headers and returns it: `x-client-request-id`, else
/// `x-request-id`, if it is well-formed.
pub(crate) fn of_client(headers: &mut HeaderMap) -> Option<HeaderValue> {
    let ids = [headers.remove(CLIENT_REQUEST_ID), headers.remove(REQUEST_ID)];
    ids.into_iter().flatten().find(|id| is_well_formed(id.as_bytes()))
}

fn is_well_formed(id: &[u8]) -> bool {
    (8..=128).contains(&id.len())
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A new id, unrelated to others.
pub(crate) fn fresh() -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut bits = [0; 16];
    // If the system gives no random numbers, an obviously empty id is better than no response.
    let _ = getrandom::fill(&mut bits);
    let digit = |value: u8| HEX.get(usize::from(value & 15)).copied().unwrap_or(b'0');
    let text: Vec<u8> = bits.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: HeaderName, id: &'static str) -> Option<HeaderValue> {
        of_client(&mut HeaderMap::from_iter([(name, HeaderValue::from_static(id))]))
    }

    #[test]
    fn a_clients_id_is_accepted_if_it_is_well_formed() {
        assert_eq!(given(REQUEST_ID, "trace-1234_5.6").unwrap(), "trace-1234_5.6");
        assert_eq!(given(CLIENT_REQUEST_ID, "trace-1234_5.6").unwrap(), "trace-1234_5.6");
        for bad in ["short", "with space and more", "inject\"json{}"] {
            assert_eq!(given(REQUEST_ID, bad), None, "{bad}");
        }
    }

    #[test]
    fn new_ids_have_nothing_in_common() {
        let ids: Vec<HeaderValue> = (0..64).map(|_| fresh()).collect();
        // A counter, a clock or a constant part would show at some position of all of them.
        for place in 0..32 {
            let digits: std::collections::HashSet<u8> =
                ids.iter().map(|id| id.as_bytes()[place]).collect();
            assert!(digits.len() > 4, "place {place}: {digits:?}");
        }
    }
}
