//! Keys, one per purpose, derived from one secret; and the one before it while secrets are changed.

use hmac::{Hmac, Mac};
use kernel::{Problem, Result, hex, id::SessionId};
use sha2::Sha256;

/// How many bytes of a refresh token's secret say that we made it. The others are secret enough.
const MARK: usize = 8;

/// The derived keys of this installation.
pub struct Keys {
    current: Derived,
    previous: Option<Derived>,
}

/// What is derived from one secret.
pub(crate) struct Derived {
    /// The `kid` of tokens.
    pub(crate) id: String,
    pub(crate) access: [u8; 32],
    csrf: [u8; 32],
    refresh: [u8; 32],
    device: [u8; 32],
    audit_walk: [u8; 32],
}

/// What we give away and know again by our mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Marked {
    /// The cookie of a known browser.
    Device,
    /// How far a walk along the audit log has come.
    AuditWalk,
}

fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().into())
}

impl Derived {
    fn from(variable: &str, secret: &str) -> Result<Self> {
        if secret.len() < 32 {
            let detail = format!("configuration: {variable}: expected at least 32 characters of randomness");
            return Err(Problem::internal(detail));
        }
        let derive = |purpose: &[u8]| hmac(secret.as_bytes(), purpose);
        Ok(Self {
            id: hex::encode(derive(b"tessera token key id v1")?.get(..6).unwrap_or_default()),
            access: derive(b"tessera access token v1")?,
            csrf: derive(b"tessera csrf v1")?,
            refresh: derive(b"tessera refresh token v1")?,
            device: derive(b"tessera device v1")?,
            audit_walk: derive(b"tessera audit walk v1")?,
        })
    }

    fn mark(&self, what: Marked, said: &[u8]) -> Result<[u8; 32]> {
        let key = match what {
            Marked::Device => &self.device,
            Marked::AuditWalk => &self.audit_walk,
        };
        hmac(key, said)
    }

    fn csrf_token(&self, session: SessionId) -> Result<String> {
        Ok(hex::encode(&hmac(&self.csrf, session.0.as_bytes())?))
    }

    /// The secret that follows another in a session's refresh tokens. It needs no storage: whoever shows a token twice within seconds gets
    /// the same successor, and nobody can compute it without this key.
    fn successor(&self, session: SessionId, generation: i32, secret: &[u8]) -> Result<[u8; 32]> {
        let next = hmac(&self.refresh, &[session.0.as_bytes().as_slice(), &generation.to_be_bytes(), secret].concat())?;
        self.marked(session, generation, next)
    }

    /// A secret with our mark in its last eight bytes.
    fn marked(&self, session: SessionId, generation: i32, mut secret: [u8; 32]) -> Result<[u8; 32]> {
        let (own, end) = secret.split_at_mut(32 - MARK);
        let parts = [b"mark".as_slice(), session.0.as_bytes(), &generation.to_be_bytes(), own];
        let mark = hmac(&self.refresh, &parts.concat())?;
        end.iter_mut().zip(mark).for_each(|(byte, mark)| *byte = mark);
        Ok(secret)
    }
}

impl Keys {
    /// From the variables `token_key` and `token_key_previous`.
    ///
    /// # Errors
    /// `internal` where the first is missing, or one is shorter than 32 characters.
    pub async fn from_config() -> Result<Self> {
        let previous = platform::config::optional("token_key_previous").await?;
        Self::overlapping(&platform::config::required("token_key").await?, previous.as_deref())
    }

    /// From a secret of at least 32 characters.
    ///
    /// # Errors
    /// `internal` where it is shorter.
    pub fn derive(secret: &str) -> Result<Self> {
        Self::overlapping(secret, None)
    }

    /// From two secrets: what the previous one signed is still accepted.
    ///
    /// # Errors
    /// `internal` where one is shorter than 32 characters.
    pub fn overlapping(secret: &str, previous: Option<&str>) -> Result<Self> {
        let previous = previous.map(|secret| Derived::from("token_key_previous", secret)).transpose()?;
        Ok(Self { current: Derived::from("token_key", secret)?, previous })
    }

    fn all(&self) -> impl Iterator<Item = &Derived> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// What signs.
    pub(crate) fn current(&self) -> &Derived {
        &self.current
    }

