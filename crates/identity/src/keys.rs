//! Keys, one per purpose, derived from one secret.

use hmac::{Hmac, Mac};
use kernel::{Problem, Result, id::SessionId};
use sha2::Sha256;

/// The derived keys of this installation.
pub struct Keys {
    access: [u8; 32],
    csrf: [u8; 32],
}

fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().into())
}

impl Keys {
    /// From the variable `token_key`.
    ///
    /// # Errors
    /// `internal` where it is missing or shorter than 32 characters.
    pub async fn from_config() -> Result<Self> {
        Self::derive(&platform::config::required("token_key").await?)
    }

    /// From a secret of at least 32 characters.
    ///
    /// # Errors
    /// `internal` where it is shorter.
    pub fn derive(secret: &str) -> Result<Self> {
        if secret.len() < 32 {
            return Err(Problem::internal("configuration: token_key: expected at least 32 characters of randomness"));
        }
        Ok(Self {
            access: hmac(secret.as_bytes(), b"tessera access token v1")?,
            csrf: hmac(secret.as_bytes(), b"tessera csrf v1")?,
        })
    }

    pub(crate) fn access(&self) -> &[u8; 32] {
        &self.access
    }

    /// The CSRF token of a session, hexadecimal. It is bound to the session, so that one user's token does not serve for another's.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn csrf_token(&self, session: SessionId) -> Result<String> {
        Ok(hex(&hmac(&self.csrf, session.0.as_bytes())?))
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads [`hex`].
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| text.get(i..i + 2).and_then(|two| u8::from_str_radix(two, 16).ok())).collect()
}

/// Whether two secrets are the same, in time that does not depend on where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0_u8, |sum, (x, y)| sum | (x ^ y)) == 0
}
