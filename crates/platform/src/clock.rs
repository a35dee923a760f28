//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use kernel::Timestamp;

/// Now, in microseconds since 1970 UTC.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