    /// What signed a token with this `kid`.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Derived> {
        self.all().find(|key| key.id == id)
    }

    /// The CSRF token of a session, hexadecimal. It is bound to the session, so that one user's token does not serve for another's.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn csrf_token(&self, session: SessionId) -> Result<String> {
        self.current.csrf_token(session)
    }

    /// Whether a CSRF token is the session's, of this secret or the previous one.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn is_csrf_token(&self, session: SessionId, given: &str) -> Result<bool> {
        let mut good = false;
        for key in self.all() {
            good |= same(given.as_bytes(), key.csrf_token(session)?.as_bytes());
        }
        Ok(good)
    }

    /// The first secret of a session's refresh tokens.
    pub(crate) fn first(&self, session: SessionId, generation: i32) -> Result<[u8; 32]> {
        self.current.marked(session, generation, platform::random::bytes()?)
    }

    /// Whether a refresh token was ours once. Without that, whoever has read a session's id could end it with any secret.
    pub(crate) fn made(&self, session: SessionId, generation: i32, secret: &[u8]) -> Result<bool> {
        let Ok(secret) = <[u8; 32]>::try_from(secret) else { return Ok(false) };
        let mut good = false;
        for key in self.all() {
            good |= same(&secret, &key.marked(session, generation, secret)?);
        }
        Ok(good)
    }

    /// Our mark on what something says.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn mark(&self, what: Marked, said: &[u8]) -> Result<[u8; 32]> {
        self.current.mark(what, said)
    }

    /// Whether a mark is ours, by this secret or the previous one.
    ///
    /// # Errors
    /// Never in practice; the key has the right length.
    pub fn is_mark(&self, what: Marked, said: &[u8], mark: &[u8]) -> Result<bool> {
        let mut good = false;
        for key in self.all() {
            good |= same(mark, &key.mark(what, said)?);
        }
        Ok(good)
    }

    /// The secret that follows another in a session's refresh tokens: by this secret, and by the previous one.
    pub(crate) fn successors(
        &self,
        session: SessionId,
        generation: i32,
        secret: &[u8],
    ) -> Result<([u8; 32], Option<[u8; 32]>)> {
        let by = |key: &Derived| key.successor(session, generation, secret);
        Ok((by(&self.current)?, self.previous.as_ref().map(by).transpose()?))
    }
}

/// Whether two secrets are the same, in time that does not depend on where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0_u8, |sum, (x, y)| sum | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the-old-token-key-of-these-tests-0123456789";
    const NEW: &str = "the-new-token-key-of-these-tests-0123456789";

    #[test]
    fn what_the_previous_secret_signed_is_accepted_only_while_it_is_named() {
        let session: SessionId = platform::random::id().unwrap();
        let (old, both, new) =
            (Keys::derive(OLD).unwrap(), Keys::overlapping(NEW, Some(OLD)).unwrap(), Keys::derive(NEW).unwrap());
        let csrf = old.csrf_token(session).unwrap();
        assert!(both.is_csrf_token(session, &csrf).unwrap() && !new.is_csrf_token(session, &csrf).unwrap());
        assert_eq!(both.csrf_token(session).unwrap(), new.csrf_token(session).unwrap(), "the new secret signs");
        assert!(both.by_id(&old.current.id).is_some() && new.by_id(&old.current.id).is_none());
        assert!(!both.is_csrf_token(platform::random::id().unwrap(), &csrf).unwrap(), "another session's");
        assert!(Keys::overlapping(NEW, Some("short")).is_err());
    }

    #[test]
    fn a_refresh_token_that_we_made_is_known_as_ours_and_a_guess_is_not() {
        let session: SessionId = platform::random::id().unwrap();
        let (old, both) = (Keys::derive(OLD).unwrap(), Keys::overlapping(NEW, Some(OLD)).unwrap());
        let first = old.first(session, 1).unwrap();
        let (next, by_previous) = both.successors(session, 2, &first).unwrap();
        for (generation, secret) in [(1, first), (2, next), (2, by_previous.unwrap())] {
            assert!(both.made(session, generation, &secret).unwrap());
            assert!(!both.made(session, generation + 1, &secret).unwrap());
            assert!(!both.made(platform::random::id().unwrap(), generation, &secret).unwrap());
        }
        assert!(!old.made(session, 2, &next).unwrap());
        for guess in [vec![0; 32], Vec::new(), platform::random::bytes::<32>().unwrap().to_vec()] {
            assert!(!both.made(session, 1, &guess).unwrap());
        }
    }
}
