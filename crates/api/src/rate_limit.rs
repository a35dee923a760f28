//! How often a key may still be used, in the headers that clients of OpenAI's API read.

use credentials::KeyUsage;
use http::{HeaderName, HeaderValue};
use platform::{clock, serve::Response};

/// Adds limit, rest and reset of the key's minute.
pub(crate) fn note(response: &mut Response, usage: KeyUsage) {
    let left = (usage.limit - usage.used).max(0);
    let seconds =
        (usage.ends_at.0.saturating_sub(clock::now().0)).clamp(0, 60_000_000) / 1_000_000 + 1;
    for (name, value) in [
        ("x-ratelimit-limit-requests", usage.limit.to_string()),
        ("x-ratelimit-remaining-requests", left.to_string()),
        ("x-ratelimit-reset-requests", format!("{seconds}s")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}
