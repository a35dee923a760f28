//! The limit of open event streams.

use std::time::Duration;

use platform::concurrency::ConcurrencyLimit;

/// A person has one for each tab that is seen. An organisation has far fewer than a host takes
/// requests, which all share. Open streams renew theirs every few seconds; a stream whose client has
/// gone ends within ten.
pub(crate) static STREAMS: ConcurrencyLimit = ConcurrencyLimit {
    key: "event_streams",
    name: "event streams open",
    of_a_person: 20,
    of_a_tenant: 200,
    lease: Duration::from_secs(20),
    retry_seconds: 10,
};
