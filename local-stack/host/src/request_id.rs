//! Request ids: the client's when it is well-formed, else a new one.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

static PROCESS: LazyLock<u64> = LazyLock::new(|| {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
});
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The id of the request with these headers.
pub(crate) fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get("x-request-id") {
        Some(id) if is_well_formed(id.as_bytes()) => id.clone(),
        _ => fresh(),
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    (8..=128).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Unique in this process, and random enough to tell processes apart.
fn fresh() -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let number = (u128::from(*PROCESS) << 64) | u128::from(NEXT.fetch_add(1, Relaxed));
    let digit = |n: u32| HEX.get((number >> (124 - 4 * n)) as usize & 15).copied().unwrap_or(b'0');
    let text: Vec<u8> = (0..32).map(digit).collect();
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &'static str) -> HeaderValue {
        of(&HeaderMap::from_iter([(http::HeaderName::from_static("x-request-id"), HeaderValue::from_static(id))]))
    }

    #[test]
    fn a_well_formed_id_is_kept_and_any_other_replaced() {
        assert_eq!(given("trace-1234_5.6"), "trace-1234_5.6");
        for bad in ["short", "with space and more", "inject\"json{}"] {
            assert_ne!(given(bad), bad);
        }
    }

    #[test]
    fn new_ids_differ_and_are_well_formed() {
        let (a, b) = (of(&HeaderMap::new()), of(&HeaderMap::new()));
        assert_ne!(a, b);
        assert!(is_well_formed(a.as_bytes()), "{a:?}");
    }
}
