//! Cached values in Redis that are trusted later carry a MAC, so that write access to Redis is not
//! enough to choose, for example, the identity provider.

use hmac::{Hmac, Mac};
use kernel::{Problem, Result, hex};
use platform::config;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Hex digits of the MAC before the text.
const DIGITS: usize = 64;

/// Signs texts for the cache with keys derived from the master key, which few components have.
pub struct CacheMac {
    current: Zeroizing<[u8; 32]>,
    previous: Option<Zeroizing<[u8; 32]>>,
}

fn hmac(key: &[u8], messages: &[&[u8]]) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    messages.iter().for_each(|message| mac.update(message));
    Ok(mac)
}

fn derive(secret: &str) -> Result<Zeroizing<[u8; 32]>> {
    Ok(Zeroizing::new(
        hmac(secret.as_bytes(), &[b"tessera cache mac v1"])?.finalize().into_bytes().into(),
    ))
}

impl CacheMac {
    /// From the variables `master_key` and `master_key_previous`.
    ///
    /// # Errors
    /// `internal` if the first is missing.
    pub async fn from_config() -> Result<Self> {
        let current = Zeroizing::new(config::required("master_key").await?);
        let previous = config::optional("master_key_previous").await?.map(Zeroizing::new);
        Self::of(&current, previous.as_ref().map(|secret| secret.as_str()))
    }

    fn of(current: &str, previous: Option<&str>) -> Result<Self> {
        Ok(Self { current: derive(current)?, previous: previous.map(derive).transpose()? })
    }

    /// The text with its MAC before it; valid for this Redis key only.
    ///
    /// # Errors
    /// Never in practice: HMAC takes any key.
    pub fn sign(&self, redis_key: &str, text: &str) -> Result<String> {
        let mac = hmac(self.current.as_slice(), &[redis_key.as_bytes(), b"\0", text.as_bytes()])?;
        Ok(hex::encode(&mac.finalize().into_bytes()) + text)
    }

    /// The text that [`CacheMac::sign`] signed for the same Redis key; None for any other value.
    ///
    /// # Errors
    /// As [`CacheMac::sign`].
    pub fn verify<'a>(&self, redis_key: &str, signed: &'a str) -> Result<Option<&'a str>> {
        let Some((mac, text)) = signed.split_at_checked(DIGITS) else { return Ok(None) };
        let Some(mac) = hex::decode(mac) else { return Ok(None) };
        for key in [Some(&self.current), self.previous.as_ref()].into_iter().flatten() {
            // Compares in constant time.
            if hmac(key.as_slice(), &[redis_key.as_bytes(), b"\0", text.as_bytes()])?
                .verify_slice(&mac)
                .is_ok()
            {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// A name that only holders of the master key can compute, for a Redis key.
    ///
    /// # Errors
    /// As [`CacheMac::sign`].
    pub fn name(&self, of: &str) -> Result<String> {
        let mac =
            hmac(self.current.as_slice(), &[b"name\0", of.as_bytes()])?.finalize().into_bytes();
        Ok(hex::encode(mac.get(..16).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::CacheMac;

    const OLD: &str = "an old secret that is long enough 0123456789";
    const NEW: &str = "a new secret that is long enough 01234567890";

    #[test]
    fn a_signed_text_is_accepted_under_its_own_key_only() {
        let mac = CacheMac::of(OLD, None).unwrap();
        let signed = mac.sign("oidc:jwks:a", "{}").unwrap();
        assert_eq!(mac.verify("oidc:jwks:a", &signed).unwrap(), Some("{}"));
        assert_eq!(mac.verify("oidc:jwks:b", &signed).unwrap(), None, "moved to another key");
        assert_eq!(
            mac.verify("oidc:jwks:a", &signed.replace("{}", "[]")).unwrap(),
            None,
            "another text"
        );
        for forged in [
            "",
            "{}",
            &"0".repeat(64),
            &format!("{}{{}}", "0".repeat(64)),
            "åäö".repeat(30).as_str(),
        ] {
            assert_eq!(mac.verify("oidc:jwks:a", forged).unwrap(), None, "{forged}");
        }
    }

    #[test]
    fn the_previous_master_key_still_verifies() {
        let signed = CacheMac::of(OLD, None).unwrap().sign("k", "text").unwrap();
        assert_eq!(
            CacheMac::of(NEW, Some(OLD)).unwrap().verify("k", &signed).unwrap(),
            Some("text")
        );
        assert_eq!(CacheMac::of(NEW, None).unwrap().verify("k", &signed).unwrap(), None);
    }
}
