//! The keys of sessions, derived from one secret, and from the previous one during a rotation: they
//! sign access tokens and make CSRF and refresh tokens. Only the components that begin and renew
//! sessions have them.

use ed25519_dalek::SigningKey;
use kernel::{Result, hex, id::SessionId};

use crate::{
    mac::{self, hmac},
    public_keys,
};

/// Bytes of the truncated MAC at the end of a refresh token's secret. The remaining random bytes
/// are enough against guessing.
const TAG_BYTES: usize = 8;

/// The private keys of sessions.
pub struct SessionKeys {
    current: DerivedKeys,
    previous: Option<DerivedKeys>,
}

/// The keys derived from one secret.
struct DerivedKeys {
    signing: SigningKey,
    /// The `kid` of tokens that `signing` signs.
    id: String,
    csrf: [u8; 32],
    refresh: [u8; 32],
}

impl DerivedKeys {
    fn from(variable: &str, secret: &str) -> Result<Self> {
        mac::check_length(variable, secret)?;
        let derive = |purpose: &[u8]| hmac(secret.as_bytes(), purpose);
        let signing = SigningKey::from_bytes(&derive(b"tessera access token ed25519 v1")?);
        Ok(Self {
            id: public_keys::key_id(signing.verifying_key().as_bytes()),
            signing,
            csrf: derive(b"tessera csrf v1")?,
            refresh: derive(b"tessera refresh token v1")?,
        })
    }

    fn csrf_token(&self, session: SessionId) -> Result<String> {
        Ok(hex::encode(&hmac(&self.csrf, session.0.as_bytes())?))
    }

    /// The next secret of a session's refresh tokens. It is computed, not stored: a token sent
    /// twice within seconds gets the same successor, and only this key can compute it.
    fn successor(&self, session: SessionId, generation: i32, secret: &[u8]) -> Result<[u8; 32]> {
        let next = hmac(
            &self.refresh,
            &[session.0.as_bytes().as_slice(), &generation.to_be_bytes(), secret].concat(),
        )?;
        self.tag(session, next)
    }

    /// Writes our tag into the last eight bytes of a secret. The tag does not cover the generation,
    /// so a token is recognised as ours with any generation that a client writes into it.
    fn tag(&self, session: SessionId, mut secret: [u8; 32]) -> Result<[u8; 32]> {
        let (random, end) = secret.split_at_mut(32 - TAG_BYTES);
        let parts = [b"mark v2".as_slice(), session.0.as_bytes(), random];
        let mac = hmac(&self.refresh, &parts.concat())?;
        end.iter_mut().zip(mac).for_each(|(byte, mac)| *byte = mac);
        Ok(secret)
    }
}

impl SessionKeys {
    /// From the variables `token_key` and `token_key_previous`.
    ///
    /// # Errors
    /// `internal` if the first is missing, or one is shorter than 32 characters.
    pub async fn from_config() -> Result<Self> {
        let previous = platform::config::optional("token_key_previous").await?;
        Self::overlapping(&platform::config::required("token_key").await?, previous.as_deref())
    }

    /// From a secret of at least 32 characters.
    ///
    /// # Errors
    /// `internal` if it is shorter.
    pub fn derive(secret: &str) -> Result<Self> {
        Self::overlapping(secret, None)
    }

    /// From two secrets: CSRF and refresh tokens of the previous one are still accepted.
    ///
    /// # Errors
    /// `internal` if one is shorter than 32 characters.
    pub fn overlapping(secret: &str, previous: Option<&str>) -> Result<Self> {
        let previous =
            previous.map(|secret| DerivedKeys::from("token_key_previous", secret)).transpose()?;
        Ok(Self { current: DerivedKeys::from("token_key", secret)?, previous })
    }

