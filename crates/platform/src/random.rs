//! Randomness from the host's cryptographic source, and ids made of it.

use kernel::Result;
use uuid::Uuid;

/// `N` cryptographically random bytes.
///
/// # Errors
/// `internal` if the host gives no randomness; then no operation that depends on it may continue.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    getrandom::fill(&mut out)
        .map_err(|e| kernel::Problem::internal(format!("no randomness: {e}")))?;
    Ok(out)
}

/// A new id (UUID version 7: sorted by time).
///
/// # Errors
/// As [`bytes()`].
pub fn id<T: From<Uuid>>() -> Result<T> {
    let millis = u64::try_from(crate::clock::now().0 / 1_000).unwrap_or_default();
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes::<10>()?).into_uuid().into())
}
