//! Message authentication codes: one key per purpose, which only the component that needs it has.

use hmac::{Hmac, Mac as _};
use kernel::{Problem, Result};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Minimum length of a secret, in characters.
const SECRET_LENGTH: usize = 32;

/// The purpose of a key. Each has a variable of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MacPurpose {
    /// Cookies of known browsers: `device_key`, in `passwords`.
    Device,
    /// Cursors of a verification of the audit log: `audit_cursor_key`, in `admin`.
    AuditCursor,
}

impl MacPurpose {
    /// The variables of the key and of the previous key.
    const fn variables(self) -> (&'static str, &'static str) {
        match self {
            Self::Device => ("device_key", "device_key_previous"),
            Self::AuditCursor => ("audit_cursor_key", "audit_cursor_key_previous"),
        }
    }

    /// Derivation label, so that one secret in two variables still makes two keys.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Device => b"tessera device v1",
            Self::AuditCursor => b"tessera audit walk v1",
        }
    }
}

/// The key of one purpose, and the previous key during a rotation.
pub struct MacKeys {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl MacKeys {
    /// From the variables of the purpose.
    ///
    /// # Errors
    /// `internal` if the first is missing, or one is shorter than 32 characters.
    pub async fn from_config(purpose: MacPurpose) -> Result<Self> {
        let (name, name_previous) = purpose.variables();
        let previous = platform::config::optional(name_previous).await?;
        Self::overlapping(purpose, &platform::config::required(name).await?, previous.as_deref())
    }

    /// From one or two secrets of at least 32 characters; codes of the previous one are still
    /// accepted.
    ///
    /// # Errors
    /// `internal` if one is shorter.
    pub fn overlapping(purpose: MacPurpose, secret: &str, previous: Option<&str>) -> Result<Self> {
        let (name, name_previous) = purpose.variables();
        let derive = |variable: &str, secret: &str| {
            check_length(variable, secret)?;
            hmac(secret.as_bytes(), purpose.label())
        };
        let previous = previous.map(|secret| derive(name_previous, secret)).transpose()?;
        Ok(Self { current: derive(name, secret)?, previous })
    }

    /// The MAC of a message.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 32]> {
        hmac(&self.current, message)
    }

    /// Whether a MAC is that of the message, by this key or the previous one.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn verify(&self, message: &[u8], code: &[u8]) -> Result<bool> {
        let mut good = false;
        for key in std::iter::once(&self.current).chain(&self.previous) {
            good |= constant_time_eq(code, &hmac(key, message)?);
        }
        Ok(good)
    }
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().into())
}

pub(crate) fn check_length(variable: &str, secret: &str) -> Result<()> {
    if secret.len() < SECRET_LENGTH {
        let detail = format!(
            "configuration: {variable}: expected at least {SECRET_LENGTH} characters of randomness"
        );
        return Err(Problem::internal(detail));
    }
    Ok(())
}

/// Whether two secrets are equal, in time that does not depend on where they differ.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the-old-key-of-these-tests-0123456789-012345";
    const NEW: &str = "the-new-key-of-these-tests-0123456789-012345";

    #[test]
    fn a_code_is_valid_for_its_message_purpose_and_configured_key() {
        let keys =
            |purpose, secret, previous| MacKeys::overlapping(purpose, secret, previous).unwrap();
        let old = keys(MacPurpose::Device, OLD, None);
        let code = old.sign(b"message").unwrap();
        assert!(old.verify(b"message", &code).unwrap());
        assert!(keys(MacPurpose::Device, NEW, Some(OLD)).verify(b"message", &code).unwrap());
        for other in [keys(MacPurpose::Device, NEW, None), keys(MacPurpose::AuditCursor, OLD, None)]
        {
            assert!(!other.verify(b"message", &code).unwrap());
        }
        assert!(
            !old.verify(b"another", &code).unwrap() && !old.verify(b"message", &code[1..]).unwrap()
        );
        assert!(MacKeys::overlapping(MacPurpose::Device, "short", None).is_err());
    }
}