    fn all(&self) -> impl Iterator<Item = &DerivedKeys> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The public half of the key that signs access tokens, 64 hexadecimal digits: the variable
    /// `token_public_key` of every component.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex::encode(self.current.signing.verifying_key().as_bytes())
    }

    /// The key that signs access tokens.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.current.signing
    }

    /// The `kid` of the key that signs access tokens.
    pub(crate) fn key_id(&self) -> &str {
        &self.current.id
    }

    /// The CSRF token of a session, hexadecimal. It is bound to the session, so it is not valid for
    /// another user.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn csrf_token(&self, session: SessionId) -> Result<String> {
        self.current.csrf_token(session)
    }

    /// Whether a CSRF token belongs to the session, by this secret or the previous one.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn is_csrf_token(&self, session: SessionId, given: &str) -> Result<bool> {
        let mut good = false;
        for key in self.all() {
            good |= mac::constant_time_eq(given.as_bytes(), key.csrf_token(session)?.as_bytes());
        }
        Ok(good)
    }

    /// The first secret of a session's refresh tokens.
    pub(crate) fn first(&self, session: SessionId) -> Result<[u8; 32]> {
        self.current.tag(session, platform::random::bytes()?)
    }

    /// Whether we made the secret for a refresh token of this session. Without that check, anyone
    /// who knows a session's id could end the session with a random secret.
    pub(crate) fn is_own_refresh_secret(&self, session: SessionId, secret: &[u8]) -> Result<bool> {
        let Ok(secret) = <[u8; 32]>::try_from(secret) else { return Ok(false) };
        let mut good = false;
        for key in self.all() {
            good |= mac::constant_time_eq(&secret, &key.tag(session, secret)?);
        }
        Ok(good)
    }

    /// The next secrets of a session's refresh tokens: by this secret, and by the previous one.
    pub(crate) fn successors(
        &self,
        session: SessionId,
        generation: i32,
        secret: &[u8],
    ) -> Result<([u8; 32], Option<[u8; 32]>)> {
        let by = |key: &DerivedKeys| key.successor(session, generation, secret);
        Ok((by(&self.current)?, self.previous.as_ref().map(by).transpose()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the-old-token-key-of-these-tests-0123456789";
    const NEW: &str = "the-new-token-key-of-these-tests-0123456789";

    /// Installations have configured the public half, so another derivation would sign everyone
    /// out. Computed with OpenSSL from the seed in PKCS #8.
    #[test]
    fn a_secret_has_the_public_key_that_openssl_derives() {
        assert_eq!(
            SessionKeys::derive(OLD).unwrap().public_key(),
            "c13c2e34900a4cc3e14bb80ab929a81d758bf8ba62524ebf3856bdcad9bd6b69",
        );
    }

    #[test]
    fn tokens_of_the_previous_secret_are_accepted_only_while_it_is_configured() {
        let session: SessionId = platform::random::id().unwrap();
        let (old, both, new) = (
            SessionKeys::derive(OLD).unwrap(),
            SessionKeys::overlapping(NEW, Some(OLD)).unwrap(),
            SessionKeys::derive(NEW).unwrap(),
        );
        let csrf = old.csrf_token(session).unwrap();
        assert!(
            both.is_csrf_token(session, &csrf).unwrap()
                && !new.is_csrf_token(session, &csrf).unwrap()
        );
        assert_eq!(
            both.csrf_token(session).unwrap(),
            new.csrf_token(session).unwrap(),
            "the new secret makes"
        );
        assert!(
            !both.is_csrf_token(platform::random::id().unwrap(), &csrf).unwrap(),
            "another session's"
        );
        assert!(SessionKeys::overlapping(NEW, Some("short")).is_err());
        assert!(both.public_key() == new.public_key() && new.public_key() != old.public_key());
    }

    #[test]
    fn our_refresh_tokens_are_recognised_and_a_guess_is_not() {
        let session: SessionId = platform::random::id().unwrap();
        let (old, both) =
            (SessionKeys::derive(OLD).unwrap(), SessionKeys::overlapping(NEW, Some(OLD)).unwrap());
        let first = old.first(session).unwrap();
        let (next, by_previous) = both.successors(session, 2, &first).unwrap();
        for secret in [first, next, by_previous.unwrap()] {
            assert!(both.is_own_refresh_secret(session, &secret).unwrap());
            assert!(!both.is_own_refresh_secret(platform::random::id().unwrap(), &secret).unwrap());
        }
        assert!(!old.is_own_refresh_secret(session, &next).unwrap());
        for guess in [vec![0; 32], Vec::new(), platform::random::bytes::<32>().unwrap().to_vec()] {
            assert!(!both.is_own_refresh_secret(session, &guess).unwrap());
        }
    }
}
