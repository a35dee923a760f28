//! The public keys with which every component checks access tokens; they sign nothing.

use ed25519_dalek::VerifyingKey;
use kernel::{Problem, Result, hex};
use sha2::{Digest as _, Sha256};

/// The `kid` of a public key.
pub(crate) fn key_id(public_key: &[u8]) -> String {
    hex::encode(Sha256::digest(public_key).get(..6).unwrap_or_default())
}

/// The public keys whose tokens are accepted.
pub struct PublicKeys(Vec<(String, VerifyingKey)>);

impl PublicKeys {
    /// From the variables `token_public_key` and `token_public_key_previous`.
    ///
    /// # Errors
    /// `internal` if the first is missing, or one is not an Ed25519 public key of 64 hexadecimal
    /// digits.
    pub async fn from_config() -> Result<Self> {
        let previous = platform::config::optional("token_public_key_previous").await?;
        Self::read(&platform::config::required("token_public_key").await?, previous.as_deref())
    }

    /// From one or two keys, 64 hexadecimal digits each.
    ///
    /// # Errors
    /// `internal` if one is malformed.
    pub fn read(current: &str, previous: Option<&str>) -> Result<Self> {
        let keys = std::iter::once(("token_public_key", current))
            .chain(Some("token_public_key_previous").zip(previous));
        keys.map(|(variable, text)| {
            let wrong = || {
                Problem::internal(format!(
                    "configuration: {variable}: expected an Ed25519 public key of 64 hexadecimal digits"
                ))
            };
            let bytes = hex::decode(text).and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
            let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?;
            Ok((key_id(&bytes), key))
        })
        .collect::<Result<_>>()
        .map(Self)
    }

    /// The key with this `kid`.
    pub(crate) fn by_id(&self, id: &str) -> Option<&VerifyingKey> {
        self.0.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }
}
