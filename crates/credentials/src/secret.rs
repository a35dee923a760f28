//! Random secrets: shown once, stored as a hash.

use kernel::{Result, hex};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a secret. A slower hash is not needed: secrets here are 256 random bits, which cannot
/// be guessed.
#[must_use]
pub fn hash(secret: &[u8]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// A new token of 256 random bits, 64 hexadecimal digits, and its hash.
///
/// # Errors
/// `internal` if the system has no randomness.
pub fn new_token() -> Result<(String, Vec<u8>)> {
    let token = hex::encode(&platform::random::bytes::<32>()?);
    let hash = hash(token.as_bytes());
    Ok((token, hash))
}
